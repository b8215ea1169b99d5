"""Exports over HTTP: what is exported when, and one that a person asks for."""

import asyncio
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
from landfall.ids import request_hash
from landfall.ledger.lists import RunFilter
from landfall.records import Action, Demand, Run
from landfall.services import Services, app_services
from web.access import Role
from web.endpoints import Call, Endpoint, endpoint
from web.models import Given, RunView, Taken, Text, view
from web.problems import ProblemError

bp = df.Blueprint()

MAX_PREVIEW = 1_000_000
PREVIEW_WARNING = (
    "F&O publishes no word on whether a preview moves the change-tracking token; if it does, the next export lacks what "
    "changed before it. Run a full export after it where that matters"
)


class CompanyView(Given):
    """An export of one company."""

    company: str
    data_project: str
    last: RunView | None
    """Its latest run, by slot or on demand."""


class ExportView(Given):
    """An export of `landfall.yaml`."""

    name: str
    schedule: str
    """NCRONTAB, in `time_zone`."""
    time_zone: str
    enabled: bool
    next_slot: datetime | None
    """When it is due next; null where it is disabled."""
    missed: Literal["last", "skip"]
    refresh: Literal["incremental", "full"]
    unpack: Literal["never", "besides", "instead"]
    target: str
    companies: tuple[CompanyView, ...]


class ExportList(Given):
    """The exports of `landfall.yaml` that can be used."""

    exports: tuple[ExportView, ...]
    mistakes: tuple[str, ...]
    """What is wrong with those that are left out, each with its line."""


class ExportRequest(Taken):
    """What is to be exported now."""

    company: Company | None = None
    """One of the export's; may be left out where it has one."""
    full: bool = False
    """Bring everything: the data project's change-tracking tokens are reset first. Replaces packages that are lost."""
    preview: Annotated[int, Field(ge=0, le=MAX_PREVIEW)] | None = None
    """Only look at so many rows of each entity, 0 for all of them; the package goes to `preview/`."""
    reason: Text | None = None

    @model_validator(mode="after")
    def _one_kind(self) -> "ExportRequest":
        if self.full and self.preview is not None:
            raise ValueError("a preview is never full: say full or preview, not both")
        return self


@dataclass(frozen=True)
class DemandedRun(RunView):
    """The run that was asked for."""

    warning: str | None = None
    """What whoever asked should know."""


@endpoint(bp, Endpoint("GET", "exports", {HTTPStatus.OK: [ExportList]}))
def list_exports(call: Call) -> ExportList:  # noqa: ARG001
    """List the exports, with the latest run of each company."""
    services = app_services()
    return ExportList(
        exports=tuple(_shown(services, each) for each in services.plan.exports),
        mistakes=tuple(services.mistakes.splitlines()),
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
    """Run an export now; the same Idempotency-Key twice is one run."""
    asked: ExportRequest = call.body
    services = app_services()
    try:
        export = services.plan.export(call.id)
    except LookupError as error:
        raise ProblemError(HTTPStatus.NOT_FOUND, str(error)) from None
    demand = Demand(request_hash(call.key or uuid4().hex), full=asked.full, preview=asked.preview)
    action = Action(services.now(), call.who.name, _said(demand), asked.reason)
    company = _company(export, asked.company)
    run = await asyncio.to_thread(claim_demand, services, export, company, demand, action)
    if run.demand != demand:
        raise ProblemError(
            HTTPStatus.CONFLICT, "this Idempotency-Key came with another request; use a new one"
        )
    await start_run(run, call.client.start_new)
    shown = view(run)
    return DemandedRun(
        **{each.name: getattr(shown, each.name) for each in fields(shown)},
        warning=None if demand.preview is None else PREVIEW_WARNING,
    )


def _company(export: Export, asked: str | None) -> str:
    if asked in export.companies:
        return str(asked)
    if asked is None and len(export.companies) == 1:
        return export.companies[0]
    raise ProblemError(HTTPStatus.BAD_REQUEST, f"company must be one of {', '.join(export.companies)}")


def _said(demand: Demand) -> str:
    if demand.preview is not None:
        return "asked for a preview"
    return "asked for a full export" if demand.full else "asked for an export"


def _shown(services: Services, export: Export) -> ExportView:
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
        companies=tuple(_company_shown(services, export, company) for company in export.companies),
    )


def _company_shown(services: Services, export: Export, company: str) -> CompanyView:
    latest: tuple[Run, ...] = services.ledger.lists.page(
        RunFilter(export=export.name, company=company), 1
    ).runs
    last = view(latest[0]) if latest else None
    return CompanyView(company=company, data_project=export.project_of(company), last=last)
