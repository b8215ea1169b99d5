"""Blobs in blocks: how to cut a blob, which blocks an earlier try left, and how blocks become a blob."""

import hashlib
import mimetypes
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from azure.core.exceptions import HttpResponseError
from azure.storage.blob import BlobBlock, BlobClient, ContentSettings

MIB = 1024 * 1024
BLOCK = 8 * MIB
"""Bytes of a streamed block. A copy holds a few of them in memory."""
METADATA = {"moved_by": "landfall"}
"""Set on every copy, because a service that gets no metadata copies that of the source."""


@dataclass(frozen=True)
class Part:
    """A block of a copy, in bytes. Its id depends on the version, so that blocks of two versions never mix."""

    block_id: str
    offset: int
    length: int


def cut(etag: str, size: int, block: int) -> list[Part]:
    """The parts of a version of `size` bytes, each of `block` bytes and the last one shorter."""
    version = hashlib.sha256(f"{etag} {block}".encode()).hexdigest()[:16]
    return [
        Part(f"{version}-{number:05}", offset, min(block, size - offset))
        for number, offset in enumerate(range(0, size, block))
    ]


def staged_parts(target: BlobClient, parts: list[Part]) -> set[Part]:
    """The parts that an earlier try has left at the target, uncommitted."""
    if len(parts) == 1:
        return set()  # asking costs as much as sending it again
    try:
        _, blocks = target.get_block_list("uncommitted")
    except HttpResponseError:
        # There are none, or the service or the SAS does not list them. Sending all blocks again is right, too.
        return set()
    sizes = {block.id: block.size for block in blocks}
    return {part for part in parts if sizes.get(part.block_id) == part.length}


def stream(pieces: Iterable[bytes], target: BlobClient) -> int:
    """Write pieces to a blob that appears only when all have arrived; returns the bytes written."""
    block_ids: list[str] = []
    total = 0
    for block in _blocks(pieces):
        block_ids.append(f"{len(block_ids):06}")
        target.stage_block(block_ids[-1], block, length=len(block), validate_content=True)
        total += len(block)
    commit(target, block_ids)
    return total


def _blocks(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """The pieces, regrouped to blocks of one size."""
    held = bytearray()
    for piece in pieces:
        held += piece
        while len(held) >= BLOCK:
            yield bytes(held[:BLOCK])
            del held[:BLOCK]
    if held:
        yield bytes(held)


def commit(target: BlobClient, block_ids: list[str]) -> None:
    """Make the blob from its blocks, in one step of the service."""
    target.commit_block_list(
        [BlobBlock(block_id) for block_id in block_ids], content_settings=content_settings(target), metadata=METADATA
    )


def content_settings(target: BlobClient) -> ContentSettings:
    """The media type for the target, by the ending of its name."""
    media_type, _ = mimetypes.guess_type(target.blob_name)
    return ContentSettings(content_type=media_type or "application/octet-stream")


def error_code(error: HttpResponseError) -> str:
    """Azure Storage's error code; empty when the answer has none."""
    code: Any = getattr(error, "error_code", None)
    return str(getattr(code, "value", code) or "")


def is_expired(error: HttpResponseError) -> bool:
    """Whether the service refused the SAS: it is wrong or has expired."""
    return error_code(error) == "AuthenticationFailed"
