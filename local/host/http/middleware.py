"""Middleware for every route: keys for the host's own APIs, and CORS."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

from local.host.durable.client_binding import WEBHOOK
from local.host.http import admin
from local.host.http.keys import Keys


def require_keys(keys: Keys) -> Middleware:
    """Require the durable key on Durable's HTTP API and the master key on admin endpoints."""
    levels = {WEBHOOK: "durable", admin.ROOT: "admin"}

    @web.middleware
    async def check(request: web.Request, handler: Handler) -> web.StreamResponse:
        if request.path == admin.PING:
            return await handler(request)
        level = next((level for root, level in levels.items() if request.path.startswith(root + "/")), "anonymous")
        if not keys.opens(request, level):
            return web.Response(status=401)
        return await handler(request)

    return check


def allow_origins(host_section: Mapping[str, Any]) -> Middleware:
    """Allow the origins in Host.CORS of local.settings.json, separated by commas; `*` allows all."""
    origins = [each.strip() for each in str(host_section.get("CORS", "")).split(",") if each.strip()]
    with_credentials = host_section.get("CORSCredentials") is True

    @web.middleware
    async def allow(request: web.Request, handler: Handler) -> web.StreamResponse:
        origin = request.headers.get("Origin")
        if origin is None or not ("*" in origins or origin in origins):
            return await handler(request)
        asked = request.headers.get("Access-Control-Request-Method")
        preflight = request.method == "OPTIONS" and asked is not None
        response = web.Response(status=204) if preflight else await handler(request)
        response.headers["Access-Control-Allow-Origin"] = "*" if "*" in origins else origin
        if with_credentials:
            response.headers["Access-Control-Allow-Credentials"] = "true"
        if preflight:
            response.headers["Access-Control-Allow-Methods"] = asked or ""
            wanted = request.headers.get("Access-Control-Request-Headers", "")
            response.headers["Access-Control-Allow-Headers"] = wanted
        return response

    return allow
