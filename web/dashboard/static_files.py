"""Serves the files that pages name, by their names alone, so that no path leads elsewhere."""

import mimetypes
from http import HTTPStatus

import azure.durable_functions as df
import azure.functions as func

from web.dashboard.assets import files, version
from web.dashboard.rendering import HEADERS
from web.dashboard.sign_in import OPEN

bp = df.Blueprint()

YEAR = "public, max-age=31536000, immutable"


@bp.route(route="dashboard/static/{name}", methods=["GET"], auth_level=OPEN)
def dashboard_static(req: func.HttpRequest) -> func.HttpResponse:
    """One of the files; for a year where the page named the version that this is."""
    name = req.route_params["name"]
    content = files().get(name)
    if content is None:
        return func.HttpResponse(status_code=HTTPStatus.NOT_FOUND, headers=HEADERS)
    fresh = req.params.get("v") == version(name)
    return func.HttpResponse(
        content,
        mimetype=mimetypes.guess_type(name)[0] or "text/plain",
        charset="utf-8",
        headers={**HEADERS, "Cache-Control": YEAR if fresh else "no-cache"},
    )
