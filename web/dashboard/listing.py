"""The list of runs as a table: a line per run, and the filters that a person sets in the page's address."""

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from datetime import datetime, timedelta

from landfall.config.plan import Plan
from landfall.ledger.lists import RunFilter
from landfall.records import SLOT, Outcome, Run, State, attempt_start
from web.dashboard.advice import Advice, advice
from web.dashboard.timeline import ended
from web.dashboard.words import moment, span

UNDER_WAY = "UnderWay"
PERIODS = {
    "1h": ("last hour", timedelta(hours=1)),
    "24h": ("last 24 hours", timedelta(hours=24)),
    "7d": ("last 7 days", timedelta(days=7)),
    "30d": ("last 30 days", timedelta(days=30)),
}
MAX_TEXT = 1024
"""Characters of a filter's value: a blob's name has no more."""


@dataclass(frozen=True)
class RunLine:
    """`folder` and `name` are the file's, or the export's and its slot's; `rows` came in or, of an export, out.

    `began_at` is when the present attempt began, `began` and `lasted` say it in words.
    """

    run: Run
    folder: str
    name: str
    said: Advice
    began_at: datetime | None
    began: str
    lasted: str
    rows: int | None
    failed: int


@dataclass(frozen=True)
class Filters:
    """What a person asked to see, as the page's fields hold it; empty means any."""

    status: str = ""
    name: str = ""
    company: str = ""
    period: str = ""
    file: str = ""

    @property
    def pairs(self) -> dict[str, str]:
        """The same as an address holds it: what is not said is left out."""
        return {field: value for field, value in vars(self).items() if value}


def run_line(run: Run, now: datetime) -> RunLine:
    """One run as it stands."""
    folder, name = title(run)
    start, end = attempt_start(run), ended(run)
    counts = run.entities
    came = sum(each.created + each.updated if run.kind == "import" else each.staged for each in counts)
    return RunLine(
        run,
        folder,
        name,
        advice(run.state, run.outcome),
        start,
        moment(start, now) if start else "",
        span((end or now) - start) if start else "",
        came if counts else None,
        sum(each.failed for each in counts),
    )


def title(run: Run) -> tuple[str, str]:
    """What a run is called: its file's folder and name, or its export and the slot's time."""
    if run.source:
        folder, slash, name = run.source.name.rpartition("/")
        return folder + slash, name
    slot = run.times.get(SLOT)
    return f"{run.export} ", f"{slot:%Y-%m-%d %H:%M:%S}" if slot else run.run_id


def asked(params: Mapping[str, str]) -> Filters:
    """The filters that an address names; what the page offers no choice of is not one."""
    said = Filters(**{field.name: params.get(field.name, "").strip()[:MAX_TEXT] for field in fields(Filters)})
    known_status = {UNDER_WAY, *State, *Outcome}
    return replace(
        said,
        status=said.status if said.status in known_status else "",
        period=said.period if said.period in PERIODS else "",
    )


def run_filter(filters: Filters, plan: Plan, now: datetime) -> RunFilter:
    """The same as the ledger's lists take it."""
    exports = {each.name for each in plan.exports}
    status = filters.status
    return RunFilter(
        in_flight=True if status == UNDER_WAY else None,
        state=State(status) if status in set(State) else None,
        outcome=Outcome(status) if status in set(Outcome) else None,
        route=filters.name if filters.name and filters.name not in exports else None,
        export=filters.name if filters.name in exports else None,
        company=filters.company.upper() or None,
        file=filters.file or None,
        since=now - PERIODS[filters.period][1] if filters.period else None,
    )
