"""The emulator as one object: an environment, and three listeners on one event loop in a thread."""

import asyncio
import logging
import shutil
import tempfile
import threading
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from aiohttp import web

from fno_emulator.auth.certificates import server_context
from fno_emulator.auth.routes import AuthorityRoutes, close_connection
from fno_emulator.auth.tenant import Tenant
from fno_emulator.blobs.routes import BlobRoutes
from fno_emulator.blobs.sas import ACCOUNT
from fno_emulator.blobs.store import BlobStore
from fno_emulator.blobs.urls import SignedUrls
from fno_emulator.clock import Clock
from fno_emulator.connector.routes import ConnectorRoutes
from fno_emulator.control.faults import FaultPlan
from fno_emulator.control.log import OperationLog
from fno_emulator.control.observer import Observer
from fno_emulator.control.routes import ControlRoutes
from fno_emulator.dmf.database import Database
from fno_emulator.dmf.environment import Environment
from fno_emulator.dmf.framework import Framework
from fno_emulator.dmf.model.catalogue import SHIPPED, load
from fno_emulator.odata.action_routes import ActionRoutes
from fno_emulator.odata.batch_routes import BatchRoutes
from fno_emulator.odata.entity_routes import EntityRoutes
from fno_emulator.odata.metadata_routes import MetadataRoutes
from fno_emulator.odata.record_calls import RecordCalls
from fno_emulator.odata.service import Service
from fno_emulator.page.routes import PageRoutes
from fno_emulator.premises import CLOUD, Premises
from fno_emulator.settings import Settings

HOST = "127.0.0.1"
_CLOSING_SECONDS = 0.05
"""How long the event loop keeps running so that its connections close before it does."""
_PLAIN_AUTHORITY = "/_emulator/authority"
"""The path of the authority without TLS, for callers that do not trust the emulator's CA."""
_LOG = logging.getLogger(__name__)


