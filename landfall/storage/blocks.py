"""Blobs in blocks: how one is cut, which blocks an earlier try has left, and how they become a blob."""

import hashlib
import mimetypes
from dataclasses import dataclass
from typing import Any

from azure.core.exceptions import HttpResponseError
from azure.storage.blob import BlobBlock, BlobClient, ContentSettings

METADATA = {"moved_by": "landfall"}
"""Said by us: a service that is told none copies the source's."""


@dataclass(frozen=True)
class Part:
    """A block of a copy, in bytes. Its id says of which version it is, so that no block of another is taken for it."""

    block_id: str
    offset: int
    length: int


def parted(etag: str, size: int, block: int) -> list[Part]:
    """A version of `size` bytes cut into blocks of `block` bytes, the last one shorter."""
    version = hashlib.sha256(f"{etag} {block}".encode()).hexdigest()[:16]
    return [
        Part(f"{version}-{number:05}", offset, min(block, size - offset))
        for number, offset in enumerate(range(0, size, block))
    ]


def staged(target: BlobClient, parts: list[Part]) -> set[Part]:
    """Those parts that an earlier try has left at the target, not committed yet."""
    if len(parts) == 1:
        return set()  # asking costs as much as sending it again
    try:
        _, blocks = target.get_block_list("uncommitted")
    except HttpResponseError:
        # Nothing there, or a service or SAS that does not tell: then all are sent again, which is right too.
        return set()
    sizes = {block.id: block.size for block in blocks}
    return {part for part in parts if sizes.get(part.block_id) == part.length}


def commit(target: BlobClient, block_ids: list[str]) -> None:
    """Make the blob of its blocks, in one step of its service."""
    target.commit_block_list(
        [BlobBlock(block_id) for block_id in block_ids],
        content_settings=content_settings(target),
        metadata=METADATA,
    )


def content_settings(target: BlobClient) -> ContentSettings:
    """The target's type, by the ending of its name."""
    media_type, _ = mimetypes.guess_type(target.blob_name)
    return ContentSettings(content_type=media_type or "application/octet-stream")


def error_code(error: HttpResponseError) -> str:
    """Azure Storage's word for what went wrong; empty where it gave none."""
    code: Any = getattr(error, "error_code", None)
    return str(getattr(code, "value", code) or "")


def is_expired(error: HttpResponseError) -> bool:
    """Whether the target's SAS does not open it, or not any more."""
    return error_code(error) == "AuthenticationFailed"
