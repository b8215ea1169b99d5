"""The figures at the top of the Runs page."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from landfall.records import UNNAMED, Outcome, State
from landfall.services import Services
from landfall.storage.landing import arrivals
from web.dashboard.words import OUTCOMES, count, span

COUNTED = 1000
"""Open failures that the tile counts: as many as one request to the ledger's table brings."""
LANES = 3
"""Lanes that the tile names; the Lanes page has all."""


@dataclass(frozen=True)
class Figures:
    """Counts of runs and files: `waiting` by lane, `failed` are open failures, `landed` files in landing.

    `oldest_landing_seconds` is the age of the oldest file in landing, None if landing is empty. `paused_seconds` is how
    long F&O has asked Landfall to wait, and `closed` are the environments to which nothing may go.
    """

    in_flight: int = 0
    waiting: dict[str, int] = field(default_factory=dict)
    failed: int = 0
    needs_attention: int = 0
    landed: int = 0
    oldest_landing_seconds: float | None = None
    paused_seconds: float = 0
    closed: tuple[str, ...] = ()


@dataclass(frozen=True)
class Tile:
    """A figure on the page. `query` is the link's target, empty for no link; `tone` is empty if all is well."""

    name: str
    figure: str
    note: str = ""
    query: str = ""
    tone: str = ""


def count_figures(services: Services, now: datetime) -> Figures:
    """Count the runs that have not ended and the open failures. Reads few rows, however many runs there were."""
    standing = list(services.ledger.lists.open_states())
    landed = [each.landed for each in arrivals(services.account)]
    return Figures(
        in_flight=sum(outcome is None for _, outcome, _ in standing),
        waiting=dict(sorted(Counter(lane for state, _, lane in standing if state == State.WAITING).items())),
        failed=services.ledger.lists.count_failures(COUNTED),
        needs_attention=sum(outcome == Outcome.NEEDS_ATTENTION for _, outcome, _ in standing),
        landed=len(landed),
        oldest_landing_seconds=(now - min(landed)).total_seconds() if landed else None,
        closed=tuple(name or UNNAMED for name in services.environments if services.closure(name)),
        paused_seconds=max((each.paused_seconds for each in services.environments.values()), default=0),
    )


def tiles(figures: Figures) -> tuple[Tile, ...]:
    """The figures as tiles, coloured where a person should look."""
    longest = sorted(figures.waiting.items(), key=lambda each: -each[1])[:LANES]
    oldest = figures.oldest_landing_seconds
    return (
        Tile("Running now", str(figures.in_flight), query="?status=UnderWay"),
        Tile(
            "Waiting",
            str(sum(figures.waiting.values())),
            ", ".join(f"{lane} {number}" for lane, number in longest),
            "/lanes",
        ),
        Tile(
            "Open failures",
            f"{figures.failed:,}" + ("+" if figures.failed == COUNTED else ""),
            "each until it is dealt with" if figures.failed else "",
            query="?status=OpenFailure",
            tone="bad" if figures.failed else "",
        ),
        Tile(
            OUTCOMES[Outcome.NEEDS_ATTENTION],
            str(figures.needs_attention),
            query="?status=NeedsAttention",
            tone="alert" if figures.needs_attention else "",
        ),
        Tile(
            "Oldest waiting file",
            "none" if oldest is None else span(timedelta(seconds=oldest)),
            count(figures.landed, "file") if figures.landed else "landing is empty",
        ),
        _environments(figures),
    )


def _environments(figures: Figures) -> Tile:
    """The environments: which of them is closed, or how long F&O asks Landfall to wait."""
    if figures.closed:
        return Tile("F&O", "closed", ", ".join(figures.closed), "/lanes", "bad")
    if paused := figures.paused_seconds:
        return Tile("F&O", "throttled", f"asks us to wait {span(timedelta(seconds=paused))} (429)", tone="warn")
    return Tile("F&O", "reachable")
