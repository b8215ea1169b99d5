"""Durable's HTTP API: the same routes under one root for the client binding and one for people."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Any

from aiohttp import web

from local.host.clock import parse_utc
from local.host.durable.client_binding import ClientBinding
from local.host.durable.entities import entity_id
from local.host.durable.events import Event, EventType
from local.host.durable.store import TERMINAL, Instance
from local.host.durable.task_hub import HubError, TaskHub, parse_payload

Handler = Callable[[web.Request], Awaitable[web.Response]]

STATUS_OF = {"invalid": 400, "busy": 500, "missing": 404, "over": 410, "not-failed": 500, "not-rewindable": 412}
PAGE = 100


class Webhooks:
    """The handlers of Durable's HTTP API."""

    def __init__(self, hub: TaskHub, binding: ClientBinding) -> None:
        self._hub = hub
        self._binding = binding

    def routes(self, root: str) -> list[web.RouteDef]:
        """Return all routes under a root."""
        one = root + "/instances/{id}"
        return [
            web.post(root + "/orchestrators/{name}", _answer_errors(self._start)),
            web.post(root + "/orchestrators/{name}/{id}", _answer_errors(self._start)),
            web.get(root + "/instances", _answer_errors(self._list)),
            web.get(root + "/instances/", _answer_errors(self._list)),
            web.delete(root + "/instances", _answer_errors(self._purge_many)),
            web.delete(root + "/instances/", _answer_errors(self._purge_many)),
            web.get(one, _answer_errors(self._status)),
            web.delete(one, _answer_errors(self._purge)),
            web.post(one + "/raiseEvent/{name}", _answer_errors(self._raise_event)),
            web.post(one + "/terminate", self._control(EventType.EXECUTION_TERMINATED)),
            web.post(one + "/suspend", self._control(EventType.SUSPENDED)),
            web.post(one + "/resume", self._control(EventType.RESUMED)),
            web.post(one + "/rewind", _answer_errors(self._rewind)),
            web.post(one + "/restart", _answer_errors(self._restart)),
            web.get(root + "/entities/{name}", _answer_errors(self._entities)),
            web.get(root + "/entities/{name}/", _answer_errors(self._entities)),
            web.get(root + "/entities/{name}/{key}", _answer_errors(self._entity)),
            web.post(root + "/entities/{name}/{key}", _answer_errors(self._signal)),
        ]

    async def _start(self, request: web.Request) -> web.Response:
        text = await _body(request)
        try:
            instance = self._hub.start(request.match_info["name"], request.match_info.get("id"), text)
        except HubError as error:
            return web.Response(status=404) if error.kind == "missing" else _exception(error)
        if "timeout" in request.query:
            done = await self._wait_for_end(
                instance, float(request.query["timeout"]), request.query.get("pollingInterval")
            )
            if done is not None:
                return _end_response(done)
        return self._accept(instance)

    async def _wait_for_end(self, instance: str, seconds: float, interval: str | None) -> Instance | None:
        for _ in range(max(1, round(seconds / float(interval or 1)))):
            await asyncio.sleep(float(interval or 1))
            found = self._hub.instance(instance)
            if found.status in TERMINAL:
                return found
        return None

    def _accept(self, instance: str) -> web.Response:
        urls = self._binding.management_urls(instance)
        headers = {"Location": urls["statusQueryGetUri"], "Retry-After": "10"}
        return web.json_response(urls, status=202, headers=headers)

    async def _status(self, request: web.Request) -> web.Response:
        found = self._hub.instance(request.match_info["id"])
        body = status_of(found, show_input=_flag(request, "showInput", default=True))
        if _flag(request, "showHistory"):
            outputs = _flag(request, "showHistoryOutput")
            body["historyEvents"] = history_of(self._hub.store.history(found.id), outputs=outputs)
        if found.status not in TERMINAL:
            location = self._binding.management_urls(found.id)["statusQueryGetUri"]
            return web.json_response(body, status=202, headers={"Location": location, "Retry-After": "5"})
        failed = found.status == "Failed" and _flag(request, "returnInternalServerErrorOnFailure")
        return web.json_response(body, status=500 if failed else 200)

    async def _list(self, request: web.Request) -> web.Response:
        size = int(request.query.get("top", PAGE))
        offset = int(request.headers.get("x-ms-continuation-token") or 0)
        found = self._hub.store.find_instances(
            **_filter(request), prefix=request.query.get("instanceIdPrefix", ""), page=(size + 1, offset)
        )
        more = {"x-ms-continuation-token": str(offset + size)} if len(found) > size else {}
        shown = [status_of(each, show_input=_flag(request, "showInput")) for each in found[:size]]
        return web.json_response(shown, headers=more)

    async def _purge(self, request: web.Request) -> web.Response:
        found = self._hub.instance(request.match_info["id"])
        return _purge_response(self._hub.purge([found]))

    async def _purge_many(self, request: web.Request) -> web.Response:
        if "createdTimeFrom" not in request.query:
            return web.json_response(
                {"Message": "Send createdTimeFrom: the creation time of the oldest instance to purge."}, status=400
            )
        return _purge_response(self._hub.purge(self._hub.store.find_instances(**_filter(request))))

    async def _raise_event(self, request: web.Request) -> web.Response:
        if request.content_type != "application/json":
            return web.json_response({"Message": "Only application/json request content is supported"}, status=400)
        text = await _body(request) or "null"
        self._hub.raise_event(request.match_info["id"], request.match_info["name"], text)
        return web.Response(status=202)

    def _control(self, kind: EventType) -> Handler:
        async def control(request: web.Request) -> web.Response:
            self._hub.control(request.match_info["id"], kind, request.query.get("reason", ""))
            return web.Response(status=202)

        return _answer_errors(control)

    async def _rewind(self, request: web.Request) -> web.Response:
        self._hub.rewind(request.match_info["id"])
        return web.Response(status=202)

    async def _restart(self, request: web.Request) -> web.Response:
        try:
            instance = self._hub.restart(
                request.match_info["id"], new_id=_flag(request, "restartWithNewInstanceId", default=True)
            )
        except HubError as error:
            return _exception(HubError("invalid", str(error)) if error.kind == "missing" else error)
        return self._accept(instance)

    async def _entities(self, request: web.Request) -> web.Response:
        found = self._hub.store.entities(entity_id(request.match_info["name"], ""))
        shown = [
            {
                "entityId": {"name": name, "key": key},
                "lastOperationTime": _seconds(updated),
                "state": parse_payload(state) if _flag(request, "fetchState") else None,
            }
            for (_, name, key), state, updated in ((each.split("@", 2), state, at) for each, state, at in found)
        ]
        return web.json_response(shown)

    async def _entity(self, request: web.Request) -> web.Response:
        state = self._hub.store.entity(entity_id(request.match_info["name"], request.match_info["key"]))
        if state is None:
            return web.Response(status=404)
        return web.Response(text=state, content_type="application/json")

    async def _signal(self, request: web.Request) -> web.Response:
        self._hub.signal_entity(
            request.match_info["name"], request.match_info["key"], request.query.get("op", ""), await _body(request)
        )
        return web.Response(status=202)


