"""The picture of a run's way: a segment per state, as wide as it was long, and a tick for each look at F&O."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise

from landfall.records import LANDED, SLOT, Run, State, attempt_start
from web.dashboard.words import moment, span

LEAST = 3.0
"""Percent of the picture that the shortest state gets: beside an hour in F&O the seconds of intake must be seen."""
NAMES = {
    LANDED: "Landed",
    SLOT: "Due",
    State.INTAKE: "Intake",
    State.WAITING: "Waiting",
    State.SUBMITTING: "Moving",
    State.RUNNING: "F&O running",
    State.COLLECTING: "Results and errors",
    State.ARCHIVING: "Archiving",
}
EXPORT_NAMES = {State.SUBMITTING: "Ordering", State.COLLECTING: "Bringing", State.ARCHIVING: "Receipt"}


@dataclass(frozen=True)
class Segment:
    """A state of the run: `x` and `width` in percent of the picture; the last one of a run under way goes on."""

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
    """The segments in order, where the looks stand in percent, and when it all ended (None: not yet)."""

    segments: tuple[Segment, ...]
    looks: tuple[float, ...]
    ended: str | None

    @property
    def words(self) -> str:
        """The picture for those who do not see it."""
        return ", ".join(f"{each.name} {each.took}" for each in self.segments)


def ended(run: Run) -> datetime | None:
    """When the run ended; None while it is under way."""
    return run.times.get(State.DONE) if run.outcome else None


def timeline(run: Run, now: datetime) -> Timeline:
    """The picture of the run's present attempt, by the times in its ledger row."""
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
    places = (_place(at, segments, bounds) for at in run.looks)
    looks = tuple(place for place in places if place is not None)
    return Timeline(tuple(segments), looks, moment(end, now) if end else None)


def _place(at: datetime, segments: list[Segment], bounds: list[datetime]) -> float | None:
    """Where a moment stands in the picture, in percent; None outside it."""
    for segment, (start, stop) in zip(segments, pairwise(bounds), strict=True):
        if start <= at <= stop:
            return segment.x + segment.width * ((at - start) / (stop - start) if stop > start else 0)
    return None
