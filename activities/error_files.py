"""Fetches what F&O knows about failures before it forgets it, and makes errors.csv of it.

Each file goes from F&O's URL to `reports/<run id>/` within one step: the URL is a secret.
"""

import json
import re
import zipfile
from contextlib import suppress
from dataclasses import dataclass

import azure.durable_functions as df

from activities.boundary import carries
from activities.landed import GONE, opened
from activities.reports import note, place, store, stored
from landfall.fno.errors import RefusedError
from landfall.fno_blobs import open_blob
from landfall.packages.delimited import UnreadableRowsError
from landfall.packages.error_files import parse_messages, parse_rows
from landfall.packages.manifest import PackageEntity
from landfall.packages.rejections import RefusedRow, Rejection, Stage, find_rows, join, to_csv
from landfall.packages.rows import read_rows
from landfall.records import Run, Step
from landfall.services import Services, services
from landfall.transfer import chunks, pin, stream

bp = df.Blueprint()

MESSAGES = "execution-errors.json"
STAGING = "staging-errors"
KEYS = "error-keys"


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
        said = known.fno.errors(str(run.execution_id))
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
    url = known.fno.staging_errors_url(str(run.execution_id), step.entity)
    if url:
        _fetch(known, run, url, STAGING, step.entity)


@bp.activity_trigger(input_name="data")
@carries(EntityStep)
def generate_error_keys(step: EntityStep) -> bool:
    """Have F&O write the keys of an entity's failed rows; whether there are any."""
    known = services()
    run = known.ledger.get(step.run_id)
    return known.fno.generate_error_keys(str(run.execution_id), step.entity)


@bp.activity_trigger(input_name="data")
@carries(EntityStep)
def fetch_error_keys(step: EntityStep) -> bool:
    """Store the keys of an entity's failed rows; False while F&O is still writing them."""
    known = services()
    run = known.ledger.get(step.run_id)
    url = known.fno.error_keys_url(str(run.execution_id), step.entity)
    if url:
        _fetch(known, run, url, KEYS, step.entity)
    return bool(url)


@bp.activity_trigger(input_name="data")
@carries(Step)
def explain(step: Step) -> Explanation:
    """Write errors.csv: every refused row with what F&O said about it."""
    known = services()
    run = known.ledger.get(step.run_id)
    lines = rejections(known, run)
    if not lines:
        return Explanation("F&O named neither a row nor a message; its own execution log may say more")
    store(known, run, "errors", "errors.csv", to_csv(lines))
    rows = {(each.entity, each.line, each.key) for each in lines if each.entity}
    return Explanation(f"F&O refused {len(rows)} rows; errors.csv names them" if rows else lines[0].message)


def rejections(known: Services, run: Run) -> list[Rejection]:
    """What errors.csv says, from the stored files and the package."""
    messages = parse_messages((stored(known, run, MESSAGES) or b"").decode())
    rows: list[RefusedRow] = []
    # Without the package, which a newer file may have replaced by now, no column has a name: the messages remain.
    with (
        suppress(*GONE),
        opened(known.account, run) as (package, manifest),
    ):
        rows = [row for entity in manifest.entities for row in _refused(known, run, package, entity)]
    return join(rows, messages)


def _refused(known: Services, run: Run, package: zipfile.ZipFile, entity: PackageEntity) -> list[RefusedRow]:
    rows: list[RefusedRow] = []
    stages: tuple[tuple[Stage, str], ...] = (("staging", STAGING), ("target", KEYS))
    for stage, prefix in stages:
        content = stored(known, run, _file_name(prefix, entity.label))
        failed = parse_rows(content, entity.columns) if content else []
        try:
            rows += find_rows(entity.label, read_rows(package, entity), failed, stage)
        except UnreadableRowsError:
            rows += find_rows(entity.label, [], failed, stage)
    return sorted(rows, key=lambda row: row.line or 0)


def _labels(known: Services, run: Run) -> list[str]:
    with suppress(*GONE), opened(known.account, run) as (_, manifest):
        return [entity.label for entity in manifest.entities]
    return []


def _fetch(known: Services, run: Run, url: str, prefix: str, entity: str) -> None:
    target = place(run, _file_name(prefix, entity))
    offered = pin(open_blob(url, known.fno.origin, known.plan.transfer.hosts))
    stream(chunks(offered), known.account.blob(target))
    note(known, run, {f"{prefix}: {entity}": target})


def _file_name(prefix: str, entity: str) -> str:
    """A label as part of a blob's name: F&O's labels hold slashes (Country/regions) and letters of any language."""
    slug = re.sub(r"[^\w-]+", "-", entity)
    return f"{prefix}-{slug}.txt"
