"""Admin endpoints: is the host there, what functions has it, run one now."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Callable
from typing import Any

from aiohttp import web
from azure.functions.meta import Datum

from local.host.app.index import DURABLE_KINDS, AppIndex, Function
from local.host.app.invoker import Invoke
from local.host.triggers.http import methods_of

log = logging.getLogger("Host.Admin")

ROOT = "/admin"


class Admin:
    """The handlers."""

    def __init__(self, index: AppIndex, invoke: Invoke) -> None:
        self._index = index
        self._invoke = invoke
        self._running: set[asyncio.Task[None]] = set()

    def routes(self) -> list[web.RouteDef]:
        """All routes."""
        return [
            web.get(ROOT + "/host/status", self._status),
            web.get(ROOT + "/host/ping", self._ping),
            web.post(ROOT + "/host/ping", self._ping),
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
        return web.json_response([described(each) for each in self._index.functions])

    async def _show(self, request: web.Request) -> web.Response:
        return web.json_response(described(self._find(request)))

    async def _run(self, request: web.Request) -> web.Response:
        function = self._find(request)
        text = str((await request.json()).get("input") or "") if request.can_read_body else ""
        data = trigger_data(function, text)
        if data is None:
            return web.json_response(
                {"Message": f"A {function.kind} function cannot be run from here; use its own way in."},
                status=400,
            )
        task = asyncio.create_task(self._carry_out(function, data))
        self._running.add(task)
        task.add_done_callback(self._running.discard)
        return web.Response(status=202)

    async def _carry_out(self, function: Function, data: Datum) -> None:
        try:
            await self._invoke(
                function, data, {}, "This function was programmatically called via the host APIs."
            )
        except Exception:  # noqa: BLE001 - logged with its trace where it was run; nobody waits for it here
            log.warning("The run of '%s' that was asked for has failed.", function.name)

    def _find(self, request: web.Request) -> Function:
        name = request.match_info["name"].lower()
        for function in self._index.functions:
            if function.name.lower() == name:
                return function
        raise web.HTTPNotFound


def described(function: Function) -> dict[str, Any]:
    """Write a function as the admin API shows it."""
    bindings = [dict(each) for each in function.bindings]
    shown: dict[str, Any] = {"name": function.name, "config": {"name": function.name, "bindings": bindings}}
    if function.kind == "httpTrigger":
        shown["methods"] = methods_of(function)
    return shown


def trigger_data(function: Function, text: str) -> Datum | None:
    """Make a trigger's data out of a text; None for kinds that cannot be run this way."""
    if function.kind in DURABLE_KINDS or function.kind == "blobTrigger":
        return None
    if function.kind == "timerTrigger":
        status = {"IsPastDue": False, "Schedule": {"AdjustForDST": True}, "ScheduleStatus": None}
        return Datum(json.dumps(status), "json")
    if function.kind == "httpTrigger":
        string: Callable[[str], Datum] = lambda value: Datum(value, "string")  # noqa: E731
        return Datum(
            {
                "method": string("POST"),
                "url": string(f"http://localhost{ROOT}/functions/{function.name}"),
                "headers": {},
                "query": {},
                "params": {},
                "body": Datum(text.encode(), "bytes"),
            },
            "http",
        )
    return Datum(text, "string")
