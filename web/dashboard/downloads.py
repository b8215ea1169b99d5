"""What a person takes from a run: its receipt, its errors, its repair package; through the app, without a SAS."""

import mimetypes
from http import HTTPStatus

import azure.durable_functions as df
import azure.functions as func

from landfall.ledger import RunNotFoundError
from landfall.services import Services, services
from web.dashboard.opening import OPEN
from web.dashboard.rendering import HEADERS
from web.dashboard.run_page import DOWNLOADS
from web.dashboard.sign_in import ask_to_sign_in, visitor

bp = df.Blueprint()

MAX_BYTES = 100 * 1024 * 1024
"""An answer is held in memory whole; Azure's own front end takes no larger requests either."""


@bp.route(route="dashboard/runs/{id}/files/{label}", methods=["GET"], auth_level=OPEN)
def dashboard_download(req: func.HttpRequest) -> func.HttpResponse:
    """One of the run's files, to be saved under its own name."""
    if visitor(req) is None:
        return ask_to_sign_in(req)
    return _file(services(), req.route_params["id"], req.route_params["label"])


def _file(known: Services, run_id: str, label: str) -> func.HttpResponse:
    try:
        place = known.ledger.get(run_id).files.get(label) if label in DOWNLOADS else None
    except RunNotFoundError:
        place = None
    if place is None:
        return _said(HTTPStatus.NOT_FOUND, "There is no such file.")
    reading = known.account.blob(place).download_blob()
    if reading.size > MAX_BYTES:
        return _said(
            HTTPStatus.REQUEST_ENTITY_TOO_LARGE, f"It is too large for a browser; take {place} from storage."
        )
    name = place.rpartition("/")[2]
    kind = mimetypes.guess_type(name)[0] or "application/octet-stream"
    disposition = {"Content-Disposition": f'attachment; filename="{name}"'}
    return func.HttpResponse(reading.readall(), mimetype=kind, headers={**HEADERS, **disposition})


def _said(status: HTTPStatus, words: str) -> func.HttpResponse:
    return func.HttpResponse(words, status_code=status, mimetype="text/plain", headers=HEADERS)
