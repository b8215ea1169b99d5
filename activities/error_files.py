"""Fetches what F&O knows about failures before F&O forgets it, and explains it.

Each file goes from F&O's URL to `reports/<run id>/` within one step, because the URL is a secret.
"""

import json
from dataclasses import dataclass

import azure.durable_functions as df

from activities.boundary import activity
from activities.explaining import MESSAGES, write_explanation
from activities.run_files import UnlessGone, open_package, record_files, report_path, write_report
from landfall.fno.error_files import KEYS, STAGING, error_file_name
from landfall.fno.errors import RefusedError
from landfall.ledger.file_labels import FileLabel, fno_error_file
from landfall.records import Run, Step
from landfall.services import Services

bp = df.Blueprint()


@dataclass(frozen=True)
class EntityStep:
    """A step about one entity of a run's package, by label."""

    run_id: str
    attempt: int
    entity: str


@dataclass(frozen=True)
class Suspects:
    """The entities whose rows F&O may have refused."""

    entities: tuple[str, ...]


@dataclass(frozen=True)
class Explanation:
    """What is known about the failure, in one sentence."""

    reason: str


@activity(bp, Step)
def fetch_messages(services: Services, step: Step) -> Suspects:
    """Store the execution's messages; returns the entities to ask about."""
    run = services.ledger.get(step.run_id)
    try:
        messages = services.fno_of(run).errors(str(run.execution_id))
    except RefusedError as refusal:
        # A composite entity's execution answers with a null reference instead (fno-behaviour 4.4).
        messages = json.dumps([{"RecordId": "", "Field": "", "ErrorMessage": refusal.said}])
    write_report(services, run, FileLabel.MESSAGES, MESSAGES, messages.encode(errors="replace"))
    suspects = [each.entity for each in run.entities if each.failed or not each.staged]
    return Suspects(tuple(suspects or [each.entity for each in run.entities] or _labels(services, run)))


@activity(bp, EntityStep)
def fetch_staging_errors(services: Services, step: EntityStep) -> None:
    """Store the rows that did not reach staging, if there are any."""
    run = services.ledger.get(step.run_id)
    url = services.fno_of(run).staging_errors_url(str(run.execution_id), step.entity)
    if url:
        _fetch_file(services, run, url, STAGING, step.entity)


@activity(bp, EntityStep)
def generate_error_keys(services: Services, step: EntityStep) -> bool:
    """Have F&O write the keys of an entity's failed rows to a file; False when no row failed."""
    run = services.ledger.get(step.run_id)
    return services.fno_of(run).generate_error_keys(str(run.execution_id), step.entity)


@activity(bp, EntityStep)
def fetch_error_keys(services: Services, step: EntityStep) -> bool:
    """Store the keys of an entity's failed rows; False while F&O is still writing them."""
    run = services.ledger.get(step.run_id)
    url = services.fno_of(run).error_keys_url(str(run.execution_id), step.entity)
    if url:
        _fetch_file(services, run, url, KEYS, step.entity)
    return bool(url)


@activity(bp, Step)
def explain(services: Services, step: Step) -> Explanation:
    """Write errors.csv (every refused row with F&O's message) and repair.zip (those rows as a package)."""
    return Explanation(write_explanation(services, services.ledger.get(step.run_id)))


def _labels(services: Services, run: Run) -> list[str]:
    with UnlessGone(), open_package(services, run) as (_, manifest):
        return [entity.label for entity in manifest.entities]
    return []


def _fetch_file(services: Services, run: Run, url: str, prefix: str, entity: str) -> None:
    path = report_path(run, error_file_name(prefix, entity))
    services.files_of(run).fetch(url, services.account.blob(path))
    record_files(services, run, {fno_error_file(prefix, entity): path})
