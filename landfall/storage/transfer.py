"""Moves blobs: server-side where the target can fetch by itself, else streamed in bounded memory.

Either way the version that was pinned arrives, or nothing: every read names its ETag, the target's service compares
each piece with the MD5 that we send along, the length is compared at the end, and a blob is visible only when whole.
"""

import hashlib
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from azure.core import MatchConditions
from azure.core.exceptions import HttpResponseError, ResourceModifiedError, ResourceNotFoundError
from azure.storage.blob import BlobClient

from landfall.config.types import CopyMode
from landfall.storage.blocks import (
    METADATA,
    Part,
    commit,
    content_settings,
    error_code,
    is_expired,
    parted,
    staged,
)

MIB = 1024 * 1024
BLOCK = 8 * MIB
"""Bytes of a streamed block: what one move holds in memory, a few times."""
AT_ONCE = 4
"""Blocks that a service is asked to fetch at the same time."""
COPY_SECONDS = 900
"""How long a service may take to fetch one piece: it answers only when it has it."""

AWAY = {HTTPStatus.INTERNAL_SERVER_ERROR, HTTPStatus.BAD_GATEWAY, HTTPStatus.SERVICE_UNAVAILABLE}
"""Answers of a service that may do the same copy later."""


class SourceChangedError(Exception):
    """Another version took the source's place, or it is gone: its bytes cannot be had any more."""


class CorruptCopyError(Exception):
    """What arrived is not what was sent."""


class CopyRefusedError(Exception):
    """The target's service does not fetch the source, and copy mode `server` allows nothing else."""


@dataclass(frozen=True)
class Pinned:
    """A version of a blob; `etag` pins every read of it, `size` is in bytes."""

    blob: BlobClient
    etag: str
    size: int


@dataclass(frozen=True)
class Grant:
    """How another service may read a blob: its URL, with a SAS in it or an Authorization header beside. A secret."""

    url: str
    authorization: str | None = None


ReadGrant = Callable[[BlobClient], Grant]


@dataclass(frozen=True)
class Sizes:
    """Bytes that Put Blob From URL copies at most, and of the blocks that larger blobs are copied in.

    The first is a limit of the service (learn.microsoft.com, Put Blob From URL, remarks).
    """

    whole: int = 5000 * MIB
    block: int = 256 * MIB

    def parts(self, source: Pinned) -> list[Part]:
        """How this source is copied server-side: in one part, or in blocks."""
        return parted(
            source.etag, source.size, max(source.size, 1) if source.size <= self.whole else self.block
        )


def pin(blob: BlobClient) -> Pinned:
    """The version that lies there now; azure.core.exceptions.ResourceNotFoundError when none does."""
    properties = blob.get_blob_properties()
    return Pinned(blob, str(properties.etag), int(properties.size))


def chunks(source: Pinned, part: Part | None = None) -> Iterator[bytes]:
    """The version's bytes (or a part's), in pieces of a few MiB; SourceChangedError when it is replaced meanwhile."""
    try:
        if source.size:
            yield from source.blob.download_blob(
                offset=part.offset if part else None,
                length=part.length if part else None,
                etag=source.etag,
                match_condition=MatchConditions.IfNotModified,
                max_concurrency=1,
            ).chunks()
    except (ResourceModifiedError, ResourceNotFoundError):
        raise SourceChangedError("the file was replaced or removed while it was read") from None


def sha256(source: Pinned) -> str:
    """The version's hash, in hex, read through once."""
    digest = hashlib.sha256()
    for piece in chunks(source):
        digest.update(piece)
    return digest.hexdigest()


def md5s(source: Pinned, sizes: Sizes = Sizes()) -> list[bytes]:
    """The MD5 of each part that the version is copied in server-side, read through once.

    MD5, because that is what Azure Storage compares while it copies; it guards against accidents, not against forgery.
    """
    found = []
    for part in sizes.parts(source):
        digest = hashlib.md5(usedforsecurity=False)
        for piece in chunks(source, part):
            digest.update(piece)
        found.append(digest.digest())
    return found


