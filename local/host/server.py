"""Assembles the host: app, worker, durable engine, triggers, and HTTP on one port."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from aiohttp import web

from local.host.app.index import AppIndex, load_app
from local.host.app.invoker import Invoker
from local.host.app.worker import Worker
from local.host.clock import ManualClock, SystemClock
from local.host.durable.calls import build_calls
from local.host.durable.client_binding import WEBHOOK, ClientBinding
from local.host.durable.engine import Engine, Limits
from local.host.durable.store import Store
from local.host.durable.task_hub import TaskHub
from local.host.durable.webhooks import Webhooks
from local.host.http.admin import Admin
from local.host.http.answers import PARSER_LIMIT, answer_as_azure
from local.host.http.clock import ClockEndpoint
from local.host.http.keys import Keys
from local.host.http.middleware import allow_origins, require_keys
from local.host.settings import HostSettings, SettingsError, parse_timespan
from local.host.state.database import Database
from local.host.state.members import Members
from local.host.triggers.http import add_routes, methods_of, paths_of
from local.host.triggers.listeners import HostServices, build_listeners, message_encoding

log = logging.getLogger("Host.Startup")

STOP_SECONDS = 5.0
MAX_THREADS = 32
MAX_BODY_BYTES = 100 * 1024 * 1024  # the real host's limit


@dataclass(frozen=True)
class Options:
    """The options of the command line, and the Host section of local.settings.json."""

    app: Path
    port: int
    state: Path
    enable_auth: bool = False
    manual_clock: bool = False
    now: datetime | None = None
    emulator: str | None = None
    redelivery_seconds: float = 0
    recycles: bool = True
    host_section: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Recycle:
    """The port and the time with which a new process takes the place of this one."""

    port: int
    now: datetime


class Host:
    """One host process."""

    def __init__(self, options: Options, settings: HostSettings) -> None:
        self._options = options
        self._settings = settings
        self._clock = ManualClock(options.now or SystemClock().now()) if options.manual_clock else SystemClock()
        options.state.mkdir(parents=True, exist_ok=True)
        self._keys = Keys.load(options.state)
        self._database = Database(options.state)
        self._members = Members(self._database, options.state, options.redelivery_seconds)
        self._index = load_app(options.app)
        self._prefix = str(settings.value("extensions.http.routePrefix", "api"))
        limits = limits_of(settings)
        limit = settings.value("functionTimeout", "")
        self._worker = Worker(threads_of(os.environ), timeout_of(limit), recycles=options.recycles)
        # The SDK's calls carry no key. On Azure they have a port of their own; here they have an unguessable path.
        self._binding = ClientBinding("", settings.hub, self._keys.durable, f"/rpc/{secrets.token_urlsafe(24)}")
        self._invoker = Invoker(self._worker, self._binding.payload, message_encoding(settings))
        self._store = Store(self._database)
        self._members.on_release(
            lambda owner, hidden: self._store.release(owner, self._clock.now().timestamp(), hidden)
        )
        calls = build_calls(self._index, self._invoker.invoke)
        self._engine = Engine(self._store, self._members, self._clock, calls, limits)

    async def serve(self, ready: Callable[[dict[str, Any]], None], stop: asyncio.Event) -> Recycle | None:
        """Run until `stop` is set; call `ready` with url and key when the host answers requests.

        Returns what the process needs to know that takes its place when a function has exceeded its time.

        Raises:
            AppError, SettingsError: the settings of a trigger are wrong.
            OSError: the port is taken.
        """
        services = HostServices(self._settings, self._database, self._members, self._clock, self._invoker.invoke)
        listeners = build_listeners(self._index, services)
        runner = web.AppRunner(
            self._site(),
            access_log=None,
            handle_signals=False,
            max_line_size=PARSER_LIMIT,
            max_headers=PARSER_LIMIT,
            max_field_size=PARSER_LIMIT,
        )
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", self._options.port).start()
        port = int(runner.addresses[0][1])
        self._binding.origin = f"http://127.0.0.1:{port}"
        log_functions(self._index, self._prefix, self._binding.origin)
        self._worker.start()
        self._members.join()
        loops = [self._members.run, self._engine.run, *(each.run for each in listeners)]
        background = [asyncio.create_task(run()) for run in loops]
        ready({"url": self._binding.origin, "key": self._keys.default if self._options.enable_auth else None})
        try:
            await _until(stop, self._worker.ended, background)
        finally:
            log.info("Stopping.")
            await self._engine.stop(STOP_SECONDS)
            for task in background:
                task.cancel()
            await asyncio.gather(*background, return_exceptions=True)
            await runner.cleanup()
            self._worker.stop()
            self._members.leave()
            self._database.close()
        return Recycle(port, self._clock.now()) if self._worker.ended.is_set() else None

    def _site(self) -> web.Application:
        """Return the web application.

        Raises:
            AppError: the host cannot serve a route.
        """
        middlewares = [answer_as_azure, allow_origins(self._options.host_section)]
        if self._options.enable_auth:
            middlewares.append(require_keys(self._keys))
        site = web.Application(client_max_size=MAX_BODY_BYTES, middlewares=middlewares)
        hub = TaskHub(self._store, self._index, self._clock, self._engine.wake)
        webhooks = Webhooks(hub, self._binding)
        site.add_routes([*webhooks.routes(WEBHOOK), *webhooks.routes(self._binding.rpc_path)])
        site.add_routes(Admin(self._index, self._invoker.invoke).routes())
        site.add_routes(ClockEndpoint(self._clock, self._options.emulator, self._engine.wake).routes())
        site.add_routes([web.get("/", _home)])
        enforced = self._keys if self._options.enable_auth else None
        add_routes(site, self._index.of_kind("httpTrigger"), self._prefix, enforced, self._invoker.invoke)
        return site


def limits_of(settings: HostSettings) -> Limits:
    """Return host.json's limits on concurrent work; the defaults are ten per core, as on Azure."""
    each = 10 * (os.cpu_count() or 1)
    return Limits(
        activities=settings.value("extensions.durableTask.maxConcurrentActivityFunctions", each),
        instances=settings.value("extensions.durableTask.maxConcurrentOrchestratorFunctions", each),
        entity_batch=settings.value("extensions.durableTask.maxEntityOperationBatchSize", 5000),
    )


