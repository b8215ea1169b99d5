"""How F&O's files about refused rows are called where they are kept."""

import hashlib
import re

STAGING = "staging-errors"
"""The rows that did not reach staging."""
KEYS = "error-keys"
"""The keys of rows that did not reach the target."""


def error_file_name(prefix: str, entity: str) -> str:
    """A label as part of a blob's name: F&O's labels hold slashes (Country/regions) and letters of any language.

    Labels that differ only in what a name cannot hold are told apart by a hash.
    """
    slug = re.sub(r"[^\w-]+", "-", entity)
    if slug != entity.replace(" ", "-"):
        slug += f"-{hashlib.sha256(entity.encode()).hexdigest()[:8]}"
    return f"{prefix}-{slug}.txt"