def move(  # noqa: PLR0913  what is moved where, and how it may be done
    source: Pinned,
    target: BlobClient,
    read_grant: ReadGrant,
    *,
    mode: CopyMode = "auto",
    hashes: list[bytes] | None = None,
    sizes: Sizes = Sizes(),
) -> str:
    """Copy a version to another blob and compare what arrived; returns how: `server-side` or `streamed`.

    `read_grant` gives what the target's service may read the source by, `hashes` are its `md5s`, compared by that
    service; streamed blocks are always compared. A move that was stopped goes on where it was. Raises
    SourceChangedError, CorruptCopyError, CopyRefusedError, and HttpResponseError of the target (`is_expired`: its SAS).
    """
    how = "server-side"
    if (
        mode == "stream"
        or not source.size
        or not _server_side(source, target, read_grant, mode, hashes, sizes)
    ):
        how = "streamed"
        _carry(source, target)
    arrived = target.get_blob_properties().size
    if arrived != source.size:
        raise CorruptCopyError(
            f"{arrived} of {source.size} bytes arrived at {target.container_name}/{target.blob_name}"
        )
    return how


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


def _carry(source: Pinned, target: BlobClient) -> None:
    """Bring a version over through this process, block by block."""
    parts = parted(source.etag, source.size, BLOCK)
    there = staged(target, parts)
    for part in parts:
        if part not in there:
            block = b"".join(chunks(source, part))
            target.stage_block(part.block_id, block, length=len(block), validate_content=True)
    commit(target, [part.block_id for part in parts])


def _server_side(  # noqa: PLR0913, PLR0917  as for move
    source: Pinned,
    target: BlobClient,
    read_grant: ReadGrant,
    mode: CopyMode,
    hashes: list[bytes] | None,
    sizes: Sizes,
) -> bool:
    parts = sizes.parts(source)
    wanted: dict[Part, bytes | None] = dict.fromkeys(parts)
    wanted.update(zip(parts, hashes or (), strict=bool(hashes)))
    try:
        if source.size <= sizes.whole:
            # In mode auto streaming is the second try.
            retries: dict[str, int] = {} if mode == "server" else {"retry_total": 0}
            _fetch_whole(source, target, read_grant(source.blob), wanted[parts[0]], **retries)
        else:
            _fetch_blocks(source, target, read_grant, wanted)
    except HttpResponseError as error:
        away = mode == "server" and error.status_code in AWAY
        if is_expired(error) or away:
            raise
        if error_code(error) == "SourceConditionNotMet":
            raise SourceChangedError("the file was replaced while it was copied") from None
        if mode == "server":
            raise CopyRefusedError(
                f"the target's storage does not copy from ours ({error_code(error) or error.status_code}); let it "
                "through our firewall, or set transfer.copy_mode to auto or stream"
            ) from None
        # Whatever hinders the service (a firewall, an operation it does not know), streaming shows whether the source
        # can be read and the target be written to.
        return False
    return True


def _fetch_whole(source: Pinned, target: BlobClient, grant: Grant, md5: bytes | None, **options: Any) -> None:
    target.upload_blob_from_url(
        grant.url,
        metadata=METADATA,
        overwrite=True,
        include_source_blob_properties=False,
        content_settings=content_settings(target),
        source_authorization=grant.authorization,
        source_content_md5=bytearray(md5) if md5 else None,
        source_etag=source.etag,
        source_match_condition=MatchConditions.IfNotModified,
        read_timeout=COPY_SECONDS,
        **options,
    )


def _fetch_blocks(
    source: Pinned, target: BlobClient, read_grant: ReadGrant, wanted: dict[Part, bytes | None]
) -> None:
    """Have the service fetch all blocks that are not there yet, a few at once, and make the blob of them."""
    there = staged(target, list(wanted))

    def fetch(part: Part) -> None:
        grant = read_grant(source.blob)
        target.stage_block_from_url(
            part.block_id,
            grant.url,
            part.offset,
            part.length,
            wanted[part],
            source_authorization=grant.authorization,
            # The SDK has no parameter for it.
            headers={"x-ms-source-if-match": source.etag},
            read_timeout=COPY_SECONDS,
        )

    with ThreadPoolExecutor(AT_ONCE) as pool:
        for _ in pool.map(fetch, [part for part in wanted if part not in there]):
            pass
    commit(target, [part.block_id for part in wanted])


def _blocks(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """The pieces cut to blocks of one size."""
    held = bytearray()
    for piece in pieces:
        held += piece
        while len(held) >= BLOCK:
            yield bytes(held[:BLOCK])
            del held[:BLOCK]
    if held:
        yield bytes(held)
