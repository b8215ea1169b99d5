"""Writes bodies to disk in chunks, from a request or from the URL of another blob."""

import base64
import hashlib
from pathlib import Path

import aiohttp
from aiohttp import StreamReader, web

from fno_emulator.blobs.errors import VERSION, StorageRefused
from fno_emulator.control.delivery import cut, during

CHUNK = 1 << 18
_SOURCE_HEADERS = {
    "x-ms-source-range": "Range",
    "x-ms-source-if-match": "If-Match",
    "x-ms-copy-source-authorization": "Authorization",
}


async def receive(request: web.Request, file: Path) -> str:
    """Write the request's body to `file`; returns its MD5 in base64.

    Raises:
        StorageRefused: the MD5 differs from the request's Content-MD5.
    """
    half = during(request).get("drop") and (request.content_length or 0) // 2
    found = await _pour(request.content, file, half or None)
    if half:
        file.unlink()  # noqa: ASYNC240 - takes a moment only
        cut(request)
        raise StorageRefused(400, "RequestBodyInvalid", "The body ended in its middle.")
    _compare(request.headers.get("Content-MD5"), found, file)
    return found


async def fetch(session: aiohttp.ClientSession, request: web.Request, file: Path) -> str:
    """Write the content of the URL `x-ms-copy-source` to `file`; returns its MD5 in base64.

    `x-ms-source-range` selects a range of the source; `x-ms-copy-source-authorization` is sent to it as Authorization.

    Raises:
        StorageRefused: the source does not answer or refuses, its version is not the one in `x-ms-source-if-match`, or
            the MD5 differs from `x-ms-source-content-md5`.
    """
    headers = {ours: request.headers[theirs] for theirs, ours in _SOURCE_HEADERS.items() if theirs in request.headers}
    if "Authorization" in headers:
        headers["x-ms-version"] = VERSION  # Azure Storage accepts a token only together with this header
    try:
        async with session.get(request.headers["x-ms-copy-source"], headers=headers, allow_redirects=False) as source:
            if source.status == web.HTTPPreconditionFailed.status_code:
                raise StorageRefused(
                    412,
                    "SourceConditionNotMet",
                    "The source condition specified using HTTP conditional header(s) is not met.",
                )
            if source.status not in (200, 206):
                raise StorageRefused(
                    source.status, "CannotVerifyCopySource", f"The source answered {source.status} {source.reason}."
                )
            found = await _pour(source.content, file)
    except (aiohttp.ClientError, ValueError) as error:
        raise StorageRefused(
            404, "CannotVerifyCopySource", f"The source cannot be read: {type(error).__name__}."
        ) from None
    _compare(request.headers.get("x-ms-source-content-md5"), found, file)
    return found


def _compare(wanted: str | None, found: str, file: Path) -> None:
    """Refuse and delete a body whose MD5 differs from the one the caller sent, if it sent one."""
    if wanted and wanted != found:
        file.unlink()
        raise StorageRefused(400, "Md5Mismatch", "The MD5 value specified in the request did not match the data.")


async def _pour(stream: StreamReader, file: Path, limit: int | None = None) -> str:
    digest = hashlib.md5(usedforsecurity=False)
    try:
        with file.open("wb") as target:
            async for chunk in stream.iter_chunked(CHUNK):
                target.write(chunk)
                digest.update(chunk)
                if limit is not None and target.tell() >= limit:
                    break
    except BaseException:
        file.unlink()  # noqa: ASYNC240 - half a body must not stay behind
        raise
    return base64.b64encode(digest.digest()).decode()
