"""Counts: what F&O did with each entity's rows, and whether its Succeeded holds."""

from contextlib import suppress
from dataclasses import replace

import azure.durable_functions as df

from activities.boundary import carries
from activities.landed import GONE, opened
from landfall.fno import EntityResult
from landfall.packages.delimited import UnreadableRowsError
from landfall.packages.rows import read_rows
from landfall.records import EntityCounts, Finding, Outcome, Run, State, Step
from landfall.services import Services, services

bp = df.Blueprint()


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
                    sent[entity.label] = sum(row.records for row in read_rows(package, entity))
    except GONE:
        return {}
    return sent
