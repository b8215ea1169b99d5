"""The figures at the top: how Landfall does right now."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from landfall.records import Outcome, State
from landfall.services import Services
from landfall.storage.landing import arrivals
from web.dashboard.words import count, span

LATELY = timedelta(hours=24)


@dataclass(frozen=True)
class Tiles:
    """Runs that have not ended, those of them that wait for their turn by lane, those that failed within a day.

    `oldest_landing_seconds` is the age of the file that has lain in landing for longest, None when it is empty;
    `paused_seconds` for how long F&O wants not to be asked.
    """

    in_flight: int = 0
    waiting: dict[str, int] = field(default_factory=dict)
    failed: int = 0
    needs_attention: int = 0
    landed: int = 0
    oldest_landing_seconds: float | None = None
    paused_seconds: float = 0


def count_tiles(services: Services, now: datetime) -> Tiles:
    """Count what is not over yet and what failed lately: few rows, however many runs there were."""
    standing = list(services.ledger.lists.open_states())
    landed = [each.landed for each in arrivals(services.account)]
    return Tiles(
        in_flight=sum(outcome is None for _, outcome, _ in standing),
        waiting=dict(sorted(Counter(lane for state, _, lane in standing if state == State.WAITING).items())),
        failed=services.ledger.lists.failed_since(now - LATELY),
        needs_attention=sum(outcome == Outcome.NEEDS_ATTENTION for _, outcome, _ in standing),
        landed=len(landed),
        oldest_landing_seconds=(now - min(landed)).total_seconds() if landed else None,
        paused_seconds=max(each.paused_seconds for each in (services.fno, *services.others.values())),
    )


LANES = 3
"""Lanes that the tile names; the Lanes page has all."""


@dataclass(frozen=True)
class Tile:
    """A figure, what it is of, a word on it, and where it leads (empty: nowhere); `tone` is empty where all is well."""

    name: str
    figure: str
    note: str = ""
    query: str = ""
    tone: str = ""


def tiles(now: Tiles) -> tuple[Tile, ...]:
    """The figures as tiles; those that want a person's eye are coloured."""
    longest = sorted(now.waiting.items(), key=lambda each: -each[1])[:LANES]
    lying, paused = now.oldest_landing_seconds, now.paused_seconds
    return (
        Tile("In flight", str(now.in_flight), query="?status=UnderWay"),
        Tile(
            "Waiting",
            str(sum(now.waiting.values())),
            ", ".join(f"{lane} {many}" for lane, many in longest),
            "/lanes",
        ),
        Tile("Failed in 24 h", str(now.failed), query="?period=24h", tone="bad" if now.failed else ""),
        Tile(
            "Needs attention",
            str(now.needs_attention),
            query="?status=NeedsAttention",
            tone="alert" if now.needs_attention else "",
        ),
        Tile(
            "Oldest landing",
            "none" if lying is None else span(timedelta(seconds=lying)),
            count(now.landed, "file") if now.landed else "landing is empty",
        ),
        Tile(
            "F&O",
            "Throttled" if paused else "Answers",
            f"asks for {span(timedelta(seconds=paused))} of peace" if paused else "",
            tone="warn" if paused else "",
        ),
    )
