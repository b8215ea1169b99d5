"""Exports over HTTP: list them with their schedules, run one now."""

import asyncio
from contextlib import suppress
from dataclasses import dataclass, fields
from datetime import datetime
from http import HTTPStatus
from typing import Annotated, Literal
from uuid import uuid4

import azure.durable_functions as df
from pydantic import Field, model_validator

from landfall.claims import claim_demand, start_run
from landfall.config.exports import Export
from landfall.config.schedules import next_slots
from landfall.config.types import Company, Name
from landfall.fno.errors import NotSentError
from landfall.ids import demanded_run_id, request_hash
from landfall.ledger.ledger import RunNotFoundError
from landfall.ledger.lists import RunFilter
from landfall.records import Action, Demand, Run
from landfall.services import Services, app_services
from web.access import Role
from web.endpoints import Call, Endpoint, endpoint
from web.models import RequestModel, ResponseModel, RunView, Text, view
from web.problems import ProblemError
from web.repeats import other_body

bp = df.Blueprint()

MAX_PREVIEW = 1_000_000
PREVIEW_WARNING = (
    "A preview may advance change tracking; F&O does not document this. If it does, the next export lacks what changed "
    "before the preview, so run a full export where that matters."
)


class CompanyView(ResponseModel):
    """An export of one company."""

    company: str
    data_project: str
    last: RunView | None
    """Its latest run, scheduled or on demand."""


class ExportView(ResponseModel):
    """An export of `landfall.yaml`."""

    name: str
    schedule: str
    """NCRONTAB, in `time_zone`."""
    time_zone: str
    enabled: bool
    next_slot: datetime | None
    """When it is due next; null if it is disabled."""
    missed: Literal["last", "skip"]
    refresh: Literal["incremental", "full"]
    unpack: Literal["never", "besides", "instead"]
    target: str
    companies: tuple[CompanyView, ...]


class ExportList(ResponseModel):
    """The valid exports of `landfall.yaml`."""

    exports: tuple[ExportView, ...]
    mistakes: tuple[str, ...]
    """What is left out of `landfall.yaml` and why, each mistake with its line in the file."""


class ExportRequest(RequestModel):
    """What to export now."""

    company: Company | None = None
    """A company of the export; needed only if the export has several."""
    full: bool = False
    """Export everything, say to replace a lost package. Landfall first resets the data project's change tracking."""
    preview: Annotated[int, Field(ge=0, le=MAX_PREVIEW)] | None = None
    """Export this many rows of each entity, 0 for all, into `preview/` without delivering them."""
    reason: Text | None = None

    @model_validator(mode="after")
    def _one_kind(self) -> "ExportRequest":
        if self.full and self.preview is not None:
            raise ValueError("a preview is never full: set full or preview, not both")
        return self


@dataclass(frozen=True)
class DemandedRun(RunView):
    """The requested run."""

    warning: str | None = None
    """What the sender should know about it."""


@endpoint(bp, Endpoint("GET", "exports", {HTTPStatus.OK: [ExportList]}))
def list_exports(call: Call) -> ExportList:  # noqa: ARG001
    """List the exports with the latest run of each company."""
    services = app_services()
    return ExportList(
        exports=tuple(_export_view(services, each) for each in services.plan.exports),
        mistakes=services.mistakes,
    )


@endpoint(
    bp,
    Endpoint(
        "POST",
        "exports/{name}/runs",
        {HTTPStatus.ACCEPTED: [DemandedRun]},
        role=Role.OPERATE,
        named=Name,
        body=ExportRequest,
        repeatable=True,
        refusals=frozenset({HTTPStatus.CONFLICT}),
    ),
)
async def run_export(call: Call) -> DemandedRun:
    """Run an export now. Requests with the same Idempotency-Key start one run."""
    request: ExportRequest = call.body
    services = app_services()
    try:
        export = services.plan.export(call.id)
    except (LookupError, NotSentError) as error:
        raise ProblemError(HTTPStatus.NOT_FOUND, str(error)) from None
    demand = Demand(request_hash(call.key or uuid4().hex), full=request.full, preview=request.preview)
    action = Action(services.now(), call.who.name, _action(demand), request.reason)
    run = await asyncio.to_thread(order, services, export, _company(export, request.company), demand, action)
    await start_run(run, call.client.start_new)
    run_view = view(run)
    return DemandedRun(
        **{each.name: getattr(run_view, each.name) for each in fields(run_view)},
        warning=None if demand.preview is None else PREVIEW_WARNING,
    )


def order(services: Services, export: Export, company: str, demand: Demand, action: Action) -> Run:
    """The run of a request, claimed now or before; raises ProblemError if its key came with another body."""
    for other in export.companies:
        with suppress(RunNotFoundError):
            if other != company and services.ledger.get(demanded_run_id(export.name, other, demand)):
                raise other_body()
    run = claim_demand(services, export, company, demand, action)
    if run.demand != demand or (run.history and run.history[0].why != action.why):
        raise other_body()
    return run


def _company(export: Export, requested: str | None) -> str:
    if requested in export.companies:
        return str(requested)
    if requested is None and len(export.companies) == 1:
        return export.companies[0]
    raise ProblemError(HTTPStatus.BAD_REQUEST, f"Set company to one of {', '.join(export.companies)}.")


def _action(demand: Demand) -> str:
    if demand.preview is not None:
        return "requested a preview"
    return "requested a full export" if demand.full else "requested an export"


def _export_view(services: Services, export: Export) -> ExportView:
    return ExportView(
        name=export.name,
        schedule=export.schedule,
        time_zone=export.time_zone,
        enabled=export.enabled,
        next_slot=next_slots(export.schedule, services.now(), export.zone)[0] if export.enabled else None,
        missed=export.missed,
        refresh=export.refresh,
        unpack=export.unpack,
        target=export.target,
        companies=tuple(_company_view(services, export, company) for company in export.companies),
    )


def _company_view(services: Services, export: Export, company: str) -> CompanyView:
    latest: tuple[Run, ...] = services.ledger.lists.page(RunFilter(export=export.name, company=company), 1).runs
    last = view(latest[0]) if latest else None
    return CompanyView(company=company, data_project=export.project_of(company), last=last)
