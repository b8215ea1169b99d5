"""`/_emulator`: the emulator's own endpoints, open to whoever reaches the machine. F&O has nothing of the kind."""

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
    """Log, faults, switches, clock, and what is in the database.

    Args:
        framework: whose state is shown.
        tenant: takes further applications.
        observer: log and fault plan.
        reset: brings everything back to its first state.
    """

    def __init__(
        self, framework: Framework, tenant: Tenant, observer: Observer, reset: Callable[[], None]
    ) -> None:
        self._framework = framework
        self._tenant = tenant
        self._observer = observer
        self._reset = reset

    def add_to(self, app: web.Application, prefix: str = "") -> None:
        """Register the routes, also under the F&O URL's prefix."""
        for method, path, handler in (
            ("GET", "ping", self.ping),
            ("POST", "reset", self.reset),
            ("GET", "operations", self.operations),
            ("GET", "faults", self.faults),
            ("POST", "faults", self.plan),
            ("DELETE", "faults", self.forget),
            ("GET", "settings", self.settings),
            ("PATCH", "settings", self.change),
            ("POST", "clock", self.clock),
            ("POST", "clients", self.client),
            ("GET", "executions", self.executions),
            ("POST", "cancel", self.cancel),
            ("POST", "recurring/{activity}", self.recurring),
            ("GET", "rows/{entity}", self.rows),
        ):
            for root in {"", prefix}:
                app.router.add_route(method, f"{root}/_emulator/{path}", _checked(handler))

    async def ping(self, _: web.Request) -> web.Response:
        """That it answers."""
        return web.json_response({"status": "up"})

    async def reset(self, _: web.Request) -> web.Response:
        """Everything as at the first start: rows, projects, executions, log, faults, switches."""
        await asyncio.to_thread(self._reset)
        return web.json_response({"status": "reset"})

    async def operations(self, request: web.Request) -> web.Response:
        """The log, or with `?operation=` one operation's entries."""
        return web.json_response(
            {"operations": self._observer.log.entries(request.query.get("operation", ""))}
        )

    async def faults(self, request: web.Request) -> web.Response:
        """The plan with its receipts; `?consumed=false` gives what has not struck."""
        found = self._observer.plan.every()
        if wanted := request.query.get("consumed"):
            found = [one for one in found if one["consumed"] is (wanted == "true")]
        return web.json_response({"faults": found})

    async def plan(self, request: web.Request) -> web.Response:
        """Add faults: one, or a list."""
        raw = await request.json()
        for one in raw if isinstance(raw, list) else [raw]:
            self._observer.plan.add(one)
        return web.json_response({"faults": self._observer.plan.every()}, status=201)

    async def forget(self, _: web.Request) -> web.Response:
        """Drop the plan."""
        self._observer.plan.clear()
        return web.json_response({"faults": []})

    async def settings(self, _: web.Request) -> web.Response:
        """The switches."""
        return web.json_response(self._framework.environment.settings.as_dict())

    async def change(self, request: web.Request) -> web.Response:
        """Change switches by name."""
        self._framework.environment.settings.update(await request.json())
        return web.json_response(self._framework.environment.settings.as_dict())

    async def clock(self, request: web.Request) -> web.Response:
        """Move the time: `{"advance": seconds}`."""
        now = self._framework.environment.clock.advance(float((await request.json())["advance"]))
        return web.json_response({"now": now.isoformat()})

    async def client(self, request: web.Request) -> web.Response:
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
        """What the web client's job history has a button for: `{"execution_id"}` is canceled."""
        wanted = str((await request.json())["execution_id"])
        await asyncio.to_thread(self._framework.cancel, wanted)
        return web.json_response({"execution_id": wanted, "status": executions.CANCELED})

    async def recurring(self, request: web.Request) -> web.Response:
        """What a recurring export's schedule does: `{"company"}`."""
        body = await request.json()
        recurring = self._framework.recurring
        job = recurring.job(request.match_info["activity"], "")
        execution = await asyncio.to_thread(recurring.start_export, job, str(body["company"]))
        return web.json_response({"execution_id": execution}, status=201)

    async def rows(self, request: web.Request) -> web.Response:
        """An entity's target rows by label, collection or AOT name, of `?company=` or all."""
        catalogue = self._framework.environment.catalogue
        name = request.match_info["entity"]
        found = next(
            (one for one in catalogue.entities if name in (one.label, one.collection, one.name)), None
        )
        if found is None:
            raise ValueError(
                f"no entity is called {name!r}; there are: {', '.join(one.label for one in catalogue.entities)}"
            )
        company = request.query.get("company") or None
        made = await asyncio.to_thread(lambda: list(rows.public(self._framework.environment, found, company)))
        return web.json_response({"rows": made})

    def _executions(self) -> list[dict[str, Any]]:
        database = self._framework.environment.database
        return [
            {
                **{
                    name: getattr(one, name)
                    for name in (
                        "id",
                        "project",
                        "kind",
                        "company",
                        "status",
                        "created",
                        "started",
                        "finished",
                    )
                },
                "entities": [
                    {
                        **{
                            name: getattr(run, name) for name in ("entity", "staging_status", "target_status")
                        },
                        **{
                            name: getattr(run, name)
                            for name in ("sent", "staged", "created", "updated", "failed")
                        },
                    }
                    for run in executions.entities(database, one)
                ],
            }
            for one in executions.every(database)
        ]


def _checked(handler: _Handler) -> _Handler:
    async def checked(request: web.Request) -> web.StreamResponse:
        try:
            return await handler(request)
        except (ValueError, KeyError, TypeError, ActionFailed) as error:
            return web.json_response({"error": str(error)}, status=400)

    return checked
