"""The page of one run."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import azure.durable_functions as df
import azure.functions as func

from landfall.ledger.file_labels import FileLabel
from landfall.records import Action, Run
from landfall.services import Services
from landfall.storage.pinned import pin
from web.access import person
from web.dashboard.advice import Advice, advice_of
from web.dashboard.assets import OPEN
from web.dashboard.bars import Bar, bars
from web.dashboard.messages import Messages, messages
from web.dashboard.offers import Offers, offers
from web.dashboard.pages import LATER, SOON, serve_page
from web.dashboard.runs import Title, title_of
from web.dashboard.timeline import Timeline, timeline
from web.dashboard.words import count, moment
from web.error_pages import read_errors

bp = df.Blueprint()

DOWNLOADS = {FileLabel.RECEIPT: "Receipt", FileLabel.ERRORS: "errors.csv", FileLabel.REPAIR: "repair.zip"}
"""The files that a page offers, with their names."""
READ_ROWS = 2000
"""Rows of errors.csv that the page reads, whatever the size of the file."""


@dataclass(frozen=True)
class RunPage:
    """A run as its page shows it.

    `facts` stand beside the status, `details` are terms with their values, `downloads` are labels with names.
    """

    run: Run
    title: Title
    advice: Advice
    facts: tuple[str, ...]
    timeline: Timeline
    bars: tuple[Bar, ...]
    downloads: tuple[tuple[str, str], ...]
    execution_page: str | None
    related: tuple[tuple[str, str], ...]
    """Other runs, by what they are to this one."""
    dealt_with: str
    """Why nothing is to do about a failure; empty while there is, and for other runs."""
    details: tuple[tuple[str, str], ...]
    offers: Offers
    history: tuple[tuple[datetime, str, str], ...]
    """Actions of people: the moment, its text, and a sentence that says who did what and why."""


@bp.route(route="dashboard/runs/{id}", methods=["GET"], auth_level=OPEN)
async def dashboard_run(req: func.HttpRequest) -> func.HttpResponse:
    """One run: its timeline, rows, files and actions."""
    return await serve_page(req, "run.html", "Runs", lambda services: _load(services, req.route_params["id"]))


def _load(services: Services, run_id: str) -> dict[str, Any]:
    (run,) = services.with_waits([services.ledger.get(run_id)])
    return {
        **vars(run_page(run, services.now())),
        "messages": _messages(services, run),
        "seconds": LATER if run.outcome else SOON,
    }


def _messages(services: Services, run: Run) -> Messages | None:
    """The messages of the first `READ_ROWS` rows of errors.csv; None if the run has none."""
    path = run.files.get(FileLabel.ERRORS)
    if path is None or not run.outcome:
        return None
    return messages(read_errors(pin(services.account.blob(path)), READ_ROWS))


def run_page(run: Run, now: datetime) -> RunPage:
    """A run's page at this moment."""
    address = run.execution_page or ""
    return RunPage(
        run,
        title_of(run),
        advice_of(run),
        tuple(fact for fact in (run.company, run.data_project, run.route, f"attempt {run.attempt}") if fact),
        timeline(run, now),
        bars(run.entities),
        tuple((label, name) for label, name in DOWNLOADS.items() if label in run.files),
        address if address.startswith(("https://", "http://")) else None,
        _related(run),
        _dealt_with(run, now),
        tuple(_details(run)),
        offers(run),
        tuple((each.at, moment(each.at, now), _sentence(each)) for each in run.history),
    )


def _sentence(action: Action) -> str:
    return f"{person(action.who)} {action.what}" + (f': "{action.why}"' if action.why else "")


def _related(run: Run) -> tuple[tuple[str, str], ...]:
    related = (("Repairs", run.repairs), ("Same content as", run.same_as))
    repairs = (("Repaired by", each) for each in run.repaired_by)
    return (*((what, other) for what, other in related if other), *repairs)


def _dealt_with(run: Run, now: datetime) -> str:
    dealt = run.dealt_with
    if dealt is None:
        return ""
    if dealt.who is None:
        return f"Dealt with by a repair at {moment(dealt.at, now)}: run {dealt.run_id} has its rows."
    return f"Dealt with by {person(dealt.who)} at {moment(dealt.at, now)}: {dealt.why}"


def _details(run: Run) -> list[tuple[str, str]]:
    source = run.source
    details = {
        "Run": run.run_id,
        "Execution": run.execution_id,
        "Size": count(source.size, "byte") if source and source.size is not None else None,
        "SHA-256": source.sha256 if source else None,
        "Archived": run.files.get(FileLabel.ARCHIVE),
        "Delivered": run.files.get(FileLabel.PACKAGE),
        "Parts": ", ".join(part.name for part in run.parts),
        "Changed before sending": "; ".join(run.changes),
    }
    return [(term, value) for term, value in details.items() if value]
