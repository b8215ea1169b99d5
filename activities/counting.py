"""Counts what F&O did with each entity's rows, and whether its Succeeded holds."""

import zipfile
from dataclasses import replace

import azure.durable_functions as df

from activities.boundary import activity
from activities.run_files import UnlessGone, open_package
from landfall.fno.counts import Tally, doubt_of, tally
from landfall.packages.archives import DAMAGED
from landfall.packages.formats import read_rows
from landfall.packages.formats.rows import UnreadableRowsError
from landfall.packages.manifest import PackageEntity
from landfall.records import EntityCounts, Finding, Outcome, Run, State, Step
from landfall.services import Services

bp = df.Blueprint()

OUTCOMES = {
    "all missing": Outcome.FAILED,
    "some missing": Outcome.PARTIALLY_SUCCEEDED,
    "too many": Outcome.NEEDS_ATTENTION,
}
"""How a run ends that F&O calls Succeeded, by what is wrong with its counts."""


@activity(bp, Step, over=lambda finding: finding)
def count_entities(services: Services, step: Step) -> Finding | None:
    """Write to the ledger what F&O did with each entity; a finding where its Succeeded does not hold.

    F&O may not count rows that failed on their way into staging. Landfall counts the rows it sent instead.
    """
    run = services.ledger.move(step.run_id, step.attempt, State.COLLECTING)
    tallies = tally(services.fno_of(run).entity_results(str(run.execution_id)), _rows_sent(services, run))
    executes = services.terms_of(run).execute
    counts = tuple(entity_counts(each, executes=executes) for each in tallies)
    services.ledger.change(step.run_id, step.attempt, lambda row: replace(row, entities=counts))
    doubt = doubt_of(tallies, executes=executes)
    return Finding(OUTCOMES[doubt.kind], doubt.reason) if doubt else None


def entity_counts(each: Tally, *, executes: bool) -> EntityCounts:
    """What the receipt says of an entity: rows that were sent and did not arrive have failed."""
    staged, created, updated = (
        (each.result.staged, each.result.created, each.result.updated) if each.result else (0, 0, 0)
    )
    failed = max(0, each.sent - each.arrived(executes=executes))
    return EntityCounts(each.entity, staged, created, updated, failed)


def _rows_sent(services: Services, run: Run) -> dict[str, int | None]:
    """Rows per entity in the package; None for formats that Landfall does not read."""
    with UnlessGone(), open_package(services, run) as (package, manifest):
        return {each.label: 0 if each.disabled else count_rows(package, each) for each in manifest.entities}
    return {}


def count_rows(package: zipfile.ZipFile, entity: PackageEntity) -> int | None:
    """How many records F&O should find in an entity's file; None when that cannot be told.

    Records inside a composite entity's records count too.
    """
    try:
        return sum(row.records for row in read_rows(package, entity))
    except (UnreadableRowsError, *DAMAGED):
        return None
