"""The stored files of a run over HTTP: its receipt, its rejected rows, its repair package."""

import re
from http import HTTPStatus
from typing import Annotated, Literal

import azure.durable_functions as df
import azure.functions as func
from azure.core.exceptions import ResourceNotFoundError
from pydantic import Field, StringConstraints

from landfall.ledger.file_labels import FileLabel
from landfall.records import PublicRun
from landfall.services import app_services
from landfall.storage.pinned import Pinned, pin
from web.endpoints import JSON, Call, Endpoint, endpoint
from web.error_pages import ErrorPage, read_errors
from web.models import RequestModel
from web.problems import ProblemError

bp = df.Blueprint()

CSV, ZIP = "text/csv", "application/zip"
MAX_BYTES = 64 * 1024 * 1024
"""Of one response, which is held in memory."""
RANGE = re.compile(r"bytes=(\d{1,18})-(\d{0,18})")
TOO_LARGE = frozenset({HTTPStatus.REQUEST_ENTITY_TOO_LARGE, HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE})


class ErrorsQuery(RequestModel):
    """How many rejected rows to return, and in which format."""

    limit: Annotated[int, Field(ge=1, le=1000)] = 100
    next: Annotated[str, StringConstraints(pattern=r"^[0-9]{1,19}$")] | None = None
    """The `next` of the page before."""
    format: Literal["json", "csv"] | None = None
    """`csv` returns all of errors.csv. By default the Accept header decides."""


@endpoint(bp, Endpoint("GET", "runs/{id}/receipt", {HTTPStatus.OK: [PublicRun]}))
def get_receipt(call: Call) -> func.HttpResponse:
    """Show a run's receipt, which Landfall writes when the run ends."""
    return _download(call, FileLabel.RECEIPT, JSON)


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
    """Show the rows that F&O refused, with its messages: a page as JSON, or all of errors.csv."""
    query: ErrorsQuery = call.query
    accepted = call.request.headers.get("accept", "")
    if query.format == "csv" or (query.format is None and CSV in accepted and JSON not in accepted):
        return _download(call, FileLabel.ERRORS, CSV)
    run = app_services().ledger.get(call.id)
    if FileLabel.ERRORS not in run.files:
        return ErrorPage()
    return read_errors(_stored(call, FileLabel.ERRORS), query.limit, query.next)


@endpoint(
    bp,
    Endpoint("GET", "runs/{id}/repair", {HTTPStatus.OK: [ZIP], HTTPStatus.PARTIAL_CONTENT: [ZIP]}, refusals=TOO_LARGE),
)
def get_repair(call: Call) -> func.HttpResponse:
    """Download the rejected rows as a package. Correct it and send it to /repairs."""
    return _download(call, FileLabel.REPAIR, ZIP)


def _stored(call: Call, label: str) -> Pinned:
    """A file of the run; raises ProblemError if the run does not have it."""
    run = app_services().ledger.get(call.id)
    try:
        return pin(app_services().account.blob(run.files[label]))
    except (LookupError, ResourceNotFoundError):
        status = f"It ended {run.outcome}" if run.outcome else f"It is {run.state}"
        raise ProblemError(HTTPStatus.NOT_FOUND, f"Run {run.run_id} has no {label}. {status}.") from None


def _download(call: Call, label: str, media_type: str) -> func.HttpResponse:
    """A stored file, or the part of it that a Range header asks for."""
    stored = _stored(call, label)
    name = stored.blob.blob_name.rpartition("/")[2]
    headers = {"Accept-Ranges": "bytes", "Content-Disposition": f'attachment; filename="{call.id}-{name}"'}
    first, last = 0, stored.size - 1
    if asked := RANGE.fullmatch(call.request.headers.get("range", "")):
        first, last = int(asked[1]), min(int(asked[2] or last), last, int(asked[1]) + MAX_BYTES - 1)
        if first > last:
            detail = f"The {label} has {stored.size} bytes; ask for a range within it."
            raise ProblemError(HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE, detail)
        headers["Content-Range"] = f"bytes {first}-{last}/{stored.size}"
    elif stored.size > MAX_BYTES:
        detail = (
            f"The {label} has {stored.size} bytes, more than the {MAX_BYTES} of one response. "
            "Ask for it in parts with a Range header, or read it in storage."
        )
        raise ProblemError(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, detail)
    content = stored.blob.download_blob(offset=first, length=last - first + 1).readall() if stored.size else b""
    status = HTTPStatus.PARTIAL_CONTENT if asked else HTTPStatus.OK
    return func.HttpResponse(content, status_code=status, mimetype=media_type, headers=headers)
