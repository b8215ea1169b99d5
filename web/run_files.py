"""What is stored about a run, over HTTP: its receipt, the rejected rows, the repair package."""

import re
from http import HTTPStatus
from typing import Annotated, Literal

import azure.durable_functions as df
import azure.functions as func
from azure.core.exceptions import ResourceNotFoundError
from pydantic import Field, StringConstraints

from landfall.file_labels import FileLabel
from landfall.ledger.lists import PageTokenError
from landfall.records import PublicRun
from landfall.services import app_services
from landfall.storage.pinned import Pinned, pin
from web.endpoints import JSON, Call, Endpoint, endpoint
from web.error_pages import ErrorPage, read_errors
from web.models import Taken
from web.problems import ProblemError

bp = df.Blueprint()

CSV, ZIP = "text/csv", "application/zip"
MOST = 64 * 1024 * 1024
"""Bytes of one answer: it is whole in memory."""
RANGE = re.compile(r"bytes=(\d{1,18})-(\d{0,18})")
TOO_LARGE = frozenset({HTTPStatus.REQUEST_ENTITY_TOO_LARGE, HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE})


class ErrorsQuery(Taken):
    """How many rejected rows, and as what."""

    limit: Annotated[int, Field(ge=1, le=1000)] = 100
    next: Annotated[str, StringConstraints(pattern=r"^[0-9]{1,19}$")] | None = None
    """What an earlier page brought as `next`."""
    format: Literal["json", "csv"] | None = None
    """`csv` is the whole of errors.csv; without it the Accept header says which."""


@endpoint(bp, Endpoint("GET", "runs/{id}/receipt", {HTTPStatus.OK: [PublicRun]}))
def get_receipt(call: Call) -> func.HttpResponse:
    """Show a run's receipt; it has one when it has ended."""
    return _whole(call, FileLabel.RECEIPT, JSON)


@endpoint(
    bp,
    Endpoint(
        "GET",
        "runs/{id}/errors",
        {HTTPStatus.OK: [ErrorPage, CSV], HTTPStatus.PARTIAL_CONTENT: [CSV]},
        query=ErrorsQuery,
        refusals=TOO_LARGE,
    ),
)
def get_errors(call: Call) -> ErrorPage | func.HttpResponse:
    """Show the rows that F&O refused with its messages: pages as JSON, or all of errors.csv."""
    query: ErrorsQuery = call.query
    accepted = call.request.headers.get("accept", "")
    if query.format == "csv" or (query.format is None and CSV in accepted and JSON not in accepted):
        return _whole(call, FileLabel.ERRORS, CSV)
    run = app_services().ledger.get(call.id)
    if FileLabel.ERRORS not in run.files:
        return ErrorPage()
    try:
        return read_errors(_stored(call, FileLabel.ERRORS), query.limit, query.next)
    except PageTokenError as error:
        raise ProblemError(HTTPStatus.NOT_FOUND, str(error)) from None


@endpoint(
    bp,
    Endpoint(
        "GET",
        "runs/{id}/repair",
        {HTTPStatus.OK: [ZIP], HTTPStatus.PARTIAL_CONTENT: [ZIP]},
        refusals=TOO_LARGE,
    ),
)
def get_repair(call: Call) -> func.HttpResponse:
    """Bring the rejected rows as a package: correct it, and send it back to /repairs."""
    return _whole(call, FileLabel.REPAIR, ZIP)


def _stored(call: Call, label: str) -> Pinned:
    """The file of a run that the ledger names; raises ProblemError where there is none."""
    run = app_services().ledger.get(call.id)
    try:
        return pin(app_services().account.blob(run.files[label]))
    except (LookupError, ResourceNotFoundError):
        stands = f"it ended {run.outcome}" if run.outcome else f"it is {run.state}"
        raise ProblemError(HTTPStatus.NOT_FOUND, f"{run.run_id} has no {label}: {stands}") from None


def _whole(call: Call, label: str, media_type: str) -> func.HttpResponse:
    """A stored file, or the part that a Range header asks for."""
    stored = _stored(call, label)
    name = stored.blob.blob_name.rpartition("/")[2]
    headers = {
        "Accept-Ranges": "bytes",
        "Content-Disposition": f'attachment; filename="{call.id}-{name}"',
    }
    first, last = 0, stored.size - 1
    if asked := RANGE.fullmatch(call.request.headers.get("range", "")):
        first, last = int(asked[1]), min(int(asked[2] or last), last, int(asked[1]) + MOST - 1)
        if first > last:
            said = f"{label} has {stored.size} bytes; ask for a range in it"
            raise ProblemError(HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE, said)
        headers["Content-Range"] = f"bytes {first}-{last}/{stored.size}"
    elif stored.size > MOST:
        said = f"{label} has {stored.size} bytes; ask for {MOST} at a time with a Range header, or read it in storage"
        raise ProblemError(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, said)
    content = (
        stored.blob.download_blob(offset=first, length=last - first + 1).readall() if stored.size else b""
    )
    status = HTTPStatus.PARTIAL_CONTENT if asked else HTTPStatus.OK
    return func.HttpResponse(content, status_code=status, mimetype=media_type, headers=headers)
