"""Looks at an execution in F&O once."""

from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import azure.durable_functions as df

from activities.boundary import activity
from activities.roads import road_of
from landfall.config.plan import VanishedError
from landfall.fno import ExecutionStatus
from landfall.fno.concerns import Concern, concern_of
from landfall.fno.errors import UNKNOWN_AFTER_ACCEPTED, ExecutionUnknownError, FnoError, ThrottledError
from landfall.ledger.ledger import StaleAttemptError
from landfall.records import Finding, Outcome, Run, State, Step, Watcher
from landfall.services import Services

bp = df.Blueprint()

MAX_LOOKS = 60
OUTCOMES = {
    ExecutionStatus.SUCCEEDED: Outcome.SUCCEEDED,
    ExecutionStatus.PARTIALLY_SUCCEEDED: Outcome.PARTIALLY_SUCCEEDED,
    ExecutionStatus.FAILED: Outcome.FAILED,
    ExecutionStatus.CANCELED: Outcome.CANCELED,
}


@dataclass(frozen=True)
class LookStep(Step):
    """A look at `execution_id` (None: the run's own). `seconds` is how long the execution took if it ends now.

    `watcher` is what waits for the next look after this one.
    """

    execution_id: str | None = None
    seconds: float | None = None
    watcher: Watcher | None = None


@dataclass(frozen=True)
class Look:
    """What a look found: a `finding` if the execution has ended, else look again, after `wait` seconds if F&O says so.

    `execution_id` is what was looked at, `accepted` when F&O took it, `unwanted` whether a person stopped waiting,
    `unanswered` whether F&O could not be asked.
    """

    finding: Finding | None = None
    wait: float | None = None
    execution_id: str | None = None
    accepted: datetime | None = None
    unwanted: bool = False
    unanswered: bool = False


@activity(bp, LookStep, over=Look)
def look(services: Services, step: LookStep) -> Look:
    """Ask F&O for the status of the run's execution. Whatever is not an end, an unreachable F&O too, is one more look.

    An attempt that a person has replaced meanwhile is looked at too: the next must not start before it has ended.
    """
    run = services.ledger.get(step.run_id)
    looked_at = step.execution_id or str(run.execution_id)
    # F&O may take an hour to answer a submission, so the time of its answer counts.
    accepted = run.times.get(State.RUNNING, run.submission.last_call)
    replaced = run.attempt != step.attempt
    unwanted = run.unwanted is not None and not replaced
    running = Look(execution_id=looked_at, accepted=None if replaced else accepted, unwanted=unwanted)
    try:
        status = road_of(run).status(services, run, looked_at)
    except ExecutionUnknownError as unknown:
        return running if _is_young(services, accepted) and not replaced else Look(_forgotten(str(unknown)))
    except FnoError as error:
        if concern_of(error) == Concern.FILE:
            raise
        wait = error.retry_after if isinstance(error, ThrottledError) else None
        return replace(running, wait=wait, unanswered=True)
    if not replaced:
        with suppress(StaleAttemptError):
            services.ledger.change(step.run_id, step.attempt, lambda row: _with_look(row, services.now(), step.watcher))
    if not status.is_final:
        return running
    if replaced:
        return Look(Finding(Outcome.NEEDS_ATTENTION, f"Attempt {run.attempt} has replaced this one."))
    if step.seconds is not None:
        services.ledger.durations.remember(run.lane, looked_at, step.seconds)
    return Look(Finding(OUTCOMES[status]))


def _with_look(run: Run, now: datetime, watcher: Watcher | None) -> Run:
    """The run with one more look at F&O. The list stays short, however long the execution takes."""
    looks = (*run.looks, now)
    return replace(run, looks=looks if len(looks) <= MAX_LOOKS else looks[::2], watcher=watcher)


def is_executing(services: Services, run: Run) -> bool:
    """Whether F&O is executing the run, or may not know the execution yet. FnoClient's errors pass through.

    An environment that is no longer in landfall.yaml cannot be asked, and its executions are in nobody's way.
    """
    if not run.submission.calls:
        return False
    try:
        return not road_of(run).status(services, run, str(run.execution_id)).is_final
    except VanishedError:
        return False
    except ExecutionUnknownError:
        return _is_young(services, run.submission.last_call)


def _is_young(services: Services, accepted: datetime | None) -> bool:
    return accepted is None or services.now() - accepted < timedelta(seconds=UNKNOWN_AFTER_ACCEPTED)


def _forgotten(message: str) -> Finding:
    reason = f"F&O accepted this execution and no longer knows it. It answered: {message}"
    return Finding(Outcome.NEEDS_ATTENTION, reason)
