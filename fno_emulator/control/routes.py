"""The emulator's own endpoints below `/_emulator`, which need no token. F&O has no such endpoints."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from aiohttp import web

from fno_emulator.auth.tenant import Application, Tenant
from fno_emulator.control.observer import Observer
from fno_emulator.dmf import executions
from fno_emulator.dmf.errors import ActionFailed
from fno_emulator.dmf.framework import Framework
from fno_emulator.odata import rows

_Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class ControlRoutes:
    """The endpoints for log, faults, switches, clock, applications and the environment's state.

    Args:
        framework: has the environment's state.
        tenant: registers applications.
        observer: has the operation log and the fault plan.
        reset: restores the first state.
    """

    def __init__(self, framework: Framework, tenant: Tenant, observer: Observer, reset: Callable[[], None]) -> None:
        self._framework = framework
        self._tenant = tenant
        self._observer = observer
        self._reset = reset

    def add_to(self, app: web.Application, prefix: str = "") -> None:
        """Register the routes, with and without the F&O URL's prefix."""
        for method, path, handler in (
            ("GET", "ping", self.ping),
            ("POST", "reset", self.reset),
            ("GET", "operations", self.operations),
            ("GET", "faults", self.faults),
            ("POST", "faults", self.add_faults),
            ("DELETE", "faults", self.clear_faults),
            ("GET", "settings", self.settings),
            ("PATCH", "settings", self.change_settings),
            ("POST", "clock", self.advance_clock),
            ("POST", "clients", self.add_client),
            ("GET", "executions", self.executions),
            ("POST", "cancel", self.cancel),
            ("POST", "recurring/{activity}", self.start_export),
            ("GET", "rows/{entity}", self.rows),
        ):
            for root in {"", prefix}:
                app.router.add_route(method, f"{root}/_emulator/{path}", _with_errors(handler))

    async def ping(self, _: web.Request) -> web.Response:
        """Show that the emulator is up."""
        return web.json_response({"status": "up"})

    async def reset(self, _: web.Request) -> web.Response:
        """Restore the state of the first start: rows, projects, executions, log, faults and switches."""
        await asyncio.to_thread(self._reset)
        return web.json_response({"status": "reset"})

    async def operations(self, request: web.Request) -> web.Response:
        """The operation log, or with `?operation=` the entries of one operation."""
        return web.json_response({"operations": self._observer.log.entries(request.query.get("operation", ""))})

    async def faults(self, request: web.Request) -> web.Response:
        """The planned faults; with `?consumed=false` those that have not struck."""
        found = self._observer.plan.every()
        if wanted := request.query.get("consumed"):
            found = [one for one in found if one["consumed"] is (wanted == "true")]
        return web.json_response({"faults": found})

    async def add_faults(self, request: web.Request) -> web.Response:
        """Plan one fault or a list of faults."""
        raw = await request.json()
        for one in raw if isinstance(raw, list) else [raw]:
            self._observer.plan.add(one)
        return web.json_response({"faults": self._observer.plan.every()}, status=201)

    async def clear_faults(self, _: web.Request) -> web.Response:
        """Delete all faults."""
        self._observer.plan.clear()
        return web.json_response({"faults": []})

    async def settings(self, _: web.Request) -> web.Response:
        """The switches."""
        return web.json_response(self._framework.environment.settings.as_dict())

    async def change_settings(self, request: web.Request) -> web.Response:
        """Change switches by name."""
        self._framework.environment.settings.update(await request.json())
        return web.json_response(self._framework.environment.settings.as_dict())

    async def advance_clock(self, request: web.Request) -> web.Response:
        """Move the time forward: `{"advance": seconds}`."""
        now = self._framework.environment.clock.advance(float((await request.json())["advance"]))
        return web.json_response({"now": now.isoformat()})

    async def add_client(self, request: web.Request) -> web.Response:
        """Register an application: `{"client_id","client_secret","certificate","issuer","subject","mapped"}`."""
        raw = await request.json()
        made = Application(
            client_id=str(raw["client_id"]),
            secret=str(raw.get("client_secret", "")),
            mapped=bool(raw.get("mapped", True)),
            certificate=str(raw.get("certificate", "")),
            issuer=str(raw.get("issuer", "")),
            subject=str(raw.get("subject", "")),
        )
        self._tenant.register(made)
        return web.json_response({"client_id": made.client_id, "mapped": made.mapped}, status=201)

    async def executions(self, _: web.Request) -> web.Response:
        """Every execution with its entities and counts, newest first."""
        return web.json_response({"executions": await asyncio.to_thread(self._executions)})

    async def cancel(self, request: web.Request) -> web.Response:
        """Cancel an execution, as in the web client's job history: `{"execution_id"}`."""
        wanted = str((await request.json())["execution_id"])
        await asyncio.to_thread(self._framework.cancel, wanted)
        return web.json_response({"execution_id": wanted, "status": executions.CANCELED})

    async def start_export(self, request: web.Request) -> web.Response:
        """Start a recurring export, as its schedule does: `{"company"}`."""
        body = await request.json()
        recurring = self._framework.recurring
        job = recurring.job(request.match_info["activity"], "")
        execution = await asyncio.to_thread(recurring.start_export, job, str(body["company"]))
        return web.json_response({"execution_id": execution}, status=201)

    async def rows(self, request: web.Request) -> web.Response:
        """The target rows of an entity, named by label, collection or AOT name, in all companies or in `?company=`."""
        catalogue = self._framework.environment.catalogue
        name = request.match_info["entity"]
        named = [one for one in catalogue.entities if name in (one.label, one.collection, one.name)]
        if not named:
            raise ValueError(
                f"There is no entity {name!r}. Use one of {', '.join(one.label for one in catalogue.entities)}."
            )
        company = request.query.get("company") or None
        made = await asyncio.to_thread(lambda: list(rows.public(self._framework.environment, named[0], company)))
        return web.json_response({"rows": made})

    def _executions(self) -> list[dict[str, Any]]:
        about = ("id", "project", "kind", "company", "status", "created", "started", "finished")
        counts = ("sent", "staged", "created", "updated", "failed")
        entity = ("entity", "staging_status", "target_status", *counts)
        return [
            {
                **{name: getattr(execution, name) for name in about},
                "entities": [{name: getattr(run, name) for name in entity} for run in runs],
            }
            for execution, runs in executions.with_entities(self._framework.environment.database)
        ]


def _with_errors(handler: _Handler) -> _Handler:
    async def handle(request: web.Request) -> web.StreamResponse:
        try:
            return await handler(request)
        except (ValueError, KeyError, TypeError, ActionFailed) as error:
            return web.json_response({"error": str(error)}, status=400)

    return handle
