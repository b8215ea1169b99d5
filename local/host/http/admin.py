"""Admin endpoints: the host's status, its list of functions, and running a function now."""

from __future__ import annotations

import logging
from typing import Any

from aiohttp import web
from azure.functions.meta import Datum

from local.host.app.function import Function
from local.host.app.index import DURABLE_KINDS, AppIndex
from local.host.app.invoker import Invoke
from local.host.background import BackgroundTasks
from local.host.triggers.http import http_datum, methods_of
from local.host.triggers.timer import timer_datum

log = logging.getLogger("Host.Admin")

ROOT = "/admin"
PING = ROOT + "/host/ping"


class Admin:
    """The handlers of the admin endpoints."""

    def __init__(self, index: AppIndex, invoke: Invoke) -> None:
        self._index = index
        self._invoke = invoke
        self._running = BackgroundTasks()

    def routes(self) -> list[web.RouteDef]:
        """Return all routes."""
        return [
            web.get(ROOT + "/host/status", self._status),
            web.get(PING, self._ping),
            web.post(PING, self._ping),
            web.get(ROOT + "/functions", self._list),
            web.get(ROOT + "/functions/{name}", self._show),
            web.get(ROOT + "/functions/{name}/status", self._function_status),
            web.post(ROOT + "/functions/{name}", self._run),
        ]

    async def _status(self, _request: web.Request) -> web.Response:
        return web.json_response({"id": "localhost", "state": "Running", "version": "4.0.0.0"})

    async def _ping(self, _request: web.Request) -> web.Response:
        return web.json_response({})

    async def _function_status(self, request: web.Request) -> web.Response:
        return web.json_response({"errors": None, "name": self._find(request).name})

    async def _list(self, _request: web.Request) -> web.Response:
        return web.json_response([description(each) for each in self._index.functions])

    async def _show(self, request: web.Request) -> web.Response:
        return web.json_response(description(self._find(request)))

    async def _run(self, request: web.Request) -> web.Response:
        function = self._find(request)
        text = str((await request.json()).get("input") or "") if request.can_read_body else ""
        data = trigger_data(function, text)
        if data is None:
            return web.json_response(
                {"Message": f"The admin API cannot run a {function.kind} function. Use its trigger."}, status=400
            )
        self._running.start(self._carry_out(function, data))
        return web.Response(status=202)

    async def _carry_out(self, function: Function, data: Datum) -> None:
        try:
            await self._invoke(function, data, {}, "This function was programmatically called via the host APIs.")
        except Exception:  # noqa: BLE001 - the worker logs it with its traceback
            log.warning("Running '%s' through the admin API failed.", function.name)

    def _find(self, request: web.Request) -> Function:
        name = request.match_info["name"].lower()
        for function in self._index.functions:
            if function.name.lower() == name:
                return function
        raise web.HTTPNotFound


def description(function: Function) -> dict[str, Any]:
    """Return a function as the admin API shows it."""
    bindings = [dict(each) for each in function.bindings]
    shown: dict[str, Any] = {"name": function.name, "config": {"name": function.name, "bindings": bindings}}
    if function.kind == "httpTrigger":
        shown["methods"] = methods_of(function)
    return shown


def trigger_data(function: Function, text: str) -> Datum | None:
    """Return a trigger's data for an input text; None for a function that the admin API cannot run."""
    if function.kind in DURABLE_KINDS or function.kind == "blobTrigger":
        return None
    if function.kind == "timerTrigger":
        return timer_datum(past_due=False, status=None)
    if function.kind == "httpTrigger":
        return http_datum("POST", f"http://localhost{ROOT}/functions/{function.name}", text.encode())
    return Datum(text, "string")
