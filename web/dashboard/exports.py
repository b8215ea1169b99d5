"""The Exports page: the schedules, the latest runs and their rows."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import azure.durable_functions as df
import azure.functions as func

from landfall.config.exports import Export
from landfall.config.schedules import next_slots
from landfall.ledger.lists import RunFilter
from landfall.records import SLOT, Run
from landfall.services import Services
from web.dashboard.advice import Advice, advice_of
from web.dashboard.assets import OPEN
from web.dashboard.pages import serve_page
from web.dashboard.words import moment, schedule, status

bp = df.Blueprint()

LAST, NEXT = 30, 3
"""Runs that an export's card shows, before and after now."""
WIDTH, HEIGHT, MARGIN = 240, 44, 4


@dataclass(frozen=True)
class SlotMark:
    """A run of an export, with its status and rows as text."""

    run_id: str
    advice: Advice
    words: str


@dataclass(frozen=True)
class Sparkline:
    """Rows over time: points of a line in a box of WIDTH x HEIGHT, the oldest first; the highest and last count."""

    points: tuple[tuple[float, float], ...]
    most: int
    latest: int

    @property
    def line(self) -> str:
        """The points in SVG's format."""
        return " ".join(f"{x:.1f},{y:.1f}" for x, y in self.points)


@dataclass(frozen=True)
class ExportCard:
    """An export: its `last` and `upcoming` runs, the earliest first. `rows` is None until a run has a count."""

    name: str
    data_project: str
    companies: tuple[str, ...]
    schedule: str
    last: tuple[SlotMark, ...]
    upcoming: tuple[str, ...]
    rows: Sparkline | None


@bp.route(route="dashboard/exports", methods=["GET"], auth_level=OPEN)
async def dashboard_exports(req: func.HttpRequest) -> func.HttpResponse:
    """Every export of landfall.yaml."""
    return await serve_page(req, "exports.html", "Exports", _load)


def _load(services: Services) -> dict[str, Any]:
    now = services.now()
    return {"cards": [_card(services, export, now) for export in services.plan.exports]}


def _card(services: Services, export: Export, now: datetime) -> ExportCard:
    latest = services.ledger.lists.page(RunFilter(export=export.name), LAST).runs
    oldest_first = tuple(reversed(latest))
    upcoming = next_slots(export.schedule, now, export.zone, NEXT) if export.enabled else []
    return ExportCard(
        export.name,
        export.data_project,
        export.companies,
        schedule(export.schedule, export.time_zone) if export.enabled else "Schedule off; runs on demand only",
        tuple(slot_mark(run, now) for run in oldest_first),
        tuple(moment(slot, now) for slot in upcoming),
        sparkline(oldest_first),
    )


def slot_mark(run: Run, now: datetime) -> SlotMark:
    """The mark of an export's run."""
    rows = sum(each.staged for each in run.entities)
    slot = run.times.get(SLOT)
    words = [
        moment(slot, now) if slot else run.run_id,
        run.company or "",
        status(run.state, run.outcome),
        f"{rows:,} rows" if rows else "",
    ]
    return SlotMark(run.run_id, advice_of(run), ", ".join(filter(None, words)))


def sparkline(runs: Sequence[Run]) -> Sparkline | None:
    """The row counts of runs, the oldest first; None if no run has a count."""
    rows = [sum(each.staged for each in run.entities) for run in runs if run.entities]
    if not rows:
        return None
    most = max(*rows, 1)
    step = (WIDTH - 2 * MARGIN) / max(len(rows) - 1, 1)
    height = HEIGHT - 2 * MARGIN
    points = tuple((MARGIN + step * at, MARGIN + height - height * number / most) for at, number in enumerate(rows))
    return Sparkline(points, max(rows), rows[-1])
