"""Counts: what F&O did with each entity's rows, and whether its Succeeded holds."""

import zipfile
from dataclasses import replace

import azure.durable_functions as df

from activities.boundary import activity
from activities.run_files import GONE, opened
from landfall.counts import entity_counts, tally, verdict
from landfall.packages.archives import DAMAGED
from landfall.packages.delimited import UnreadableRowsError
from landfall.packages.manifest import PackageEntity
from landfall.packages.rows import read_rows
from landfall.records import Finding, Run, State, Step
from landfall.services import Services

bp = df.Blueprint()


@activity(bp, Step)
def count_entities(services: Services, step: Step) -> Finding | None:
    """Write to the ledger what F&O did with each entity; a finding where its Succeeded does not hold.

    Rows that failed on their way into staging are in none of F&O's counts for sure; they are known by counting
    what was sent.
    """
    run = services.ledger.move(step.run_id, step.attempt, State.COLLECTING)
    tallies = tally(services.fno_of(run).entity_results(str(run.execution_id)), _rows_sent(services, run))
    executes = services.plan.route(run.route).execute
    counts = entity_counts(tallies, executes=executes)
    services.ledger.change(step.run_id, step.attempt, lambda row: replace(row, entities=counts))
    return verdict(tallies, executes=executes)


def _rows_sent(services: Services, run: Run) -> dict[str, int | None]:
    """Rows per entity as they lie in the package; None for formats that are not read here."""
    try:
        with opened(services.account, run) as (package, manifest):
            return {
                each.label: 0 if each.disabled else count_rows(package, each) for each in manifest.entities
            }
    except GONE:
        return {}


def count_rows(package: zipfile.ZipFile, entity: PackageEntity) -> int | None:
    """How many records F&O should find in an entity's file; None where that cannot be told.

    A composite entity's records are counted with those inside them.
    """
    try:
        return sum(row.records for row in read_rows(package, entity))
    except (UnreadableRowsError, *DAMAGED):
        return None
