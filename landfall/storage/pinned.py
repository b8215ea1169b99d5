"""A pinned version of a blob. Every read names its ETag, so bytes of two versions never mix."""

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from azure.core import MatchConditions
from azure.core.exceptions import ResourceModifiedError, ResourceNotFoundError
from azure.storage.blob import BlobClient

from landfall.storage.blocks import Part


class SourceChangedError(Exception):
    """The version cannot be read any more: the blob was replaced or deleted."""


@dataclass(frozen=True)
class Pinned:
    """A version of a blob; `size` is in bytes."""

    blob: BlobClient
    etag: str
    size: int


def pin(blob: BlobClient) -> Pinned:
    """The blob's present version; raises azure-core's ResourceNotFoundError."""
    properties = blob.get_blob_properties()
    return Pinned(blob, str(properties.etag), int(properties.size))


def chunks(source: Pinned, part: Part | None = None) -> Iterator[bytes]:
    """The bytes of the version, or of a part of it, in chunks of a few MiB; raises SourceChangedError."""
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


def sha256(source: Pinned, before_chunk: Callable[[], None] = lambda: None) -> str:
    """The SHA-256 of the version in hex; reads all of it."""
    digest = hashlib.sha256()
    for chunk in chunks(source):
        before_chunk()
        digest.update(chunk)
    return digest.hexdigest()


def md5s(source: Pinned, parts: list[Part]) -> list[bytes]:
    """The MD5 of each part of the version; reads all of it.

    MD5, because Azure Storage compares that while it copies. It guards against accidents, not against forgery.
    """
    found = []
    for part in parts:
        digest = hashlib.md5(usedforsecurity=False)
        for chunk in chunks(source, part):
            digest.update(chunk)
        found.append(digest.digest())
    return found
