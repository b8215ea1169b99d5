"""`/data`: who may call, which action or set is meant, and what the answer looks like."""

import asyncio
import json
from typing import Any

from aiohttp import web

from emulator.auth.tenant import Tenant
from emulator.control.observer import Observer, Work
from emulator.dmf.errors import ActionFailed
from emulator.dmf.framework import Framework
from emulator.odata import envelope, queries
from emulator.odata.actions import ACTIONS, ON_ENTITIES, Action
from emulator.odata.filtering import FilterInvalid

_SETS = {envelope.ACTION_SET: ACTIONS, "DataManagementEntities": ON_ENTITIES}
_PREFIX = "Microsoft.Dynamics.DataEntities."


class DataRoutes:
    """F&O's OData service.

    Args:
        framework: answers the actions.
        tenant: knows whose token is good.
        observer: logs calls and lets faults strike.
        prefix: what all paths begin with.
    """

    def __init__(self, framework: Framework, tenant: Tenant, observer: Observer, prefix: str = "") -> None:
        self.base_url = ""
        """Set once the endpoint listens; ends with the prefix."""
        self._prefix = prefix
        self._framework = framework
        self._tenant = tenant
        self._observer = observer

    def add_to(self, app: web.Application) -> None:
        """Register the routes; whatever else is asked for is answered as F&O does."""
        app.router.add_post(f"{self._prefix}/data/{{collection}}/{_PREFIX}{{action}}", self.invoke)
        app.router.add_get(f"{self._prefix}/data/{{collection}}", self.read)
        app.router.add_route("*", "/{anything:.*}", self.nowhere)

    async def invoke(self, request: web.Request) -> web.StreamResponse:
        """An action."""
        name = request.match_info["action"]
        action = _SETS.get(request.match_info["collection"], {}).get(name)
        if refused := self._refused(request):
            return refused
        if action is None:
            return envelope.no_resource(self._asked(request))
        try:
            body = json.loads(await request.read())
        except ValueError:
            body = None
        if not action.accepts(body):
            return envelope.model_state_invalid()
        subject = {"execution_id": body.get("executionId", ""), "project": body.get("definitionGroupId", "")}

        async def work() -> web.Response:
            try:
                value = await asyncio.to_thread(action.call, self._framework, body)
            except ActionFailed as failed:
                return envelope.action_error(name, str(failed), failed.kind)
            if "definitionGroupId" in body and "executionId" in body:
                subject["execution_id"] = value
            return self._value(action, value)

        async def held(call: Work) -> web.StreamResponse:
            try:
                with action.hold(self._framework, body):
                    return await call()
            except ActionFailed as failed:
                return envelope.action_error(name, str(failed), failed.kind)

        return await self._observer.observe(request, name, subject, work, held)

    async def read(self, request: web.Request) -> web.StreamResponse:
        """An entity set."""
        collection = request.match_info["collection"]
        if refused := self._refused(request):
            return refused

        async def work() -> web.Response:
            try:
                found = await asyncio.to_thread(
                    queries.read, self._framework.environment, collection, dict(request.query)
                )
            except FilterInvalid as error:
                return envelope.error(str(error), "Microsoft.OData.ODataException")
            if found is None:
                return envelope.no_resource(self._asked(request))
            return envelope.answer(
                {"@odata.context": f"{self.base_url}/data/$metadata#{collection}", **found}
            )

        return await self._observer.observe(request, f"Read {collection}", {}, work)

    async def nowhere(self, request: web.Request) -> web.StreamResponse:
        """No such resource; outside `/data` that is the web client, which redirects to its sign-in page."""
        known = tuple(self._prefix + one for one in ("/data", "/metadata", "/api"))
        if not request.path.startswith(known):
            return web.Response(status=302, headers={"Location": f"{self.base_url}/?signin=1"})
        return self._refused(request) or envelope.no_resource(self._asked(request))

    def _refused(self, request: web.Request) -> web.Response | None:
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        client = (
            self._tenant.client_of(token, self.base_url.removesuffix(self._prefix))
            if scheme.lower() == "bearer"
            else None
        )
        if client is None:
            return web.Response(status=401, headers={**envelope.headers(), "WWW-Authenticate": "Bearer"})
        if not self._tenant.maps(client):
            return web.Response(status=403, headers=envelope.headers())
        return None

    def _asked(self, request: web.Request) -> str:
        return f"{self.base_url}{request.path_qs.removeprefix(self._prefix)}"

    def _value(self, action: Action, value: Any) -> web.Response:
        if not action.returns:
            return web.Response(status=204, headers=envelope.headers())
        if self._framework.environment.settings.nested_values:
            value = {"value": value}
        return envelope.answer(
            {"@odata.context": f"{self.base_url}/data/$metadata#{action.returns}", "value": value}
        )
