"""Executions: one look at where F&O stands."""

from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import azure.durable_functions as df

from activities.boundary import activity
from landfall.fno import ExecutionStatus
from landfall.fno.errors import (
    UNKNOWN_AFTER_ACCEPTED,
    ExecutionUnknownError,
    NoAnswerError,
    NotSentError,
    ThrottledError,
)
from landfall.ledger.ledger import StaleAttemptError
from landfall.records import Finding, Outcome, Run, State, Step, looked
from landfall.services import Services

bp = df.Blueprint()

OUTCOMES = {
    ExecutionStatus.SUCCEEDED: Outcome.SUCCEEDED,
    ExecutionStatus.PARTIALLY_SUCCEEDED: Outcome.PARTIALLY_SUCCEEDED,
    ExecutionStatus.FAILED: Outcome.FAILED,
    ExecutionStatus.CANCELED: Outcome.CANCELED,
}


@dataclass(frozen=True)
class LookStep(Step):
    """A look at `execution_id` (the run's own when not known yet); `seconds` is how long it took if it ends now."""

    execution_id: str | None = None
    seconds: float | None = None


@dataclass(frozen=True)
class Look:
    """One look: `finding` when F&O is through; else look again, after `wait` seconds where F&O asked for that.

    `execution_id` is what was looked at, `accepted` when F&O took it, `unwanted` when a person waits for it no longer.
    """

    finding: Finding | None = None
    wait: float | None = None
    execution_id: str | None = None
    accepted: datetime | None = None
    unwanted: bool = False


@activity(bp, LookStep)
def look(services: Services, step: LookStep) -> Look:
    """Ask F&O where the run's execution stands. Whatever is not an end, an unreachable F&O too, is looked at again.

    The execution of an attempt that a person has replaced meanwhile is looked at too: until it has ended, the next one
    must not start.
    """
    run = services.ledger.get(step.run_id)
    looked_at = step.execution_id or str(run.execution_id)
    # F&O may take an hour to answer a submission, so its answer counts, not when it was asked.
    accepted = run.times.get(State.RUNNING, run.submission.last_call)
    replaced = run.attempt != step.attempt
    unwanted = run.unwanted is not None and not replaced
    running = Look(execution_id=looked_at, accepted=None if replaced else accepted, unwanted=unwanted)
    try:
        status = services.fno_of(run).status(looked_at)
    except ExecutionUnknownError as unknown:
        return running if _is_young(services, accepted) and not replaced else Look(_lost(str(unknown)))
    except ThrottledError as busy:
        return replace(running, wait=busy.retry_after)
    except (NoAnswerError, NotSentError):
        return running
    if not replaced:
        with suppress(StaleAttemptError):
            services.ledger.change(step.run_id, step.attempt, lambda row: looked(row, services.now()))
    if not status.is_final:
        return running
    if replaced:
        return Look(Finding(Outcome.NEEDS_ATTENTION, f"attempt {run.attempt} has taken its place"))
    if step.seconds is not None:
        services.ledger.durations.remember(run.lane, looked_at, step.seconds)
    return Look(Finding(OUTCOMES[status]))


def is_executing(services: Services, run: Run) -> bool:
    """Whether F&O works on the run's execution, or may not know yet that it has it. FnoClient's errors pass through."""
    if not run.submission.calls:
        return False
    try:
        return not services.fno_of(run).status(str(run.execution_id)).is_final
    except ExecutionUnknownError:
        return _is_young(services, run.submission.last_call)


def _is_young(services: Services, accepted: datetime | None) -> bool:
    return accepted is None or services.now() - accepted < timedelta(seconds=UNKNOWN_AFTER_ACCEPTED)


def _lost(said: str) -> Finding:
    return Finding(
        Outcome.NEEDS_ATTENTION, f"{said}; F&O accepted this execution and does not know it any more"
    )
