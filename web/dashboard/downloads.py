"""Downloads of a run's receipt, errors.csv and repair.zip through the app, without a SAS."""

from collections.abc import Callable
from http import HTTPStatus
from typing import Any

import azure.durable_functions as df
import azure.functions as func

from landfall.ledger.file_labels import FileLabel
from web.access import NOTHING_HERE, Principal, Role
from web.dashboard.assets import HEADERS, OPEN
from web.dashboard.sign_in import admit_visitor
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
async def dashboard_download(req: func.HttpRequest, client: df.DurableOrchestrationClient) -> func.HttpResponse:
    """One of the run's files, to be saved."""

    def serve(who: Principal) -> func.HttpResponse:
        get = FILES.get(req.route_params["label"])
        if get is None:
            raise ProblemError(HTTPStatus.NOT_FOUND, NOTHING_HERE)
        response: func.HttpResponse = get(
            Call(req, client, who, req.route_params["id"], query=ErrorsQuery(format="csv"))
        )
        response.headers.update(HEADERS)
        return response

    return await admit_visitor(req, Role.READ, serve, _refuse)


def _refuse(status: HTTPStatus, detail: str) -> func.HttpResponse:
    return func.HttpResponse(detail, status_code=status, mimetype="text/plain", headers=HEADERS)
