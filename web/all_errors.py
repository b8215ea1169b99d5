"""The rejected rows of many runs over HTTP, as one file for a spreadsheet."""

import csv
import io
from collections.abc import Iterator
from dataclasses import astuple
from http import HTTPStatus

import azure.durable_functions as df
import azure.functions as func
from azure.core.exceptions import ResourceNotFoundError

from landfall.ledger.file_labels import FileLabel
from landfall.packages.errors_csv import COLUMNS, cell
from landfall.records import Run
from landfall.services import Services, app_services
from landfall.storage.pinned import pin
from web.endpoints import Call, Endpoint, endpoint
from web.error_pages import RejectedRow, read_errors
from web.models import RunsQuery
from web.run_files import CSV

bp = df.Blueprint()

MAX_CHARACTERS = 32 * 1024 * 1024
"""Of one response, which is held in memory."""
PAGE = 1000


@endpoint(bp, Endpoint("GET", "runs/errors", {HTTPStatus.OK: [CSV]}, query=RunsQuery))
def get_all_errors(call: Call) -> func.HttpResponse:
    """Download the rows that F&O refused in many runs, the newest run first, as one CSV file.

    Each line begins with its run and file, and has what errors.csv says of the row but its values. If there is more,
    the last line says how to get it.
    """
    headers = {"Content-Disposition": 'attachment; filename="errors.csv"'}
    text = collect_errors(app_services(), call.query, MAX_CHARACTERS)
    return func.HttpResponse(text.encode(), mimetype=CSV, charset="utf-8", headers=headers)


def collect_errors(services: Services, query: RunsQuery, most: int) -> str:
    """The file as text, of about `most` characters; its last line says if there is more."""
    page = services.ledger.lists.page(query.filter(), query.limit, query.next)
    more = f"More runs may match: ask again with next={page.next}" if page.next else ""
    text = io.StringIO(newline="")
    text.write("\ufeff")
    writer = csv.writer(text)
    writer.writerow(("run_id", "file", *COLUMNS))
    for run, row in _rows(services, page.runs):
        if text.tell() > most:
            more = f"Cut within run {run.run_id}: ask for fewer runs, or for the errors of that run alone"
            break
        *fixed, _ = astuple(row)
        file = run.source.name if run.source else ""
        writer.writerow(cell("" if value is None else str(value)) for value in (run.run_id, file, *fixed))
    if more:
        writer.writerow(("", "", "", "", "", "", more, ""))
    return text.getvalue()


def _rows(services: Services, runs: tuple[Run, ...]) -> Iterator[tuple[Run, RejectedRow]]:
    for run in runs:
        if path := run.files.get(FileLabel.ERRORS):
            try:
                file = pin(services.account.blob(path))
            except ResourceNotFoundError:
                continue  # a report that somebody has deleted
            page = read_errors(file, PAGE)
            yield from ((run, row) for row in page.rows)
            while page.next:
                page = read_errors(file, PAGE, page.next)
                yield from ((run, row) for row in page.rows)
