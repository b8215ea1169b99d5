"""How the app stands, in a few figures for whoever passes by."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from landfall.landing import arrivals
from landfall.records import Outcome, State
from landfall.services import Services

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


def count_tiles(known: Services, now: datetime) -> Tiles:
    """Count what is not over yet and what failed lately: few rows, however many runs there were."""
    standing = list(known.ledger.lists.standing())
    landed = [each.landed for each in arrivals(known.account)]
    return Tiles(
        in_flight=sum(outcome is None for _, outcome, _ in standing),
        waiting=dict(sorted(Counter(lane for state, _, lane in standing if state == State.WAITING).items())),
        failed=known.ledger.lists.failed_since(now - LATELY),
        needs_attention=sum(outcome == Outcome.NEEDS_ATTENTION for _, outcome, _ in standing),
        landed=len(landed),
        oldest_landing_seconds=(now - min(landed)).total_seconds() if landed else None,
        paused_seconds=max(each.paused_seconds for each in (known.fno, *known.others.values())),
    )
