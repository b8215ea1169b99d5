"""Bodies on their way to disk: from a request, or from the URL of another blob; never whole in memory."""

import base64
import hashlib
from pathlib import Path

import aiohttp
from aiohttp import StreamReader, web

from emulator.blobs.errors import StorageRefused
from emulator.control.delivery import cut, during

CHUNK = 1 << 18


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
    wanted = request.headers.get("Content-MD5")
    if wanted and wanted != found:
        file.unlink()  # noqa: ASYNC240 - a moment
        raise StorageRefused(
            400, "Md5Mismatch", "The MD5 value specified in the request did not match the data."
        )
    return found


async def fetch(session: aiohttp.ClientSession, request: web.Request, file: Path) -> str:
    """Write what `x-ms-copy-source` names (or the range `x-ms-source-range` of it) to `file`; gives its MD5.

    Raises:
        StorageRefused: the source does not answer, refuses, or is no longer the version `x-ms-source-if-match` names.
    """
    wanted = {}
    if reach := request.headers.get("x-ms-source-range"):
        wanted["Range"] = reach
    if etag := request.headers.get("x-ms-source-if-match"):
        wanted["If-Match"] = etag
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
            return await _pour(source.content, file)
    except (aiohttp.ClientError, ValueError) as error:
        raise StorageRefused(
            404, "CannotVerifyCopySource", f"The source cannot be read: {type(error).__name__}."
        ) from None


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