def status_of(instance: Instance, *, show_input: bool) -> dict[str, Any]:
    """Return an instance's status as the API shows it."""
    return {
        "name": instance.name,
        "instanceId": instance.id,
        "runtimeStatus": instance.status,
        "input": parse_payload(instance.input) if show_input else None,
        "customStatus": parse_payload(instance.custom_status),
        "output": parse_payload(instance.output),
        "createdTime": _seconds(instance.created),
        "lastUpdatedTime": _seconds(instance.updated),
    }


def history_of(events: list[Event], *, outputs: bool) -> list[dict[str, Any]]:
    """Return a history as the API shows it: with the names of event types, and results only with `outputs`."""
    hidden = {"IsPlayed", "EventId", "Input"} | (set() if outputs else {"Result"})
    names = {kind: "".join(part.title() for part in kind.name.split("_")) for kind in EventType}
    return [
        {"EventType": names[EventType(each["EventType"])]}
        | {key: value for key, value in each.items() if key not in hidden and key != "EventType"}
        for each in events
        if each["EventType"] not in (EventType.ORCHESTRATOR_STARTED, EventType.ORCHESTRATOR_COMPLETED)
    ]


def _end_response(instance: Instance) -> web.Response:
    if instance.status == "Completed":
        return web.json_response(parse_payload(instance.output))
    return web.json_response(status_of(instance, show_input=False), status=500 if instance.status == "Failed" else 200)


def _answer_errors(handler: Handler) -> Handler:
    async def guarded(request: web.Request) -> web.Response:
        try:
            return await handler(request)
        except HubError as error:
            if error.kind == "missing":
                return web.Response(status=404)
            return web.json_response({"Message": str(error)}, status=STATUS_OF[error.kind])
        except ValueError as error:
            return web.json_response({"Message": f"Cannot read the request: {error}"}, status=400)

    return guarded


def _exception(error: HubError) -> web.Response:
    kind = "System.ArgumentException" if error.kind == "invalid" else "System.InvalidOperationException"
    body = {"Message": str(error), "ExceptionMessage": str(error), "ExceptionType": kind, "StackTrace": ""}
    return web.json_response(body, status=STATUS_OF[error.kind])


async def _body(request: web.Request) -> str | None:
    """Return the body as JSON text, or None without a body; raise ValueError when it is not JSON."""
    text = await request.text()
    if not text:
        return None
    json.loads(text)
    return text


def _filter(request: web.Request) -> dict[str, Any]:
    query = request.query
    return {
        "created_from": parse_utc(query["createdTimeFrom"]).timestamp() if query.get("createdTimeFrom") else None,
        "created_to": parse_utc(query["createdTimeTo"]).timestamp() if query.get("createdTimeTo") else None,
        "statuses": [each for each in query.get("runtimeStatus", "").split(",") if each],
    }


def _flag(request: web.Request, name: str, *, default: bool = False) -> bool:
    return request.query[name].lower() == "true" if name in request.query else default


def _purge_response(count: int) -> web.Response:
    return web.json_response({"instancesDeleted": count}) if count else web.Response(status=404)


def _seconds(moment: float) -> str:
    return datetime.fromtimestamp(moment, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
