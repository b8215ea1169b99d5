"""The exports as a page shows them: when, what came of the last slots, how many rows over time."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from landfall.records import Run
from web.dashboard.advice import Advice, advice
from web.dashboard.words import moment

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
    slot = run.times.get("Slot")
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
