"""The pages of runs: how it goes right now, the list, and one run."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

import azure.durable_functions as df
import azure.functions as func

from landfall.config.plan import Plan
from landfall.file_labels import FileLabel
from landfall.ledger.lists import Page, PageTokenError, RunFilter
from landfall.records import Outcome, Run, State
from landfall.services import Services
from landfall.storage.pinned import pin
from web.dashboard.assets import BASE, OPEN
from web.dashboard.figures import count_tiles, tiles
from web.dashboard.listing import PERIODS, UNDER_WAY, asked, run_filter, run_line
from web.dashboard.messages import Messages, messages
from web.dashboard.opening import LATER, SOON, shown
from web.dashboard.run_page import run_page
from web.error_pages import read_errors

bp = df.Blueprint()

LINES = 50
READ_ROWS = 2000
"""Of errors.csv, for the page, whatever the size of the file."""
STATUSES = (
    ("", "any"),
    (UNDER_WAY, "under way"),
    *((each.value, each.value) for each in Outcome),
    *((each.value, each.value) for each in State if each != State.DONE),
)


@bp.route(route="dashboard", methods=["GET"], auth_level=OPEN)
def dashboard_runs(req: func.HttpRequest) -> func.HttpResponse:
    """How it goes right now, and the latest runs."""
    return shown(req, "runs.html", "Runs", lambda services: _runs(services, req.params, services.now()))


@bp.route(route="dashboard/runs/{id}", methods=["GET"], auth_level=OPEN)
def dashboard_run(req: func.HttpRequest) -> func.HttpResponse:
    """One run: its way, its rows, its files, and what can be done about it."""
    return shown(
        req, "run.html", "Runs", lambda services: _run(services, req.route_params["id"], services.now())
    )


def _runs(services: Services, params: Mapping[str, str], now: datetime) -> dict[str, Any]:
    filters, figures = asked(params), count_tiles(services, now)
    found = _found(services, run_filter(filters, services.plan, now), params.get("next"))
    return {
        "tiles": tiles(figures),
        "lines": [run_line(each, now) for each in found.runs],
        "later": found.next and f"{BASE}?{urlencode({**filters.pairs, 'next': found.next})}",
        "filters": filters,
        "statuses": STATUSES,
        "names": _names(services.plan),
        "periods": [("", "any time"), *((key, words) for key, (words, _) in PERIODS.items())],
        "seconds": SOON if figures.in_flight or figures.landed else LATER,
    }


def _found(services: Services, wanted: RunFilter, token: str | None) -> Page:
    """A page of the list; the first where an address names none that there is."""
    try:
        return services.ledger.lists.page(wanted, LINES, token)
    except PageTokenError:
        return services.ledger.lists.page(wanted, LINES)


def _names(plan: Plan) -> list[tuple[str, str]]:
    names = [*(each.name for each in plan.imports), *(each.name for each in plan.exports)]
    return [("", "any"), *((name, name) for name in names)]


def _run(services: Services, run_id: str, now: datetime) -> dict[str, Any]:
    run = services.ledger.get(run_id)
    return {
        **vars(run_page(run, now)),
        "messages": _messages(services, run),
        "seconds": LATER if run.outcome else SOON,
    }


def _messages(services: Services, run: Run) -> Messages | None:
    """What errors.csv says, of as much of it as a page can show; None when the run has none."""
    place = run.files.get(FileLabel.ERRORS)
    if place is None or not run.outcome:
        return None
    return messages(read_errors(pin(services.account.blob(place)), READ_ROWS))
