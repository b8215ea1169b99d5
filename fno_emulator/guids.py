"""GUIDs as F&O writes them."""

from uuid import UUID, uuid4

ZERO_GUID = str(UUID(int=0))


def new_guid() -> str:
    """A new GUID, in upper case and in braces."""
    return f"{{{str(uuid4()).upper()}}}"
