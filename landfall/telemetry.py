"""The app's events, as log lines of one JSON object each. Alerts, the workbook and queries read them.

No field holds a URL or a file's content. The first field is the event's name, so that queries can find an event by the
start of its line.
"""

import asyncio
import json
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import asdict, dataclass
from typing import Self

from landfall.records import Outcome, Run, State, utc_now

log = logging.getLogger("landfall")

_held: ContextVar[list[logging.LogRecord] | None] = ContextVar("_held", default=None)


@dataclass(frozen=True, kw_only=True)
class StateChanged:
    """A run changed its state, or a failure was dealt with or opened again.

    `before` is None for a new run, `outcome` is set when the run ends. `seconds` is the time since the claim, `bytes`
    the size of the landed file.
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
    dealt_with: bool
    seconds: float
    bytes: int | None

    @classmethod
    def of(cls, run: Run, before: Run | None) -> Self:
        """The event for a run and what it was before the change."""
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
            dealt_with=run.dealt_with is not None,
            seconds=round((now - run.times.get(State.CLAIMED, now)).total_seconds(), 1),
            bytes=run.source.size if run.source else None,
        )


@dataclass(kw_only=True)
class Sweep:
    """What a sweep found and did.

    `unclaimed` files had no run; `restarted` runs had no live orchestration, and `settled` ones could not be restarted;
    `released` lanes had a dead holder; `overdue` runs are past their deadline; `stuck` executions take far longer than
    earlier ones; `missed_slots` of exports had no run; `missing` functions were called and the host has disabled them;
    `mistakes` of landfall.yaml leave out a part of it.
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
    missing: tuple[str, ...] = ()
    mistakes: str = ""


@dataclass(frozen=True, kw_only=True)
class GivenUp:
    """The blob trigger gave up a landed file, and its run ended Failed."""

    event: str = "run.given_up"
    run_id: str


@dataclass(frozen=True, kw_only=True)
class FileMissing:
    """By the time `due`, fewer files of a route `came` than were `expected`."""

    event: str = "file.missing"
    route: str
    due: str
    expected: int
    came: int


@dataclass(frozen=True, kw_only=True)
class CircuitChanged:
    """An environment's circuit opened, so that nothing is sent there, or closed; a person who holds it is `who`."""

    event: str = "fno.circuit"
    environment: str
    open: bool
    reason: str
    who: str


@dataclass(frozen=True, kw_only=True)
class Throttled:
    """F&O answered 429 and asked for a pause of so many seconds."""

    event: str = "fno.throttled"
    seconds: float


Event = StateChanged | Sweep | GivenUp | FileMissing | CircuitChanged | Throttled


def emit(event: Event) -> None:
    """Write an event to the log."""
    log.info("%s", json.dumps(asdict(event), ensure_ascii=False))


@contextmanager
def log_for_threads() -> Iterator[None]:
    """Log in this coroutine, when the block ends, what `asyncio.to_thread` has logged in the block.

    The Functions worker for Python 3.12 does not know to which invocation such a thread belongs, and the host drops
    lines without an invocation (azure-functions-host: GrpcWorkerChannel, IgnoringRpcLog).
    """
    held: list[logging.LogRecord] = []
    token = _held.set(held)
    try:
        yield
    finally:
        _held.reset(token)
        for record in held:
            log.handle(record)


def _log_now(record: logging.LogRecord) -> bool:
    """Whether a record can be logged where it is made; else it is held for the coroutine that the thread works for."""
    held = _held.get()
    if held is None:
        return True
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        held.append(record)
        return False
    while held:  # in the order of time
        log.handle(held.pop(0))
    return True


log.addFilter(_log_now)