class Emulator:
    """F&O on this machine. As a context manager it starts on entry and stops on exit.

    Args:
        data: the folder that keeps all state; without it, the emulator uses a temporary folder and deletes it.
        catalogue: the YAML file with entities and seeded rows.
        settings: the switches; the control API changes this object.
        ports: the ports of the F&O API, the blob endpoint and the authority; 0 uses a free port.
        speed: emulated seconds per real second; at 0 only `clock.advance` moves the time.
        premises: whether F&O runs in the cloud or on premises.
    """

    def __init__(  # noqa: PLR0913, PLR0917 - every parameter has a default
        self,
        data: Path | None = None,
        catalogue: Path = SHIPPED,
        settings: Settings | None = None,
        ports: tuple[int, int, int] = (0, 0, 0),
        speed: float = 1.0,
        premises: Premises = CLOUD,
    ) -> None:
        self._kept = data is not None
        self.data = data or Path(tempfile.mkdtemp(prefix="fno-emulator-"))
        self.data.mkdir(parents=True, exist_ok=True)
        self.settings = settings or Settings()
        self._ports = ports
        self._premises = premises
        self._ready: dict[str, Any] = {}
        self._loop = asyncio.new_event_loop()
        self._runners: list[web.AppRunner] = []

        self.clock = Clock(speed)
        self._database = Database(self.data / "environment.sqlite", durable=self._kept)
        self._blobs = BlobStore(self.data / "blobs", self.clock)
        self._urls = SignedUrls(self._blobs, self.data / "blobs", self.clock, self.settings)
        self.framework = Framework(
            Environment(self._database, load(catalogue), self._blobs, self._urls, self.clock, self.settings, self.data)
        )
        self._switches = self.settings.as_dict()
        self._log = OperationLog(self.clock, self.data / "operations.jsonl")
        self._faults = FaultPlan()
        observer = Observer(self._log, self._faults)
        self._tenant = Tenant(self.data / "tenant", self.clock, self.settings)
        self._service = Service(self._tenant, premises.prefix, recurring=premises.recurring)
        calls = RecordCalls(self._service, self.framework.environment)
        self._routes = [
            PageRoutes(self.framework.environment, self._faults).add_to,
            ActionRoutes(self._service, self.framework, observer).add_to,
            MetadataRoutes(self._service, self.framework.environment.catalogue).add_to,
            BatchRoutes(self._service, calls, self._database, observer).add_to,
            EntityRoutes(self._service, calls, observer).add_to,
        ]
        if premises.recurring:
            self._routes.append(ConnectorRoutes(self._service, self.framework, observer).add_to)
        self._control_routes = ControlRoutes(self.framework, self._tenant, observer, self.reset)
        self._authority_routes = AuthorityRoutes(self._tenant, observer, self.settings, premises.tenant)
        self._blob_routes = BlobRoutes(self._blobs, self._urls, observer, self.settings, plain=premises.plain_storage)
        self._thread = threading.Thread(target=self._loop.run_forever, name="fno-emulator", daemon=True)

    def start(self) -> dict[str, Any]:
        """Start to listen and to run executions; returns the ready line."""
        self._thread.start()
        asyncio.run_coroutine_threadsafe(self._listen(), self._loop).result()
        self.framework.batch.start()
        return self._ready

    def stop(self) -> None:
        """Stop and release everything. Running executions continue at the next start if `data` was given."""
        self.clock.stop()
        self.framework.environment.looks.stop()
        self.framework.batch.stop()
        asyncio.run_coroutine_threadsafe(self._close(), self._loop).result()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()
        self._log.close()
        self._blobs.close()
        self._database.close()
        if not self._kept:
            shutil.rmtree(self.data)

    def reset(self) -> None:
        """Restore rows, projects, executions, blobs, log, faults, switches and time to the state of the first start."""
        self._faults.clear()
        self.clock.restore()
        self.settings.update(self._switches)
        self.framework.reset()
        self._blobs.clear()
        self._log.clear()

    def __enter__(self) -> Self:
        """Start the emulator."""
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop the emulator."""
        self.stop()

    @property
    def ready(self) -> dict[str, Any]:
        """The ready line as a dictionary; empty before `start`."""
        return self._ready

    async def _listen(self) -> None:
        context, ca = server_context(self.data / "tenant")
        api = web.Application(middlewares=[self._service.check_token])
        blob, authority = web.Application(), web.Application(middlewares=[close_connection])
        self._control_routes.add_to(api, self._premises.prefix)
        self._authority_routes.add_to(api, _PLAIN_AUTHORITY)
        for add_routes in self._routes:
            add_routes(api)
        api.router.add_route("*", "/{anything:.*}", self._not_found)
        self._blob_routes.add_to(blob)
        self._authority_routes.add_to(authority)
        origin = f"http://{HOST}:{await self._serve(api, self._ports[0])}"
        url = origin + self._premises.prefix
        blob_url = f"http://{HOST}:{await self._serve(blob, self._ports[1])}/{ACCOUNT}"
        issuer = f"https://{HOST}:{await self._serve(authority, self._ports[2], context)}"
        self._service.base_url = url
        self._authority_routes.resource = self.framework.web_url = origin
        self._urls.base_url = blob_url
        self._authority_routes.base_url = issuer
        self._service.authority = f"{issuer}/{self._premises.tenant}"
        self._ready = {
            "url": url,
            "blob_url": blob_url,
            "authority": issuer,
            "plain_authority": f"{origin}{_PLAIN_AUTHORITY}",
            "tenant": self._premises.tenant,
            "client_id": self._tenant.first.client_id,
            "client_secret": self._tenant.first.secret,
            "ca": str(ca),
            "data": str(self.data),
        }
        _LOG.info("Listening at %s (F&O), %s (blobs) and %s (tokens)", url, blob_url, issuer)

    async def _not_found(self, request: web.Request) -> web.StreamResponse:
        return self._service.not_found(request)

    async def _serve(self, app: web.Application, port: int, context: Any = None) -> int:
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=1)
        await runner.setup()
        self._runners.append(runner)
        site = web.TCPSite(runner, HOST, port, ssl_context=context)
        await site.start()
        bound: int = runner.addresses[0][1]
        return bound

    async def _close(self) -> None:
        for one in self._runners:
            await one.cleanup()
        await asyncio.sleep(_CLOSING_SECONDS)
        await self._loop.shutdown_default_executor()
