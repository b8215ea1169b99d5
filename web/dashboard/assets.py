"""The static files of the pages: style, scripts, icon. Each address holds the version of its file."""

import hashlib
import mimetypes
from functools import cache
from http import HTTPStatus
from pathlib import Path

import azure.durable_functions as df
import azure.functions as func

bp = df.Blueprint()

BASE = "/api/dashboard"
"""The path of all pages; browsers send the session cookie nowhere else."""
OPEN = func.AuthLevel.ANONYMOUS
"""A browser has no function key to send, so the pages check access themselves."""
HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
        "form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cache-Control": "no-store",
}
YEAR = "public, max-age=31536000, immutable"
FOLDER = Path(__file__).parent / "static"


@cache
def files() -> dict[str, bytes]:
    """The content of every file by its name."""
    return {path.name: path.read_bytes() for path in FOLDER.iterdir() if path.is_file()}


@cache
def version(name: str) -> str:
    """Twelve hex digits that change with the file's content."""
    return hashlib.sha256(files()[name]).hexdigest()[:12]


def asset(name: str) -> str:
    """The address of a file's present version."""
    return f"{BASE}/static/{name}?v={version(name)}"


@bp.route(route="dashboard/static/{name}", methods=["GET"], auth_level=OPEN)
def dashboard_static(req: func.HttpRequest) -> func.HttpResponse:
    """One of the files. Browsers keep it for a year if the address has its present version."""
    name = req.route_params["name"]
    content = files().get(name)
    if content is None:
        return func.HttpResponse(status_code=HTTPStatus.NOT_FOUND, headers=HEADERS)
    is_current = req.params.get("v") == version(name)
    return func.HttpResponse(
        content,
        mimetype=mimetypes.guess_type(name)[0] or "text/plain",
        charset="utf-8",
        headers={**HEADERS, "Cache-Control": YEAR if is_current else "no-cache"},
    )
