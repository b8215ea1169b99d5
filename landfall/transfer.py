"""Moves blobs: server-side where the target can fetch by itself, else streamed in bounded memory."""

import hashlib
from base64 import b64encode
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from azure.core import MatchConditions
from azure.core.exceptions import HttpResponseError, ResourceModifiedError, ResourceNotFoundError
from azure.storage.blob import BlobBlock, BlobClient, ContentSettings

BLOCK = 8 * 1024 * 1024
"""Bytes of a streamed block: what one move holds in memory, about twice."""
SERVER_SIDE_LIMIT = 5000 * 1024 * 1024
"""The most that Put Blob From URL copies (learn.microsoft.com, Put Blob From URL, remarks)."""


class SourceChangedError(Exception):
    """Another version took the source's place, or it is gone: its bytes cannot be had any more."""


class CorruptCopyError(Exception):
    """What arrived is not what was sent."""


@dataclass(frozen=True)
class Pinned:
    """A version of a blob; `etag` pins every read of it, `size` is in bytes."""

    blob: BlobClient
    etag: str
    size: int


def pin(blob: BlobClient) -> Pinned:
    """The version that lies there now; azure.core.exceptions.ResourceNotFoundError when none does."""
    properties = blob.get_blob_properties()
    return Pinned(blob, str(properties.etag), int(properties.size))


def move(source: Pinned, target: BlobClient, read_grant: Callable[[BlobClient], str]) -> str:
    """Copy a version to another blob and compare what arrived; returns how: `server-side` or `streamed`.

    `read_grant` gives a URL that the target's service may read the source by. Raises SourceChangedError,
    CorruptCopyError, and azure-core's HttpResponseError of the target (an expired SAS is a 403).
    """
    how = "server-side" if _server_side(source, target, read_grant) else "streamed"
    if how == "streamed":
        stream(chunks(source), target)
    arrived = target.get_blob_properties().size
    if arrived != source.size:
        raise CorruptCopyError(
            f"{arrived} of {source.size} bytes arrived at {target.container_name}/{target.blob_name}"
        )
    return how


def chunks(source: Pinned) -> Iterator[bytes]:
    """The version's bytes, in pieces of at most a few MiB; SourceChangedError when it is replaced meanwhile."""
    try:
        if source.size:
            yield from source.blob.download_blob(
                etag=source.etag, match_condition=MatchConditions.IfNotModified, max_concurrency=1
            ).chunks()
    except (ResourceModifiedError, ResourceNotFoundError):
        raise SourceChangedError("the file was replaced or removed while it was read") from None


def sha256(source: Pinned) -> str:
    """The version's hash, in hex, read through once."""
    digest = hashlib.sha256()
    for piece in chunks(source):
        digest.update(piece)
    return digest.hexdigest()


def stream(pieces: Iterator[bytes], target: BlobClient, content_type: str = "application/zip") -> int:
    """Write pieces to a blob that appears only when all have arrived; returns the bytes written."""
    blocks: list[BlobBlock] = []
    total = 0
    for number, block in enumerate(_blocks(pieces)):
        block_id = b64encode(f"{number:06}".encode()).decode()
        target.stage_block(block_id, block, length=len(block))
        blocks.append(BlobBlock(block_id))
        total += len(block)
    target.commit_block_list(blocks, content_settings=ContentSettings(content_type=content_type))
    return total


def _server_side(source: Pinned, target: BlobClient, read_grant: Callable[[BlobClient], str]) -> bool:
    if not 0 < source.size <= SERVER_SIDE_LIMIT:
        return False
    try:
        target.upload_blob_from_url(
            read_grant(source.blob),
            source_etag=source.etag,
            source_match_condition=MatchConditions.IfNotModified,
            overwrite=True,
            retry_total=0,  # streaming is the second try
        )
    except HttpResponseError:
        # Whatever hinders the target from fetching (a firewall, a service that cannot, a source that changed),
        # streaming shows whether the source can be read and the target be written to.
        return False
    return True


def _blocks(pieces: Iterator[bytes]) -> Iterator[bytes]:
    """The pieces cut to blocks of one size."""
    held = bytearray()
    for piece in pieces:
        held += piece
        while len(held) >= BLOCK:
            yield bytes(held[:BLOCK])
            del held[:BLOCK]
    if held:
        yield bytes(held)
