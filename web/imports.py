"""Imports that a person starts over HTTP: of a file in landing, and of corrected rows."""

import asyncio
import hashlib
import io
import zipfile
from contextlib import suppress
from dataclasses import dataclass, replace
from http import HTTPStatus
from uuid import uuid4

import azure.durable_functions as df
from azure.core.exceptions import HttpResponseError, ResourceExistsError

from landfall.claims import claim_file, start_run
from landfall.ledger.file_labels import FileLabel
from landfall.ledger.lists import RunFilter
from landfall.ledger.repairs import with_repair
from landfall.packages.archives import DAMAGED, RefusedPackageError
from landfall.packages.budget import Budget
from landfall.packages.checks import read_package
from landfall.packages.formats import format_for
from landfall.packages.formats.rows import UnreadableRowsError
from landfall.packages.manifest import PackageEntity
from landfall.records import Action, Run, State
from landfall.services import Services, app_services
from landfall.storage.account import LANDING
from landfall.storage.landing import REPAIRS, repair_name
from web.access import Role
from web.endpoints import Call, Endpoint, endpoint
from web.models import ImportRequest, RunView, view
from web.problems import ProblemError
from web.repeats import with_body

bp = df.Blueprint()

ONE_CHECK = asyncio.Semaphore(1)
"""Uploads are read one at a time, since each may take as much memory as a landed file."""
MAX_BYTES = 95 * 1024 * 1024
"""Of one request. The Functions host answers more than 100 MiB with an empty 500, so this refusal comes before."""


@dataclass(frozen=True)
class Repair:
    """Corrected rows of a run: the sender, the idempotency key, and the package."""

    run_id: str
    who: str
    key: str
    content: bytes


@endpoint(
    bp,
    Endpoint(
        "POST",
        "imports",
        {HTTPStatus.ACCEPTED: [RunView]},
        role=Role.OPERATE,
        body=ImportRequest,
        refusals=frozenset({HTTPStatus.CONFLICT}),
    ),
)
async def start_import(call: Call) -> RunView:
    """Import a file that is in landing. A file that has a run already keeps it."""
    run = await asyncio.to_thread(take_up, app_services(), call.body.name, call.who.name)
    await start_run(run, call.client.start_new)
    return view(run)


@endpoint(
    bp,
    Endpoint(
        "POST",
        "runs/{id}/repairs",
        {HTTPStatus.ACCEPTED: [RunView]},
        role=Role.OPERATE,
        body="application/zip",
        repeatable=True,
        refusals=frozenset({HTTPStatus.CONFLICT, HTTPStatus.UNPROCESSABLE_ENTITY, HTTPStatus.REQUEST_ENTITY_TOO_LARGE}),
    ),
)
async def send_repair(call: Call) -> RunView:
    """Import the corrected rows of a run: the body is its repair.zip with the corrections.

    Landfall puts the package into landing and returns its run, whose `repairs` names the corrected run. Requests with
    the same Idempotency-Key start one run.
    """
    return view(await start_repair(call, call.key or uuid4().hex, call.request.get_body()))


async def start_repair(call: Call, key: str, content: bytes) -> Run:
    """Import corrected rows of the call's run. Returns the new run; raises as `land` does."""
    async with ONE_CHECK:
        run = await asyncio.to_thread(land, app_services(), Repair(call.id, call.who.name, key, content))
    await start_run(run, call.client.start_new)
    return run


def take_up(services: Services, name: str, who: str) -> Run:
    """Claim a file in landing for import and return its run; raises ProblemError if it can have none."""
    try:
        run = claim_file(services, services.account.blob(f"{LANDING}/{name}"))
    except HttpResponseError as error:
        if error.status_code != HTTPStatus.BAD_REQUEST:
            raise
        run = None  # storage allows no such name
    if run is None:
        if services.plan.is_part(name):
            detail = f"{name} is part of a package, whose run starts when the marker file arrives."
            raise ProblemError(HTTPStatus.CONFLICT, detail)
        if mistake := services.plan.reason_to_wait(name):
            detail = f"{name} waits in {LANDING}, because a route that may take it is left out. {mistake}"
            raise ProblemError(HTTPStatus.CONFLICT, detail)
        raise ProblemError(
            HTTPStatus.NOT_FOUND, f"There is no file {name} in {LANDING}, or storage is still copying it."
        )
    action = Action(services.now(), who, "started the import")
    return services.ledger.change(run.run_id, None, lambda row: _with_first_action(row, action))


def _with_first_action(row: Run, action: Action) -> Run:
    if row.history or row.state != State.CLAIMED:
        return row
    return replace(row, history=(action,))


def land(services: Services, repair: Repair) -> Run:
    """Put corrected rows into landing and return their run.

    Raises ProblemError for a run without rejected rows, for content that is not a package, and for a key that came
    with other content before.
    """
    run = services.ledger.get(repair.run_id)
    key = f"{REPAIRS} {repair.key}"
    with_body(run, key, repair.content)
    if key in run.request_keys:
        return services.ledger.get(str(run.request_keys[key]))
    name = _landing_name(services, run, repair)
    # Before the upload, so that of two bodies at the same time one is refused.
    services.ledger.change(run.run_id, None, lambda row: with_body(row, key, repair.content))
    blob = services.account.blob(f"{LANDING}/{name}")
    with suppress(ResourceExistsError):  # by the same request, sent at the same time
        blob.upload_blob(repair.content, metadata={REPAIRS: run.run_id})
    made = claim_file(services, blob) or next(iter(services.ledger.lists.page(RunFilter(file=name), 1).runs))
    action = Action(services.now(), repair.who, f"sent corrected rows as {made.run_id}", None, run.attempt)

    def note(row: Run) -> Run:
        if key in row.request_keys:
            return row
        keys = {**row.request_keys, key: made.run_id}
        return replace(with_repair(row, made.run_id), history=(*row.history, action), request_keys=keys)

    services.ledger.change(run.run_id, None, note)
    return made


def rows_in(content: bytes) -> int | None:
    """The rows in the data files of a valid package; None if they cannot be counted, or not soon."""
    file, budget = io.BytesIO(content), Budget(len(content))
    try:
        manifest = read_package(file, len(content))
        with zipfile.ZipFile(file) as archive:
            return sum(_count(archive, each, budget) for each in manifest.entities if not each.disabled)
    except (UnreadableRowsError, RefusedPackageError, *DAMAGED):
        return None


def _count(archive: zipfile.ZipFile, entity: PackageEntity, budget: Budget) -> int:
    with budget.meter(archive.open(entity.file)) as content:
        return format_for(entity).count(content, entity)


def _landing_name(services: Services, run: Run, repair: Repair) -> str:
    if len(repair.content) > MAX_BYTES:
        detail = f"The package has more than {MAX_BYTES} bytes. Drop it into {LANDING} instead."
        raise ProblemError(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, detail)
    if run.outcome is None or FileLabel.REPAIR not in run.files:
        detail = f"Run {run.run_id} has no rejected rows to correct: it is {run.outcome or run.state}."
        raise ProblemError(HTTPStatus.CONFLICT, detail)
    try:
        read_package(io.BytesIO(repair.content), len(repair.content))
        return repair_name(services.plan, run, hashlib.sha256(repair.key.encode()).hexdigest()[:12])
    except RefusedPackageError as refusal:
        raise ProblemError(HTTPStatus.UNPROCESSABLE_ENTITY, str(refusal)) from None
    except LookupError as error:
        raise ProblemError(HTTPStatus.CONFLICT, str(error)) from None
