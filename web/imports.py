"""Imports that a person starts over HTTP: of a landed file, and of corrected rows."""

import asyncio
import hashlib
import io
from contextlib import suppress
from dataclasses import dataclass, replace
from http import HTTPStatus
from uuid import uuid4

import azure.durable_functions as df
from azure.core.exceptions import HttpResponseError, ResourceExistsError

from landfall.claims import claim_file, start_run
from landfall.file_labels import FileLabel
from landfall.ledger.lists import RunFilter
from landfall.packages.archives import RefusedPackageError
from landfall.packages.checks import read_package
from landfall.records import Action, Run, State
from landfall.services import Services, app_services
from landfall.storage.account import LANDING
from landfall.storage.landing import REPAIRS, repair_name
from web.access import Role
from web.endpoints import Call, Endpoint, endpoint
from web.models import ImportRequest, RunView, view
from web.problems import ProblemError

bp = df.Blueprint()

MOST = 100 * 1024 * 1024
"""Bytes that the Functions host takes in one request unless it is told otherwise."""


@dataclass(frozen=True)
class Repair:
    """Corrected rows of a run: who sends them, under which key, and the package."""

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
    """Start the import of a file that lies in landing; one that has a run already keeps it."""
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
        refusals=frozenset(
            {HTTPStatus.CONFLICT, HTTPStatus.UNPROCESSABLE_ENTITY, HTTPStatus.REQUEST_ENTITY_TOO_LARGE}
        ),
    ),
)
async def send_repair(call: Call) -> RunView:
    """Import the rejected rows of a run, corrected: the body is its repair.zip after a person has been in it.

    It lands beside the file it repairs, and the answer is its run, whose `repairs` names this one. The same
    Idempotency-Key twice is one run.
    """
    repair = Repair(call.id, call.who.name, call.key or uuid4().hex, call.request.get_body())
    run = await asyncio.to_thread(land, app_services(), repair)
    await start_run(run, call.client.start_new)
    return view(run)


def take_up(services: Services, name: str, who: str) -> Run:
    """The run of a landed file; raises ProblemError where none can be."""
    try:
        run = claim_file(services, services.account.blob(f"{LANDING}/{name}"))
    except HttpResponseError as error:
        if error.status_code != HTTPStatus.BAD_REQUEST:
            raise
        run = None  # storage knows no such names
    if run is None:
        if services.plan.is_part(name):
            said = f"{name} is a part of a package: its run begins when the marker has landed"
            raise ProblemError(HTTPStatus.CONFLICT, said)
        raise ProblemError(HTTPStatus.NOT_FOUND, f"there is no {name} in {LANDING}")
    action = Action(services.now(), who, "had it imported")
    return services.ledger.change(run.run_id, None, lambda row: _noted_first(row, action))


def _noted_first(row: Run, action: Action) -> Run:
    if row.history or row.state != State.CLAIMED:
        return row
    return replace(row, history=(action,))


def land(services: Services, repair: Repair) -> Run:
    """The run of the corrected rows; raises ProblemError where nothing was rejected, and for what is no package."""
    run = services.ledger.get(repair.run_id)
    key = f"{REPAIRS} {repair.key}"
    if key in run.request_keys:
        return services.ledger.get(str(run.request_keys[key]))
    name = _name(services, run, repair)
    blob = services.account.blob(f"{LANDING}/{name}")
    with suppress(ResourceExistsError):  # by the same request, which is on its way
        blob.upload_blob(repair.content, metadata={REPAIRS: run.run_id})
    made = claim_file(services, blob) or next(iter(services.ledger.lists.page(RunFilter(file=name), 1).runs))
    action = Action(
        services.now(), repair.who, f"sent its rejected rows again as {made.run_id}", None, run.attempt
    )

    def noted(row: Run) -> Run:
        if key in row.request_keys:
            return row
        return replace(
            row,
            history=(*row.history, action),
            request_keys={**row.request_keys, key: made.run_id},
        )

    services.ledger.change(run.run_id, None, noted)
    return made


def _name(services: Services, run: Run, repair: Repair) -> str:
    if len(repair.content) > MOST:
        said = f"send at most {MOST} bytes; drop what is larger into {LANDING}"
        raise ProblemError(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, said)
    if run.outcome is None or FileLabel.REPAIR not in run.files:
        said = f"{run.run_id} has no repair package: it is {run.outcome or run.state}"
        raise ProblemError(HTTPStatus.CONFLICT, said)
    try:
        read_package(io.BytesIO(repair.content), len(repair.content))
        return repair_name(services.plan, run, hashlib.sha256(repair.key.encode()).hexdigest()[:12])
    except RefusedPackageError as refusal:
        raise ProblemError(HTTPStatus.UNPROCESSABLE_ENTITY, str(refusal)) from None
    except LookupError as error:
        raise ProblemError(HTTPStatus.CONFLICT, str(error)) from None
