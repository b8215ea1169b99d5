"""Puts the host together: app, worker, durable engine, triggers and HTTP on one port."""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import os
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware
from azure.functions.meta import Datum

from local.host.app_index import Function, load_app
from local.host.clock import SystemClock
from local.host.database import Database
from local.host.durable.calls import calls_into
from local.host.durable.client_binding import WEBHOOK, ClientBinding
from local.host.durable.engine import Engine, Limits
from local.host.durable.store import RELEASE_WORK, Store
from local.host.durable.task_hub import TaskHub
from local.host.durable.webhooks import Webhooks
from local.host.keys import Keys
from local.host.members import Members
from local.host.settings import HostSettings
from local.host.triggers.blob import BlobOptions, BlobTrigger
from local.host.triggers.blob_receipts import BlobReceipts
from local.host.triggers.http import add_routes, methods_of, paths_of
from local.host.triggers.timer import ScheduleMonitor, Timer
from local.host.worker import Inputs, Worker

log = logging.getLogger("Host.Startup")

STOP_SECONDS = 5.0
MAX_BODY_BYTES = 100 * 1024 * 1024  # the real host's limit


@dataclass(frozen=True)
class Options:
    """What the command line says."""

    app: Path
    port: int
    state: Path
    enable_auth: bool


class Host:
    """One host process."""

    def __init__(self, options: Options, settings: HostSettings) -> None:
        self._options = options
        self._settings = settings
        self._clock = SystemClock()
        options.state.mkdir(parents=True, exist_ok=True)
        self._keys = Keys.of(options.state)
        self._database = Database(options.state)
        self._members = Members(self._database, options.state)
        self._members.on_release(RELEASE_WORK)
        self._store = Store(self._database)
        self._index = load_app(options.app)
        activities = settings.value(
            "extensions.durableTask.maxConcurrentActivityFunctions", 10 * (os.cpu_count() or 1)
        )
        self._limits = Limits(
            activities=activities,
            instances=settings.value(
                "extensions.durableTask.maxConcurrentOrchestratorFunctions", 10 * (os.cpu_count() or 1)
            ),
            entity_batch=settings.value("extensions.durableTask.maxEntityOperationBatchSize", 5000),
        )
        self._worker = Worker(activities)
        self._binding: ClientBinding | None = None

    async def serve(self, ready: Callable[[dict[str, Any]], None], stop: asyncio.Event) -> None:
        """Run until `stop` is set; `ready` gets url and key once requests are answered.

        Raises:
            AppError, SettingsError: a trigger cannot be set up.
            OSError: the port is taken.
        """
        engine = Engine(
            self._store,
            self._members,
            self._clock,
            (self._index, calls_into(self._index, self.invoke)),
            self._limits,
        )
        self._worker.start()
        hub = TaskHub(self._store, self._index, self._clock, engine.wake)
        # The SDK's own calls carry no key, as on Azure, where they have a port of their own; here an unguessable path.
        rpc_path = f"/rpc/{secrets.token_urlsafe(24)}/durabletask"
        site_app = web.Application(client_max_size=MAX_BODY_BYTES, middlewares=[self._webhook_keys()])
        runner = web.AppRunner(site_app, access_log=None, handle_signals=False)
        binding = self._bind(rpc_path, self._options.port)
        webhooks = Webhooks(hub, binding)
        site_app.add_routes([*webhooks.routes(WEBHOOK), *webhooks.routes(rpc_path), web.get("/", _home)])
        prefix = str(self._settings.value("extensions.http.routePrefix", "api"))
        enforced = self._keys if self._options.enable_auth else None
        add_routes(site_app, self._index.of_kind("httpTrigger"), prefix, enforced, self.invoke)
        triggers: list[BlobTrigger | Timer] = [*self._blob_triggers(), *self._timers()]
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", self._options.port)
        await site.start()
        port = runner.addresses[0][1]
        binding.origin = f"http://127.0.0.1:{port}"
        self._announce(prefix, binding.origin)
        self._members.join()
        background = [
            asyncio.create_task(run())
            for run in (self._members.run, engine.run, *(each.run for each in triggers))
        ]
        ready({"url": binding.origin, "key": self._keys.default if enforced else None})
        try:
            await _until(stop, background)
        finally:
            log.info("Stopping.")
            await engine.stop(STOP_SECONDS)
            for task in background:
                task.cancel()
            await asyncio.gather(*background, return_exceptions=True)
            await runner.cleanup()
            self._worker.stop()
            self._members.leave()
            self._database.close()

    async def invoke(
        self, function: Function, data: Datum, metadata: Mapping[str, Datum], reason: str
    ) -> Any:
        """Run a function with its trigger's data; its encoded result. Raises what it raises."""
        others = {
            binding["name"]: Datum(self._binding.payload(), "string")
            for binding in function.inputs
            if self._binding is not None
        }
        return await self._worker.invoke(function, Inputs(data, reason, metadata, others))

    def _bind(self, rpc_path: str, port: int) -> ClientBinding:
        self._binding = ClientBinding(
            f"http://127.0.0.1:{port}", self._settings.hub, self._keys.durable, rpc_path
        )
        return self._binding

    def _webhook_keys(self) -> Middleware:
        @web.middleware
        async def check(request: web.Request, handler: Handler) -> web.StreamResponse:
            guarded = self._options.enable_auth and request.path.startswith(WEBHOOK)
            if guarded and not self._keys.opens(request, "durable"):
                return web.Response(status=401)
            return await handler(request)

        return check

    def _blob_triggers(self) -> list[BlobTrigger]:
        functions = self._index.of_kind("blobTrigger")
        receipts = BlobReceipts(self._database, self._members) if functions else None
        options = BlobOptions(
            parallel=self._settings.value("extensions.blobs.maxDegreeOfParallelism", 8),
            poison_after=self._settings.value("extensions.blobs.poisonBlobThreshold", 5),
            poison_connection=os.environ.get("AzureWebJobsStorage"),  # noqa: SIM112 - its name
        )
        return [
            BlobTrigger(each, receipts, options, self.invoke) for each in functions if receipts is not None
        ]

    def _timers(self) -> list[Timer]:
        functions = self._index.of_kind("timerTrigger")
        monitor = ScheduleMonitor(self._database) if functions else None
        return [
            Timer(each, monitor, self._members, self._clock, self.invoke)
            for each in functions
            if monitor is not None
        ]

    def _announce(self, prefix: str, origin: str) -> None:
        log.info("Functions:")
        for function in self._index.functions:
            if function.kind == "httpTrigger":
                methods = ",".join(methods_of(function)).replace("*", "ALL")
                log.info("\t%s: [%s] %s%s", function.name, methods, origin, paths_of(function, prefix)[0])
            else:
                log.info("\t%s: %s", function.name, function.kind)


async def _until(stop: asyncio.Event, background: list[asyncio.Task[None]]) -> None:
    stopped = asyncio.create_task(stop.wait())
    done, _ = await asyncio.wait([stopped, *background], return_when=asyncio.FIRST_COMPLETED)
    stopped.cancel()
    for task in done:
        with contextlib.suppress(asyncio.CancelledError):
            task.result()


async def _home(_request: web.Request) -> web.Response:
    return web.Response(text="The functions host is running.\n")


def print_ready(line: dict[str, Any]) -> None:
    """Say on stdout that the host answers: one JSON line."""
    print(json.dumps(line), flush=True)  # noqa: T201 - the contract with whoever started the host
