"""Names of the files in which F&O lists the rows that it refused."""

import hashlib
import re

STAGING = "staging-errors"
"""Rows that did not reach staging."""
KEYS = "error-keys"
"""Keys of rows that did not reach the target."""


def error_file_name(prefix: str, entity: str) -> str:
    """Return a file name for an entity's label, which may hold slashes (Country/regions) and letters of any language.

    A hash tells labels apart that differ only in characters that a file name cannot hold.
    """
    slug = re.sub(r"[^\w-]+", "-", entity)
    if slug.replace("-", " ") != entity:
        slug += f"-{hashlib.sha256(entity.encode()).hexdigest()[:8]}"
    return f"{prefix}-{slug}.txt"
