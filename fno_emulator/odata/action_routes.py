"""Actions over HTTP: checks a call's parameters, runs the action, and answers with its value or its error."""

import asyncio
import json
from typing import Any

from aiohttp import web

from fno_emulator.control.observer import Observer, Work
from fno_emulator.dmf.errors import ActionFailed, NoZip
from fno_emulator.dmf.framework import Framework
from fno_emulator.odata import envelope
from fno_emulator.odata.actions import ACTIONS, ON_ENTITIES, Action
from fno_emulator.odata.service import Service

_SETS = {envelope.ACTION_SET: ACTIONS, "DataManagementEntities": ON_ENTITIES}
_NAMESPACE = "Microsoft.Dynamics.DataEntities."


class ActionRoutes:
    """The actions of the data management sets.

    Args:
        service: the F&O URL.
        framework: carries out the actions.
        observer: logs calls and applies faults.
    """

    def __init__(self, service: Service, framework: Framework, observer: Observer) -> None:
        self._service = service
        self._framework = framework
        self._observer = observer
        self._settings = framework.environment.settings

    def add_to(self, app: web.Application) -> None:
        """Register the route."""
        app.router.add_post(f"{self._service.prefix}/data/{{collection}}/{_NAMESPACE}{{action}}", self.invoke)

    async def invoke(self, request: web.Request) -> web.StreamResponse:
        """Call an action."""
        name = request.match_info["action"]
        action = _SETS.get(request.match_info["collection"], {}).get(name)
        if action is None:
            return envelope.no_resource(self._service.url_of(request))
        if self._settings.media_type_checked and request.content_type != "application/json":
            return envelope.unsupported_media_type(request.content_type)
        body = _json(await request.read())
        if not action.accepts(body):
            return envelope.model_state_invalid()
        subject = {"execution_id": body.get("executionId", ""), "project": body.get("definitionGroupId", "")}

        async def work() -> web.Response:
            try:
                value = await self._call(action, body)
            except ActionFailed as failed:
                return self._error(name, failed)
            if "definitionGroupId" in body and "executionId" in body:
                subject["execution_id"] = value
            return self._value(action, value)

        async def hold(call: Work) -> web.StreamResponse:
            try:
                with action.hold(self._framework, body):
                    return await call()
            except ActionFailed as failed:
                return self._error(name, failed)

        return await self._observer.observe(request, name, subject, work, hold)

    async def _call(self, action: Action, body: dict[str, Any]) -> Any:
        if action.at_once:
            return action.call(self._framework, body)
        return await asyncio.to_thread(action.call, self._framework, body)

    def _error(self, name: str, failed: ActionFailed) -> web.Response:
        """The error of a failed action. On premises a raw file is a server error (fno-behaviour 2.1)."""
        if isinstance(failed, NoZip) and self._service.on_premises:
            return envelope.server_error()
        return envelope.action_error(name, str(failed), failed.kind)

    def _value(self, action: Action, value: Any) -> web.Response:
        if not action.returns:
            return web.Response(status=204, headers=envelope.headers())
        if self._settings.nested_values:
            value = {"value": value}
        return envelope.answer({"@odata.context": self._service.context(action.returns), "value": value})


def _json(text: bytes) -> Any:
    """The value of a JSON body; None if the body is not JSON."""
    try:
        return json.loads(text)
    except ValueError:
        return None
