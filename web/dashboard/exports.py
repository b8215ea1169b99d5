"""The page of exports: when they are due, and what came of them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import azure.durable_functions as df
import azure.functions as func

from landfall.config.exports import Export
from landfall.config.schedules import next_slots
from landfall.ledger.lists import RunFilter
from landfall.records import SLOT, Run
from landfall.services import Services
from web.dashboard.advice import Advice, advice
from web.dashboard.assets import OPEN
from web.dashboard.opening import shown
from web.dashboard.words import moment, schedule

WIDTH, HEIGHT, MARGIN = 240, 44, 4


@dataclass(frozen=True)
class SlotMark:
    """A slot that was taken: its run, and how it ended or stands."""

    run_id: str
    said: Advice
    words: str


@dataclass(frozen=True)
class Sparkline:
    """Rows over time: points of a line in a box of WIDTH x HEIGHT, the oldest first, and the figures at its ends."""

    points: tuple[tuple[float, float], ...]
    most: int
    latest: int

    @property
    def line(self) -> str:
        """The points as SVG takes them."""
        return " ".join(f"{x:.1f},{y:.1f}" for x, y in self.points)


@dataclass(frozen=True)
class ExportCard:
    """`last` slots stand before `upcoming` ones, each the earliest first; `rows` is None until a run has any."""

    name: str
    data_project: str
    companies: tuple[str, ...]
    schedule: str
    last: tuple[SlotMark, ...]
    upcoming: tuple[str, ...]
    rows: Sparkline | None


def slot_mark(run: Run, now: datetime) -> SlotMark:
    """A run of an export as a mark on the strip."""
    rows = sum(each.staged for each in run.entities)
    slot = run.times.get(SLOT)
    words = [moment(slot, now) if slot else run.run_id, run.company or "", run.outcome or run.state]
    said = ", ".join(word for word in words if word)
    return SlotMark(run.run_id, advice(run.state, run.outcome), f"{said}, {rows:,} rows" if rows else said)


def sparkline(runs: Sequence[Run]) -> Sparkline | None:
    """The rows of runs that have ended with a count, the oldest first; None when none has."""
    rows = [sum(each.staged for each in run.entities) for run in runs if run.entities]
    if not rows:
        return None
    most = max(*rows, 1)
    step = (WIDTH - 2 * MARGIN) / max(len(rows) - 1, 1)
    height = HEIGHT - 2 * MARGIN
    points = tuple(
        (MARGIN + step * at, MARGIN + height - height * number / most) for at, number in enumerate(rows)
    )
    return Sparkline(points, max(rows), rows[-1])


bp = df.Blueprint()

LAST, NEXT = 30, 3
"""Slots on an export's strip, before and after now."""


@bp.route(route="dashboard/exports", methods=["GET"], auth_level=OPEN)
def dashboard_exports(req: func.HttpRequest) -> func.HttpResponse:
    """Every export of landfall.yaml."""
    return shown(req, "exports.html", "Exports", _exports)


def _exports(services: Services) -> dict[str, object]:
    now = services.now()
    return {
        "cards": [_card(services, export, now) for export in services.plan.exports],
        "mistakes": services.mistakes,
    }


def _card(services: Services, export: Export, now: datetime) -> ExportCard:
    latest = services.ledger.lists.page(RunFilter(export=export.name), LAST).runs
    oldest_first = tuple(reversed(latest))
    upcoming = next_slots(export.schedule, now, export.zone, NEXT) if export.enabled else []
    return ExportCard(
        export.name,
        export.data_project,
        export.companies,
        schedule(export.schedule, export.time_zone)
        if export.enabled
        else "Only on demand: it is not enabled",
        tuple(slot_mark(run, now) for run in oldest_first),
        tuple(moment(slot, now) for slot in upcoming),
        sparkline(oldest_first),
    )
