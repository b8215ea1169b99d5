"""Fetches what F&O knows about failures before it forgets it, and has it explained.

Each file goes from F&O's URL to `reports/<run id>/` within one step: the URL is a secret.
"""

import json
from contextlib import suppress
from dataclasses import dataclass

import azure.durable_functions as df

from activities.boundary import carries
from activities.explaining import MESSAGES, write_explanation
from activities.landed import GONE, opened
from activities.reports import note, place, store
from landfall import plain_moves
from landfall.fno.addresses import is_on_premises
from landfall.fno.blobs import open_blob
from landfall.fno.error_file_names import KEYS, STAGING, error_file_name
from landfall.fno.errors import RefusedError
from landfall.records import Run, Step
from landfall.services import Services, services
from landfall.transfer import chunks, pin, stream

bp = df.Blueprint()


@dataclass(frozen=True)
class EntityStep:
    """A step about one entity of a run's package, by its label."""

    run_id: str
    attempt: int
    entity: str


@dataclass(frozen=True)
class Suspects:
    """The entities of which F&O may have refused rows."""

    entities: tuple[str, ...]


@dataclass(frozen=True)
class Explanation:
    """What became known, in one sentence."""

    reason: str


@bp.activity_trigger(input_name="data")
@carries(Step)
def fetch_messages(step: Step) -> Suspects:
    """Store the execution's messages, and say whose rows to ask for."""
    known = services()
    run = known.ledger.get(step.run_id)
    try:
        said = known.fno_of(run).errors(str(run.execution_id))
    except RefusedError as refusal:
        # A composite entity's execution answers with a null reference instead (fno-behaviour 4.4).
        said = json.dumps([{"RecordId": "", "Field": "", "ErrorMessage": refusal.said}])
    store(known, run, "messages", MESSAGES, said.encode(errors="replace"))
    suspects = [each.entity for each in run.entities if each.failed or not each.staged]
    return Suspects(tuple(suspects or [each.entity for each in run.entities] or _labels(known, run)))


@bp.activity_trigger(input_name="data")
@carries(EntityStep)
def fetch_staging_errors(step: EntityStep) -> None:
    """Store the rows that did not reach staging, where there are any."""
    known = services()
    run = known.ledger.get(step.run_id)
    url = known.fno_of(run).staging_errors_url(str(run.execution_id), step.entity)
    if url:
        _fetch(known, run, url, STAGING, step.entity)


@bp.activity_trigger(input_name="data")
@carries(EntityStep)
def generate_error_keys(step: EntityStep) -> bool:
    """Have F&O write the keys of an entity's failed rows; whether there are any."""
    known = services()
    run = known.ledger.get(step.run_id)
    return known.fno_of(run).generate_error_keys(str(run.execution_id), step.entity)


@bp.activity_trigger(input_name="data")
@carries(EntityStep)
def fetch_error_keys(step: EntityStep) -> bool:
    """Store the keys of an entity's failed rows; False while F&O is still writing them."""
    known = services()
    run = known.ledger.get(step.run_id)
    url = known.fno_of(run).error_keys_url(str(run.execution_id), step.entity)
    if url:
        _fetch(known, run, url, KEYS, step.entity)
    return bool(url)


@bp.activity_trigger(input_name="data")
@carries(Step)
def explain(step: Step) -> Explanation:
    """Write errors.csv, every refused row with what F&O said about it, and repair.zip, those rows as a package."""
    known = services()
    return Explanation(write_explanation(known, known.ledger.get(step.run_id)))


def _labels(known: Services, run: Run) -> list[str]:
    with suppress(*GONE), opened(known.account, run) as (_, manifest):
        return [entity.label for entity in manifest.entities]
    return []


def _fetch(known: Services, run: Run, url: str, prefix: str, entity: str) -> None:
    target, hosts = place(run, error_file_name(prefix, entity)), known.plan.transfer.hosts
    if is_on_premises(known.fno_of(run).origin):
        plain_moves.fetch(known.fno_of(run), hosts, url, known.account.blob(target))
    else:
        stream(chunks(pin(open_blob(url, known.fno_of(run).origin, hosts))), known.account.blob(target))
    note(known, run, {f"{prefix}: {entity}": target})
