"""What a person takes from a run: its receipt, its errors, its repair package; through the app, without a SAS."""

import asyncio
from collections.abc import Callable
from http import HTTPStatus
from typing import Any

import azure.durable_functions as df
import azure.functions as func

from landfall.file_labels import FileLabel
from landfall.ledger.ledger import RunNotFoundError
from web.access import Role
from web.dashboard.assets import HEADERS, OPEN
from web.dashboard.sign_in import ask_to_sign_in, visitor
from web.endpoints import Call
from web.problems import ProblemError
from web.run_files import ErrorsQuery, get_errors, get_receipt, get_repair

bp = df.Blueprint()

FILES: dict[str, Callable[[Call], Any]] = {
    FileLabel.RECEIPT: get_receipt,
    FileLabel.ERRORS: get_errors,
    FileLabel.REPAIR: get_repair,
}


@bp.route(route="dashboard/runs/{id}/files/{label}", methods=["GET"], auth_level=OPEN)
@bp.durable_client_input(client_name="client")
async def dashboard_download(
    req: func.HttpRequest, client: df.DurableOrchestrationClient
) -> func.HttpResponse:
    """One of the run's files, to be saved."""
    return await asyncio.to_thread(_download, req, client)


def _download(req: func.HttpRequest, client: df.DurableOrchestrationClient) -> func.HttpResponse:
    who = visitor(req)
    if who is None:
        return ask_to_sign_in(req)
    bring = FILES.get(req.route_params["label"])
    if bring is None or not who.may(Role.READ):
        return _said(HTTPStatus.NOT_FOUND, "There is nothing here.")
    try:
        call = Call(req, client, who, req.route_params["id"], query=ErrorsQuery(format="csv"))
        response: func.HttpResponse = bring(call)
    except RunNotFoundError as error:
        return _said(HTTPStatus.NOT_FOUND, str(error))
    except ProblemError as error:
        return _said(error.status, error.detail)
    response.headers.update(HEADERS)
    return response


def _said(status: HTTPStatus, words: str) -> func.HttpResponse:
    return func.HttpResponse(words, status_code=status, mimetype="text/plain", headers=HEADERS)
