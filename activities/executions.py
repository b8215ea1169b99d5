"""Executions: one look at where F&O stands."""

from dataclasses import dataclass
from datetime import datetime, timedelta

import azure.durable_functions as df

from activities.boundary import carries
from landfall.fno import ExecutionStatus
from landfall.fno.errors import ExecutionUnknownError, NoAnswerError, NotSentError, ThrottledError
from landfall.records import Finding, Outcome, State, Step, utc_now
from landfall.services import Services, services

bp = df.Blueprint()

GRACE = timedelta(minutes=5)
"""How long F&O may not know an execution that it has accepted (fno-behaviour 2.4)."""

OUTCOMES = {
    ExecutionStatus.SUCCEEDED: Outcome.SUCCEEDED,
    ExecutionStatus.PARTIALLY_SUCCEEDED: Outcome.PARTIALLY_SUCCEEDED,
    ExecutionStatus.FAILED: Outcome.FAILED,
    ExecutionStatus.CANCELED: Outcome.CANCELED,
}


@dataclass(frozen=True)
class Look:
    """One look: `finding` when F&O is through; else look again, after `wait` seconds where F&O asked for that."""

    finding: Finding | None = None
    wait: float | None = None


@bp.activity_trigger(input_name="data")
@carries(Step)
def look(step: Step) -> Look:
    """Ask F&O where the run's execution stands."""
    return look_at(services(), step)


def look_at(known: Services, step: Step) -> Look:
    """One question; whatever is not an end, an unreachable F&O included, is one more look later."""
    run = known.ledger.get(step.run_id)
    try:
        status = known.fno.status(str(run.execution_id))
    except ExecutionUnknownError as unknown:
        # F&O may take an hour to answer a submission, so its answer counts, not when it was asked.
        accepted = run.times.get(State.RUNNING, run.submission.last_call)
        return Look() if _is_young(accepted) else Look(_lost(str(unknown)))
    except ThrottledError as busy:
        return Look(wait=busy.retry_after)
    except (NoAnswerError, NotSentError):
        return Look()
    return Look(Finding(OUTCOMES[status])) if status.is_final else Look()


def _is_young(accepted: datetime | None) -> bool:
    return accepted is None or utc_now() - accepted < GRACE


def _lost(said: str) -> Finding:
    return Finding(
        Outcome.NEEDS_ATTENTION, f"{said}; F&O accepted this execution and does not know it any more"
    )
