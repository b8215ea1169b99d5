"""What schemathesis must be told to send zips: what it makes up is sent as the bytes it is."""

from typing import Any

import schemathesis
from hypothesis import strategies as st


@schemathesis.serializer("application/zip")
def send_bytes(context: Any, value: Any) -> bytes:  # noqa: ARG001
    """As they are."""
    return value if isinstance(value, bytes) else str(value).encode()


schemathesis.openapi.media_type("application/zip", st.binary(max_size=200))
