"""Conditional headers and byte ranges, interpreted as Azure Storage does."""

import re

from aiohttp import web

from fno_emulator.blobs.errors import StorageRefused
from fno_emulator.blobs.store import Blob

_NOT_MET = "The condition specified using HTTP conditional header(s) is not met."
_RANGE = re.compile(r"bytes=(\d+)-(\d*)")


def check(request: web.Request, blob: Blob | None) -> None:
    """Check If-Match and If-None-Match against the blob.

    Raises:
        StorageRefused: a condition is not met.
    """
    tag = f'"{blob.etag}"' if blob else None
    wanted, unwanted = request.headers.get("If-Match"), request.headers.get("If-None-Match")
    if wanted and wanted != "*" and wanted.strip('"') != (tag or "").strip('"'):
        raise StorageRefused(412, "ConditionNotMet", _NOT_MET)
    if unwanted == "*" and blob and request.method == "PUT":
        raise StorageRefused(409, "BlobAlreadyExists", "The specified blob already exists.")
    if unwanted and unwanted == tag and request.method in ("GET", "HEAD"):
        raise StorageRefused(304, "ConditionNotMet", _NOT_MET)


def byte_range(request: web.Request, size: int) -> tuple[int, int] | None:
    """Offset and length of the requested range; None for the whole blob.

    Raises:
        StorageRefused: the range begins after the end of the blob.
    """
    header = request.headers.get("x-ms-range") or request.headers.get("Range")
    match = _RANGE.fullmatch(header or "")
    if match is None:
        return None
    first = int(match[1])
    if first >= size:
        raise StorageRefused(
            416, "InvalidRange", "The range specified is invalid for the current size of the resource."
        )
    last = min(int(match[2]) if match[2] else size - 1, size - 1)
    return first, last - first + 1
