"""Sends responses, whole or damaged by a fault: cut in the middle, or slowly piece by piece."""

import asyncio
from collections.abc import Iterable
from typing import Any

from aiohttp import web

FAULT = web.RequestKey("fault", dict[str, Any])
"""The effects of a fault that strikes during the call, for the code that reads or writes the bytes."""
_PIECES = 10


def during(request: web.Request) -> dict[str, Any]:
    """The effects of the fault that strikes during the call; empty if there is none."""
    found: dict[str, Any] = request.get(FAULT, {})
    return found


async def stream(request: web.Request, response: web.StreamResponse, chunks: Iterable[bytes]) -> web.StreamResponse:
    """Send a response whose content length is set, with `chunks` as its body.

    The fault `half_body` closes the connection after half the body; `drip` waits that many seconds before each tenth.
    """
    effects = during(request)
    left = (response.content_length or 0) // (2 if effects.get("half_body") else 1)
    await response.prepare(request)
    for chunk in chunks:
        for piece in _pieces(chunk[:left]) if effects.get("drip") else [chunk[:left]]:
            await asyncio.sleep(float(effects.get("drip", 0)))
            await response.write(piece)
        left -= len(chunk)
        if left <= 0:
            break
    if effects.get("half_body"):
        cut(request)
    else:
        await response.write_eof()
    return response


async def damage(request: web.Request, response: web.StreamResponse) -> web.StreamResponse:
    """Send a response as the call's fault wants it, if it is not sent yet; returns what was sent."""
    body = response.body if isinstance(response, web.Response) else None
    if response.prepared or not isinstance(body, bytes | bytearray):
        return response
    slow = web.StreamResponse(status=response.status, headers=response.headers)
    slow.content_length = len(body)
    return await stream(request, slow, [bytes(body)])


def cut(request: web.Request) -> None:
    """Close the connection immediately."""
    if request.transport is not None:
        request.transport.abort()


def _pieces(chunk: bytes) -> list[bytes]:
    size = max(1, -(-len(chunk) // _PIECES))
    return [chunk[start : start + size] for start in range(0, len(chunk), size)]
