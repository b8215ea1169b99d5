"""Answers on their way out, whole or hurt by a fault: cut in the middle, or dripping."""

import asyncio
from collections.abc import Iterable
from typing import Any

from aiohttp import web

FAULT = web.RequestKey("fault", dict[str, Any])
"""What a fault does during the call, for whoever moves its bytes."""
_PIECES = 10


def during(request: web.Request) -> dict[str, Any]:
    """What a fault does while the call's bytes move; empty without one."""
    found: dict[str, Any] = request.get(FAULT, {})
    return found


async def stream(
    request: web.Request, response: web.StreamResponse, chunks: Iterable[bytes]
) -> web.StreamResponse:
    """Send `chunks` under the response's headers; its content length must be set.

    A fault `half_body` cuts the connection after half of it, `drip` waits that many seconds before every piece.
    """
    do = during(request)
    left = (response.content_length or 0) // (2 if do.get("half_body") else 1)
    await response.prepare(request)
    for chunk in chunks:
        for piece in _pieces(chunk[:left]) if do.get("drip") else [chunk[:left]]:
            await asyncio.sleep(float(do.get("drip", 0)))
            await response.write(piece)
        left -= len(chunk)
        if left <= 0:
            break
    if do.get("half_body"):
        cut(request)
    else:
        await response.write_eof()
    return response


async def hurt(request: web.Request, response: web.StreamResponse) -> web.StreamResponse:
    """The same answer, sent the way the call's fault wants it."""
    body = response.body if isinstance(response, web.Response) else None
    if response.prepared or not isinstance(body, bytes | bytearray):
        return response
    slow = web.StreamResponse(status=response.status, headers=response.headers)
    slow.content_length = len(body)
    return await stream(request, slow, [bytes(body)])


def cut(request: web.Request) -> None:
    """Close the connection at once."""
    if request.transport is not None:
        request.transport.abort()


def _pieces(chunk: bytes) -> list[bytes]:
    size = max(1, -(-len(chunk) // _PIECES))
    return [chunk[start : start + size] for start in range(0, len(chunk), size)]
