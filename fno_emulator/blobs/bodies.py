"""Bodies on their way to disk: from a request, or from the URL of another blob; never whole in memory."""

import base64
import hashlib
from pathlib import Path

import aiohttp
from aiohttp import StreamReader, web

from fno_emulator.blobs.errors import VERSION, StorageRefused
from fno_emulator.control.delivery import cut, during

CHUNK = 1 << 18
_PASSED_ON = {
    "x-ms-source-range": "Range",
    "x-ms-source-if-match": "If-Match",
    "x-ms-copy-source-authorization": "Authorization",
}


async def receive(request: web.Request, file: Path) -> str:
    """Write the request's body to `file`; gives its MD5 in base64.

    Raises:
        StorageRefused: Content-MD5 was sent and is another.
    """
    half = during(request).get("drop") and (request.content_length or 0) // 2
    found = await _pour(request.content, file, half or None)
    if half:
        file.unlink()  # noqa: ASYNC240 - a moment
        cut(request)
        raise StorageRefused(400, "RequestBodyInvalid", "The body ended in its middle.")
    _compare(request.headers.get("Content-MD5"), found, file)
    return found


async def fetch(session: aiohttp.ClientSession, request: web.Request, file: Path) -> str:
    """Write what `x-ms-copy-source` names (or the range `x-ms-source-range` of it) to `file`; gives its MD5.

    The source is read with the Authorization that `x-ms-copy-source-authorization` names, if any.

    Raises:
        StorageRefused: the source does not answer, refuses, is no longer the version `x-ms-source-if-match` names, or has
            another MD5 than `x-ms-source-content-md5`.
    """
    wanted = {
        ours: request.headers[theirs] for theirs, ours in _PASSED_ON.items() if theirs in request.headers
    }
    if "Authorization" in wanted:
        wanted["x-ms-version"] = VERSION  # storage takes a token from this header's bearers only
    try:
        async with session.get(
            request.headers["x-ms-copy-source"], headers=wanted, allow_redirects=False
        ) as source:
            if source.status == web.HTTPPreconditionFailed.status_code:
                raise StorageRefused(
                    412,
                    "SourceConditionNotMet",
                    "The source condition specified using HTTP conditional header(s) is not met.",
                )
            if source.status not in (200, 206):
                raise StorageRefused(
                    source.status,
                    "CannotVerifyCopySource",
                    f"The source answered {source.status} {source.reason}.",
                )
            found = await _pour(source.content, file)
    except (aiohttp.ClientError, ValueError) as error:
        raise StorageRefused(
            404, "CannotVerifyCopySource", f"The source cannot be read: {type(error).__name__}."
        ) from None
    _compare(request.headers.get("x-ms-source-content-md5"), found, file)
    return found


def _compare(wanted: str | None, found: str, file: Path) -> None:
    """Refuse a body whose MD5 is not the one that was sent along, if one was."""
    if wanted and wanted != found:
        file.unlink()
        raise StorageRefused(
            400, "Md5Mismatch", "The MD5 value specified in the request did not match the data."
        )


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
        file.unlink()  # noqa: ASYNC240 - half a body is nobody's
        raise
    return base64.b64encode(digest.digest()).decode()
