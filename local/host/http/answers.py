"""The answers of Azure's front end, where they differ from what another web server would say."""

from __future__ import annotations

import re

from aiohttp import web
from aiohttp.typedefs import Handler

MAX_TARGET_BYTES = 8 * 1024
MAX_HEADER_BYTES = 32 * 1024
PARSER_LIMIT = 1024 * 1024
"""What the parser takes, so that longer requests get here and their answer is Azure's."""
NO_BODY = {204, 304}


class FunctionResource(web.DynamicResource):
    """A function's route: it takes any letter case, and a slash at the end."""

    def __init__(self, path: str) -> None:
        super().__init__(path)
        self._pattern = re.compile(f"(?:{self._pattern.pattern})/?", re.IGNORECASE)

    @property
    def canonical(self) -> str:
        """The fixed start of the paths that it takes, by which the router finds it; letters have no fixed case."""
        return "/"


@web.middleware
async def answer_as_azure(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Answer with Azure's status codes, and in chunks."""
    if len(request.raw_path.encode()) > MAX_TARGET_BYTES:
        return web.Response(status=414)
    if sum(len(name) + len(value) for name, value in request.raw_headers) > MAX_HEADER_BYTES:
        return web.Response(status=431)
    try:
        response = await handler(request)
    except web.HTTPMethodNotAllowed:
        return web.Response(status=404)
    except web.HTTPRequestEntityTooLarge:
        return web.Response(status=500)
    if isinstance(response, web.Response) and response.body and response.status not in NO_BODY:
        response.headers.popall("Content-Length", None)
        response.enable_chunked_encoding()
    return response
