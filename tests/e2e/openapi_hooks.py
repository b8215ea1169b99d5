"""Lets schemathesis send zips: random bytes, sent unchanged."""

from typing import Any

import schemathesis
from hypothesis import strategies as st


@schemathesis.serializer("application/zip")
def send_bytes(context: Any, value: Any) -> bytes:  # noqa: ARG001
    """Send the bytes unchanged."""
    return value if isinstance(value, bytes) else str(value).encode()


schemathesis.openapi.media_type("application/zip", st.binary(max_size=200))
