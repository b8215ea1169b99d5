"""Copies blobs: server-side where the target's service can fetch the source, else streamed in bounded memory.

Either way the pinned version arrives whole, or nothing does: every read names its ETag, the target's service compares
each piece with its MD5, the length is compared at the end, and the blob appears only when it is complete.
"""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from azure.core import MatchConditions
from azure.core.exceptions import HttpResponseError
from azure.storage.blob import BlobClient

from landfall.config.types import CopyMode
from landfall.storage.blocks import (
    BLOCK,
    METADATA,
    MIB,
    Part,
    commit,
    content_settings,
    cut,
    error_code,
    is_expired,
    staged_parts,
)
from landfall.storage.pinned import Pinned, SourceChangedError, chunks

AT_ONCE = 4
"""Blocks that a service is asked to fetch at the same time."""
COPY_SECONDS = 900
"""How long a service may take to fetch one piece; it answers only when it has all of it."""
UNAVAILABLE = {HTTPStatus.INTERNAL_SERVER_ERROR, HTTPStatus.BAD_GATEWAY, HTTPStatus.SERVICE_UNAVAILABLE}
"""Answers of a service that may do the same copy later."""


class CorruptCopyError(Exception):
    """The copy differs from its source."""


class CopyRefusedError(Exception):
    """The target's service does not fetch the source, and copy mode `server` allows no other way."""


@dataclass(frozen=True)
class Grant:
    """Read access to a blob for another service: a URL with a SAS, or a URL and an Authorization header. A secret."""

    url: str
    authorization: str | None = None


ReadGrant = Callable[[BlobClient], Grant]


@dataclass(frozen=True)
class Sizes:
    """The most bytes that Put Blob From URL copies, and the size of the blocks that larger blobs are copied in.

    The first is a limit of the service (learn.microsoft.com, Put Blob From URL, remarks).
    """

    whole: int = 5000 * MIB
    block: int = 256 * MIB

    def parts(self, source: Pinned) -> list[Part]:
        """The parts in which the source is copied server-side: one, or blocks."""
        return cut(source.etag, source.size, max(source.size, 1) if source.size <= self.whole else self.block)


def copy(  # noqa: PLR0913  what is copied where, and how it may be done
    source: Pinned,
    target: BlobClient,
    read_grant: ReadGrant,
    *,
    mode: CopyMode = "auto",
    hashes: list[bytes] | None = None,
    sizes: Sizes = Sizes(),
) -> str:
    """Copy a version to another blob and compare what arrived; returns `server-side` or `streamed`.

    `read_grant` lets the target's service read the source. `hashes` are the MD5s of the parts (see `Sizes.parts`), for
    that service to compare; streamed blocks are always compared. A copy that was interrupted continues where it was.
    Raises SourceChangedError, CorruptCopyError, CopyRefusedError, and HttpResponseError of the target.
    """
    how = "server-side"
    if mode == "stream" or not source.size or not _copy_server_side(source, target, read_grant, mode, hashes, sizes):
        how = "streamed"
        _copy_streamed(source, target)
    arrived = target.get_blob_properties().size
    if arrived != source.size:
        raise CorruptCopyError(
            f"{arrived} of {source.size} bytes arrived at {target.container_name}/{target.blob_name}"
        )
    return how


def _copy_streamed(source: Pinned, target: BlobClient) -> None:
    """Copy through this process, block by block."""
    parts = cut(source.etag, source.size, BLOCK)
    staged = staged_parts(target, parts)
    for part in parts:
        if part not in staged:
            block = b"".join(chunks(source, part))
            target.stage_block(part.block_id, block, length=len(block), validate_content=True)
    commit(target, [part.block_id for part in parts])


def _copy_server_side(  # noqa: PLR0913, PLR0917  as for copy
    source: Pinned, target: BlobClient, read_grant: ReadGrant, mode: CopyMode, hashes: list[bytes] | None, sizes: Sizes
) -> bool:
    """Have the target's service fetch the source; False when it cannot, in mode auto."""
    parts = sizes.parts(source)
    wanted: dict[Part, bytes | None] = dict.fromkeys(parts)
    wanted.update(zip(parts, hashes or (), strict=bool(hashes)))
    try:
        if source.size <= sizes.whole:
            # In mode auto, streaming is the second try.
            retries: dict[str, int] = {} if mode == "server" else {"retry_total": 0}
            _fetch_whole(source, target, read_grant(source.blob), wanted[parts[0]], **retries)
        else:
            _fetch_blocks(source, target, read_grant, wanted)
    except HttpResponseError as error:
        if is_expired(error) or (mode == "server" and error.status_code in UNAVAILABLE):
            raise
        if error_code(error) == "SourceConditionNotMet":
            raise SourceChangedError("the file was replaced while it was copied") from None
        if mode == "server":
            raise CopyRefusedError(
                "The target's storage did not copy the file from Landfall's storage "
                f"({error_code(error) or error.status_code}). Let it through the firewall of Landfall's storage, or "
                "set transfer.copy_mode to auto or stream."
            ) from None
        # Whatever hinders the service (a firewall, an operation it does not know), streaming shows whether the source
        # can be read and the target be written.
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


def _fetch_blocks(source: Pinned, target: BlobClient, read_grant: ReadGrant, wanted: dict[Part, bytes | None]) -> None:
    """Have the service fetch all missing blocks, a few at once, and make the blob from them."""
    staged = staged_parts(target, list(wanted))

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
        for _ in pool.map(fetch, [part for part in wanted if part not in staged]):
            pass
    commit(target, [part.block_id for part in wanted])
