"""The Runs page: the figures, the filters, and a line for each run."""

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from datetime import datetime, timedelta
from typing import Any, NamedTuple
from urllib.parse import urlencode

import azure.durable_functions as df
import azure.functions as func

from landfall.config.plan import Plan
from landfall.ledger.ledger import RunNotFoundError
from landfall.ledger.lists import Page, PageTokenError, RunFilter
from landfall.records import SLOT, Outcome, Run, State
from landfall.services import Services
from web.dashboard.advice import Advice, advice_of
from web.dashboard.assets import BASE, OPEN
from web.dashboard.figures import count_figures, tiles
from web.dashboard.pages import LATER, SOON, serve_page
from web.dashboard.timeline import attempt_start, ended
from web.dashboard.words import OUTCOMES, moment, span
from web.expected import show_expected

bp = df.Blueprint()

LINES = 50
"""Runs on a page of the list."""
UNDER_WAY, OPEN_FAILURE = "UnderWay", "OpenFailure"
ALL = ("", "All")
STATUSES = (
    ALL,
    (UNDER_WAY, "Running now"),
    (OPEN_FAILURE, "Open failures"),
    *((outcome.value, words) for outcome, words in OUTCOMES.items()),
    *((state.value, state.value) for state in State if state != State.DONE),
)
PERIODS = {
    "1h": ("last hour", timedelta(hours=1)),
    "24h": ("last 24 hours", timedelta(hours=24)),
    "7d": ("last 7 days", timedelta(days=7)),
    "30d": ("last 30 days", timedelta(days=30)),
}
MAX_TEXT = 1024
"""Characters of a filter's value: the longest blob name."""


class Title(NamedTuple):
    """A run's name on the pages: its file's folder and name, or its export and the slot's time."""

    folder: str
    name: str

    @property
    def short(self) -> str:
        """The name without the folder of a file."""
        return self.name if self.folder.endswith("/") else f"{self.folder}{self.name}"


@dataclass(frozen=True)
class RunLine:
    """A run in the list. `rows` were imported or exported; None until they are counted.

    `began_at` is when the present attempt began, `began` and `lasted` are its texts.
    """

    run: Run
    title: Title
    advice: Advice
    began_at: datetime | None
    began: str
    lasted: str
    rows: int | None
    failed: int


@dataclass(frozen=True)
class Filters:
    """The values of the page's filters; an empty one filters nothing."""

    status: str = ""
    name: str = ""
    company: str = ""
    period: str = ""
    file: str = ""

    @property
    def pairs(self) -> dict[str, str]:
        """The filters that are set, as an address holds them."""
        return {field: value for field, value in vars(self).items() if value}


@bp.route(route="dashboard", methods=["GET"], auth_level=OPEN)
async def dashboard_runs(req: func.HttpRequest) -> func.HttpResponse:
    """The figures of right now, and the latest runs."""
    return await serve_page(req, "runs.html", "Runs", lambda services: _load(services, req.params, services.now()))


def _load(services: Services, params: Mapping[str, str], now: datetime) -> dict[str, Any]:
    filters, figures = read_filters(params), count_figures(services, now)
    found = _find(services, run_filter(filters, services.plan, now), params.get("next"))
    return {
        "tiles": tiles(figures),
        "expected": [each for each in show_expected(services) if each.status in {"missing", "late"}],
        "lines": [run_line(each, now) for each in services.with_waits(found.runs)],
        "later": found.next and f"{BASE}?{urlencode({**filters.pairs, 'next': found.next})}",
        "filters": filters,
        "statuses": STATUSES,
        "names": _names(services.plan),
        "periods": [ALL, *((key, words) for key, (words, _) in PERIODS.items())],
        "seconds": SOON if figures.in_flight or figures.landed else LATER,
    }


def _names(plan: Plan) -> list[tuple[str, str]]:
    names = [*(each.name for each in plan.imports), *(each.name for each in plan.exports)]
    return [ALL, *((name, name) for name in names)]


def _find(services: Services, wanted: RunFilter, token: str | None) -> Page:
    """A page of the list; the first one for an invalid token."""
    try:
        return services.ledger.lists.page(wanted, LINES, token)
    except PageTokenError:
        return services.ledger.lists.page(wanted, LINES)


def run_line(run: Run, now: datetime) -> RunLine:
    """A run's line at this moment."""
    start, end = attempt_start(run), ended(run)
    counts = run.entities
    rows = sum(each.created + each.updated if run.kind == "import" else each.staged for each in counts)
    return RunLine(
        run,
        title_of(run),
        advice_of(run),
        start,
        moment(start, now) if start else "",
        span((end or now) - start) if start else "",
        rows if counts else None,
        sum(each.failed for each in counts),
    )


def title_of(run: Run) -> Title:
    """The name of a run on the pages."""
    if run.source:
        folder, slash, name = run.source.name.rpartition("/")
        return Title(folder + slash, name)
    slot = run.times.get(SLOT)
    return Title(f"{run.export} ", f"{slot:%Y-%m-%d %H:%M:%S}" if slot else run.run_id)


def find_title(services: Services, run_id: str) -> Title:
    """The name of a run by its id; the id itself for a run that the ledger does not have."""
    try:
        return title_of(services.ledger.get(run_id))
    except RunNotFoundError:
        return Title("", run_id)


def read_filters(params: Mapping[str, str]) -> Filters:
    """The filters of an address, without values that the page does not offer."""
    found = Filters(**{each.name: params.get(each.name, "").strip()[:MAX_TEXT] for each in fields(Filters)})
    return replace(
        found,
        status=found.status if found.status in {UNDER_WAY, OPEN_FAILURE, *State, *Outcome} else "",
        period=found.period if found.period in PERIODS else "",
    )


def run_filter(filters: Filters, plan: Plan, now: datetime) -> RunFilter:
    """The filters as the ledger's lists take them."""
    exports = {each.name for each in plan.exports}
    status = filters.status
    return RunFilter(
        in_flight=True if status == UNDER_WAY else None,
        open_failure=True if status == OPEN_FAILURE else None,
        state=State(status) if status in set(State) else None,
        outcome=Outcome(status) if status in set(Outcome) else None,
        route=filters.name if filters.name and filters.name not in exports else None,
        export=filters.name if filters.name in exports else None,
        company=filters.company.upper() or None,
        file=filters.file or None,
        since=now - PERIODS[filters.period][1] if filters.period else None,
    )
