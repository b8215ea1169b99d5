"""The endpoints enqueue, dequeue, download, ack and jobstatus of the recurring-integrations API."""

import asyncio
import os
from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import quote

from aiohttp import web

from fno_emulator.blobs import bodies
from fno_emulator.control.delivery import stream
from fno_emulator.control.observer import Observer
from fno_emulator.dmf import executions
from fno_emulator.dmf.framework import Framework
from fno_emulator.dmf.recurring import Delivery, Job, NoSuchActivity, NotAuthorized
from fno_emulator.odata import envelope
from fno_emulator.odata.service import Service

_Handler = Callable[[web.Request, Job], Awaitable[web.StreamResponse]]
_JOB_STATES = {"NotRun": 0, "Executing": 4, "Succeeded": 5}
_WITH_ERRORS, _PRE_PROCESS_ERROR = 6, 8


class ConnectorRoutes:
    """The connector's endpoints.

    Args:
        service: the F&O URL.
        framework: has the recurring jobs.
        observer: logs calls and applies faults.
    """

    def __init__(self, service: Service, framework: Framework, observer: Observer) -> None:
        self._service = service
        self._framework = framework
        self._recurring = framework.recurring
        self._observer = observer

    def add_to(self, app: web.Application) -> None:
        """Register the routes."""
        for method, name, handler in (
            ("POST", "enqueue", self._enqueue),
            ("GET", "dequeue", self._dequeue),
            ("GET", "download", self._download),
            ("POST", "ack", self._ack),
            ("GET", "jobstatus", self._jobstatus),
        ):
            app.router.add_route(method, f"/api/connector/{name}/{{activity:[^/]+}}", self._observe(name, handler))

    def _observe(self, name: str, handler: _Handler) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
        async def observe(request: web.Request) -> web.StreamResponse:
            activity = request.match_info["activity"]

            async def work() -> web.StreamResponse:
                try:
                    job = self._recurring.job(activity, self._service.client(request) or "")
                    return await handler(request, job)
                except NoSuchActivity:
                    return envelope.server_error()
                except NotAuthorized:
                    return web.Response(status=401, headers=envelope.headers())

            return await self._observer.observe(request, name, {"activity": activity}, work)

        return observe

    async def _enqueue(self, request: web.Request, job: Job) -> web.StreamResponse:
        file = self._framework.environment.blobs.new_body()
        await bodies.receive(request, file)
        company = request.query.get("company") or self._framework.environment.catalogue.companies[0]
        external = request.headers.get("x-ms-dyn-externalidentifier", "")
        entity = request.query.get("entity", "")
        message = await asyncio.to_thread(self._recurring.enqueue, job, file, entity, company.upper(), external)
        await asyncio.to_thread(os.unlink, file)
        return web.json_response(message, headers=envelope.headers())

    async def _dequeue(self, _: web.Request, job: Job) -> web.StreamResponse:
        found = await asyncio.to_thread(self._recurring.dequeue, job)
        if found is None:
            return web.Response(status=204, headers=envelope.headers())
        return web.json_response(
            {
                "CorrelationId": found.correlation,
                "PopReceipt": found.receipt,
                "DownloadLocation": self._location(job, found),
                "IsDownLoadFileExist": found.has_file,
                "FileDownLoadErrorMessage": None,
                "LastDequeueDateTime": found.last,
            },
            headers=envelope.headers(),
        )

    def _location(self, job: Job, found: Delivery) -> str | None:
        """The URL of the file. Behind a load balancer its scheme and port are wrong (fno-behaviour 6.7)."""
        if not found.has_file:
            return None
        host = self._service.base_url.rpartition(":")[0].rpartition("/")[2]
        origins = {"http_80": f"http://{host}:80", "https": f"https://{host}"}
        origin = origins.get(self._framework.environment.settings.download_location, self._service.base_url)
        path = f"/api/connector/download/{quote('{' + job.activity + '}')}"
        return f"{origin}{path}?correlation-id={found.correlation}&blob={found.message}"

    async def _download(self, request: web.Request, job: Job) -> web.StreamResponse:
        path = await asyncio.to_thread(self._recurring.file, job, request.query.get("correlation-id", ""))
        response = web.StreamResponse(headers={**envelope.headers(), "Content-Type": "application/octet-stream"})
        response.content_length = (await asyncio.to_thread(os.stat, path)).st_size
        with path.open("rb") as file:
            return await stream(request, response, iter(lambda: file.read(bodies.CHUNK), b""))

    async def _ack(self, request: web.Request, job: Job) -> web.StreamResponse:
        try:
            given = await request.json()
            correlation, receipt = str(given["CorrelationId"]), str(given["PopReceipt"])
        except (ValueError, KeyError, TypeError):
            return envelope.answer({"Message": "The request is invalid."}, 400)
        removed = await asyncio.to_thread(self._recurring.acknowledge, job, correlation, receipt)
        return web.Response(status=200 if removed else 500, headers=envelope.headers())

    async def _jobstatus(self, request: web.Request, job: Job) -> web.StreamResponse:
        detail = await asyncio.to_thread(self._detail, job, request.query.get("jobId", ""))
        return web.json_response(detail, headers=envelope.headers())

    def _detail(self, job: Job, message: str) -> dict[str, Any]:
        row, execution = self._recurring.status(job, message)
        state = _JOB_STATES.get(execution.status, _WITH_ERRORS) if execution else _PRE_PROCESS_ERROR
        runs = executions.entities(self._framework.environment.database, execution) if execution else []
        return {
            "DataJobStatus": {
                "DataProject": job.project,
                "DataJobIdentifier": row["id"],
                "ExternalIdentifier": row["external"],
                "ExecutionIdentifier": row["execution"],
                "DataJobStartedDateTime": execution.started if execution else None,
                "DataJobCompletedDateTime": execution.finished if execution else None,
                "DataJobState": state,
            },
            "ExecutionLog": row["error"],
            "ExecutionDetail": [
                {
                    "EntityName": one.entity,
                    "Company": execution.company if execution else "",
                    "StagingRecords": one.staged,
                    "StagingStatus": one.staging_status,
                    "StagingErrorCount": one.sent - one.staged,
                    "TargetRecords": one.created + one.updated,
                    "TargetStatus": one.target_status,
                    "TargetErrorCount": one.failed - (one.sent - one.staged),
                    "ExecutionStartedDateTime": one.times["staging_started"],
                    "ExecutionCompletedDateTime": one.times["target_ended"],
                }
                for one in runs
            ],
        }
