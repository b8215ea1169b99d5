"""Executions: one look at where F&O stands, and what it did with each entity."""

from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import azure.durable_functions as df

from activities.boundary import carries
from activities.landed import GONE, opened
from landfall.fno import EntityResult, ExecutionStatus
from landfall.fno.errors import ExecutionUnknownError, NoAnswerError, NotSentError, ThrottledError
from landfall.packages.rows import UnreadableRowsError, read_rows
from landfall.records import EntityCounts, Finding, Outcome, Run, State, Step, utc_now
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


@bp.activity_trigger(input_name="data")
@carries(Step)
def count_entities(step: Step) -> Finding | None:
    """Note what F&O did with each entity; a finding where its Succeeded does not hold."""
    return count(services(), step)


def count(known: Services, step: Step) -> Finding | None:
    """Write an import's counts to the ledger.

    F&O calls an import without a mapping Succeeded although it loaded nothing (fno-behaviour 2.12), so the
    numbers decide: no row staged, or fewer rows in the target than were sent, is no success. Rows that failed on
    their way into staging are in none of F&O's counts; they are known by counting what was sent.
    """
    run = known.ledger.move(step.run_id, step.attempt, State.COLLECTING)
    results = known.fno.entity_results(str(run.execution_id))
    sent = _rows_sent(known, run)
    executes = known.plan.route(run.route).execute
    counts = tuple(_counts(each, sent.get(each.entity, each.staged), executes=executes) for each in results)
    known.ledger.change(step.run_id, step.attempt, lambda row: replace(row, entities=counts))
    if not any(each.staged for each in counts):
        return Finding(Outcome.FAILED, "F&O staged no row of this package")
    if missing := sum(each.failed for each in counts):
        return Finding(
            Outcome.PARTIALLY_SUCCEEDED, f"F&O says Succeeded, but {missing} of the rows sent are missing"
        )
    return None


def _counts(result: EntityResult, sent: int, *, executes: bool) -> EntityCounts:
    arrived = result.created + result.updated if executes else result.staged
    failed = max(0, sent - arrived)
    return EntityCounts(result.entity, result.staged, result.created, result.updated, failed)


def _rows_sent(known: Services, run: Run) -> dict[str, int]:
    """Rows per entity as they lie in the package; without those of formats that are not read here."""
    sent: dict[str, int] = {}
    try:
        with opened(known.account, run) as (package, manifest):
            for entity in manifest.entities:
                with suppress(UnreadableRowsError):
                    sent[entity.label] = sum(1 for _ in read_rows(package, entity))
    except GONE:
        return {}
    return sent


def _is_young(accepted: datetime | None) -> bool:
    return accepted is None or utc_now() - accepted < GRACE


def _lost(said: str) -> Finding:
    return Finding(
        Outcome.NEEDS_ATTENTION, f"{said}; F&O accepted this execution and does not know it any more"
    )
