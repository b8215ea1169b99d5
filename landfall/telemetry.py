"""Events of the app as log lines of one JSON object each: what alerts, the workbook and people's queries read.

No field holds a URL or a file's content. An event's first field is its name, so that a query finds it by how its
line begins.
"""

import json
import logging
from dataclasses import asdict, dataclass
from typing import Self

from landfall.records import Outcome, Run, State, utc_now

log = logging.getLogger("landfall")


@dataclass(frozen=True, kw_only=True)
class StateChanged:
    """A run has come to a state; `before` is None for one just claimed, `outcome` is set at its end.

    `seconds` have passed since the run was claimed; `bytes` is what landed.
    """

    event: str = "run.state"
    run_id: str
    attempt: int
    kind: str
    name: str | None
    lane: str | None
    data_project: str | None
    company: str | None
    execution_id: str | None
    before: State | None
    after: State
    outcome: Outcome | None
    seconds: float
    bytes: int | None

    @classmethod
    def of(cls, run: Run, before: Run | None) -> Self:
        """The event of a run that is now like this and was like that."""
        now = utc_now()
        return cls(
            run_id=run.run_id,
            attempt=run.attempt,
            kind=run.kind,
            name=run.route or run.export,
            lane=run.lane or None,
            data_project=run.data_project,
            company=run.company,
            execution_id=run.execution_id,
            before=before.state if before else None,
            after=run.state,
            outcome=run.outcome,
            seconds=round((now - run.times.get(State.CLAIMED, now)).total_seconds(), 1),
            bytes=run.source.size if run.source else None,
        )


@dataclass(kw_only=True)
class Sweep:
    """What one sweep found.

    `unclaimed` files had no run, `restarted` runs no living orchestration, `settled` ones could not be saved;
    `released` lanes had a dead holder, `overdue` runs wait for longer than their deadline, `stuck` ones have F&O work
    far longer than it did before, `missed_slots` of exports had been taken by no timer.
    """

    event: str = "sweep"
    landed: int = 0
    oldest_landing_seconds: float = 0
    unclaimed: int = 0
    restarted: int = 0
    settled: int = 0
    released: int = 0
    overdue: int = 0
    stuck: int = 0
    missed_slots: int = 0


@dataclass(frozen=True, kw_only=True)
class GivenUp:
    """The blob trigger has given up a landed file; its run has ended Failed."""

    event: str = "run.given_up"
    run_id: str


@dataclass(frozen=True, kw_only=True)
class Denied:
    """F&O or the authority answered 401 or 403; what was tried, in words."""

    event: str = "fno.denied"
    tried: str


@dataclass(frozen=True, kw_only=True)
class Throttled:
    """F&O answered 429, and asked to be left alone for so many seconds."""

    event: str = "fno.throttled"
    seconds: float


Event = StateChanged | Sweep | GivenUp | Denied | Throttled


def emit(event: Event) -> None:
    """Write an event."""
    log.info("%s", json.dumps(asdict(event), ensure_ascii=False))
