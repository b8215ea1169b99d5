"""A run's timeline: a segment for each state, as wide as it was long, and a tick for each status check."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise

from landfall.records import LANDED, SLOT, Run, State
from web.dashboard.words import moment, span

LEAST = 3.0
"""Percent of the width that every state gets, so that seconds of intake can be seen beside an hour in F&O."""
NAMES = {
    LANDED: "Received",
    SLOT: "Due",
    State.INTAKE: "Intake",
    State.WAITING: "Waiting",
    State.SUBMITTING: "Uploading",
    State.RUNNING: "F&O running",
    State.COLLECTING: "Collecting results",
    State.ARCHIVING: "Archiving",
}
EXPORT_NAMES = {State.SUBMITTING: "Requesting", State.COLLECTING: "Downloading", State.ARCHIVING: "Writing receipt"}


@dataclass(frozen=True)
class Segment:
    """A state of the run: `x` and `width` in percent. The last segment `goes_on` while the run has not ended."""

    name: str
    state: str
    began: str
    began_at: datetime
    took: str
    x: float
    width: float
    goes_on: bool


@dataclass(frozen=True)
class Timeline:
    """The segments in order, the status checks (`looks`) in percent, and the end (None: not yet)."""

    segments: tuple[Segment, ...]
    looks: tuple[float, ...]
    ended: str | None

    @property
    def words(self) -> str:
        """The timeline as text for screen readers."""
        return ", ".join(f"{each.name} {each.took}" for each in self.segments)


def ended(run: Run) -> datetime | None:
    """When the run ended; None if it has not."""
    return run.times.get(State.DONE) if run.outcome else None


def timeline(run: Run, now: datetime) -> Timeline:
    """The timeline of the run's present attempt, from the times in its ledger row."""
    names = NAMES | (EXPORT_NAMES if run.kind == "export" else {})
    first = attempt_start(run)
    own = [(at, state) for state, at in run.times.items() if state in names and first and at >= first]
    order = {state: number for number, state in enumerate(names)}
    states = sorted(own, key=lambda each: (each[0], order[each[1]]))
    end = ended(run)
    bounds = [*(at for at, _ in states), max(end or now, *(at for at, _ in states))] if states else []
    seconds = [(later - earlier).total_seconds() for earlier, later in pairwise(bounds)]
    share = (100 - LEAST * len(states)) / (sum(seconds) or 1)
    segments: list[Segment] = []
    for (at, state), length in zip(states, seconds, strict=True):
        x = segments[-1].x + segments[-1].width if segments else 0.0
        width = LEAST + share * length if any(seconds) else 100 / len(states)
        goes_on = end is None and len(segments) + 1 == len(states)
        took = span(timedelta(seconds=length))
        segments.append(Segment(names[state], str(state), moment(at, now), at, took, x, width, goes_on))
    ticks = (_position(at, segments, bounds) for at in run.looks)
    looks = tuple(tick for tick in ticks if tick is not None)
    return Timeline(tuple(segments), looks, moment(end, now) if end else None)


def _position(at: datetime, segments: list[Segment], bounds: list[datetime]) -> float | None:
    """A moment's position in percent; None outside the timeline."""
    for segment, (start, stop) in zip(segments, pairwise(bounds), strict=True):
        if start <= at <= stop:
            return segment.x + segment.width * ((at - start) / (stop - start) if stop > start else 0)
    return None


def attempt_start(run: Run) -> datetime | None:
    """When this attempt began: the first with its file or slot, a later one with its first own state.

    None between the request for a later attempt and its first state, because the ledger has no time for that.
    """
    if run.attempt == 1:
        return run.times.get(LANDED) or run.times.get(SLOT) or run.times.get(State.CLAIMED)
    own = [at for state, at in run.times.items() if state not in {LANDED, SLOT, State.CLAIMED}]
    return min(own, default=None)