def threads_of(environment: Mapping[str, str]) -> int:
    """Return how many plain functions run at once: PYTHON_THREADPOOL_THREAD_COUNT, or Python's default as on Azure.

    Raises:
        SettingsError: it is not a number from 1 to 32, which is what Azure takes.
    """
    text = environment.get("PYTHON_THREADPOOL_THREAD_COUNT", str(min(32, (os.cpu_count() or 1) + 4)))
    if not text.isdecimal() or not 1 <= int(text) <= MAX_THREADS:
        raise SettingsError(f"PYTHON_THREADPOOL_THREAD_COUNT is '{text}'. Set it to a number from 1 to {MAX_THREADS}.")
    return int(text)


def timeout_of(text: str) -> timedelta | None:
    """Return host.json's functionTimeout: 30 minutes by default, None for -1.

    Raises:
        SettingsError: it is not a time span.
    """
    if text == "-1":
        return None
    return parse_timespan(text or "00:30:00", "host.json: functionTimeout")


def log_functions(index: AppIndex, prefix: str, origin: str) -> None:
    """Log the app's functions as `func` does."""
    log.info("Functions:")
    for function in index.functions:
        if function.kind == "httpTrigger":
            methods = ",".join(methods_of(function)).replace("*", "ALL")
            log.info("\t%s: [%s] %s%s", function.name, methods, origin, paths_of(function, prefix)[0])
        else:
            log.info("\t%s: %s", function.name, function.kind)


async def _until(stop: asyncio.Event, ended: asyncio.Event, background: list[asyncio.Task[None]]) -> None:
    ends = [asyncio.create_task(each.wait()) for each in (stop, ended)]
    done, _ = await asyncio.wait([*ends, *background], return_when=asyncio.FIRST_COMPLETED)
    for end in ends:
        end.cancel()
    for task in done.intersection(background):
        with contextlib.suppress(asyncio.CancelledError):
            task.result()


async def _home(_request: web.Request) -> web.Response:
    return web.Response(text="The functions host is running.\n")
