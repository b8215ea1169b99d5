"""Signs people in: the Functions host checks the function key once, from then on a session cookie counts.

The Functions host checks keys before Landfall's code runs, and a browser cannot send one with a link. So the pages are
open at the host and ask for a session here, and the host checks the key on the one route that starts sessions.
"""

import json
from collections.abc import Callable
from http import HTTPStatus
from typing import Any
from urllib.parse import quote, urlsplit

import azure.durable_functions as df
import azure.functions as func

from landfall.config.settings import plan
from landfall.ledger.sessions import LIFE, Sessions
from landfall.services import app_services
from landfall.storage.account import RUNS
from web.access import KEY_HOLDER, Principal, Role, admit, principal_of
from web.dashboard.assets import BASE, HEADERS, OPEN
from web.dashboard.csrf import cookie_of, set_cookie
from web.dashboard.rendering import page, redirect

bp = df.Blueprint()

COOKIE = "landfall_session"
TICKET = "X-Landfall-Ticket"


@bp.route(route="dashboard/sign-in", methods=["GET"], auth_level=OPEN)
def dashboard_sign_in(req: func.HttpRequest) -> func.HttpResponse:
    """The page that asks for the key, or redeems the ticket of a link."""
    return page("sign_in.html", goal=_goal(req.params.get("next", "")))


@bp.route(route="dashboard/session", methods=["POST"], auth_level=func.AuthLevel.FUNCTION)
def dashboard_session(req: func.HttpRequest) -> func.HttpResponse:
    """Start a session for a request with the function key."""
    return _signed_in(req, _sessions().open())


@bp.route(route="dashboard/tickets", methods=["POST"], auth_level=func.AuthLevel.FUNCTION)
def dashboard_ticket(req: func.HttpRequest) -> func.HttpResponse:  # noqa: ARG001  the key alone counts
    """Make a link that opens the dashboard once. The ticket follows the #, which browsers do not send."""
    link = {"path": f"{BASE}/sign-in#{_sessions().issue_ticket()}"}
    return func.HttpResponse(
        json.dumps(link), status_code=HTTPStatus.CREATED, mimetype="application/json", headers=HEADERS
    )


@bp.route(route="dashboard/tickets/use", methods=["POST"], auth_level=OPEN)
def dashboard_ticket_use(req: func.HttpRequest) -> func.HttpResponse:
    """Start a session for a request with an unused ticket."""
    token = _sessions().redeem(req.headers.get(TICKET, ""))
    return _signed_in(req, token) if token else func.HttpResponse(status_code=HTTPStatus.UNAUTHORIZED)


@bp.route(route="dashboard/sign-out", methods=["POST"], auth_level=OPEN)
def dashboard_sign_out(req: func.HttpRequest) -> func.HttpResponse:
    """End the session, in the ledger and in the browser."""
    _sessions().close(cookie_of(req, COOKIE))
    return redirect(f"{BASE}/sign-in", {"Set-Cookie": set_cookie(req, COOKIE, "", 0), **HEADERS})


async def admit_visitor(
    req: func.HttpRequest,
    role: Role,
    serve: Callable[[Principal], Any],
    refuse: Callable[[HTTPStatus, str], func.HttpResponse],
) -> func.HttpResponse:
    """The response of `serve` to a visitor with the role; the way to sign in, or `refuse`'s response, to others."""

    def sign_in_or_refuse(status: HTTPStatus, detail: str) -> func.HttpResponse:
        return _ask_to_sign_in(req) if status == HTTPStatus.UNAUTHORIZED else refuse(status, detail)

    return await admit(req, role, _visitor, serve, sign_in_or_refuse)


def _visitor(req: func.HttpRequest) -> Principal | None:
    """The person whom the app's sign-in let in, or who has a session; None for anybody else."""
    if plan().access.sign_in:
        return principal_of(req.headers, sign_in=True)
    token = cookie_of(req, COOKIE)
    return KEY_HOLDER if token and _sessions().is_open(token) else None


def _ask_to_sign_in(req: func.HttpRequest) -> func.HttpResponse:
    """A redirect to the sign-in page and back. An open page's own requests get it as htmx follows it."""
    if plan().access.sign_in:
        # A reload of the page leads to the platform's own sign-in.
        headers = {"HX-Refresh": "true", **HEADERS}
        return func.HttpResponse("Sign in first.", status_code=HTTPStatus.UNAUTHORIZED, headers=headers)
    goal = f"{BASE}/sign-in?next={quote(_path_of(req.headers.get('HX-Current-URL') or req.url), errors='replace')}"
    if req.headers.get("HX-Request"):
        return func.HttpResponse(status_code=HTTPStatus.UNAUTHORIZED, headers={"HX-Redirect": goal, **HEADERS})
    return redirect(goal, HEADERS)


def _path_of(url: str) -> str:
    """A URL's path and query; the first page's for a URL that is none."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return BASE
    return parts.path + (f"?{parts.query}" if parts.query else "")


def _sessions() -> Sessions:
    return Sessions(app_services().account.tables.get_table_client(RUNS))


def _signed_in(req: func.HttpRequest, token: str) -> func.HttpResponse:
    cookie = set_cookie(req, COOKIE, token, round(LIFE.total_seconds()))
    return func.HttpResponse(status_code=HTTPStatus.NO_CONTENT, headers={"Set-Cookie": cookie, **HEADERS})


def _goal(wanted: str) -> str:
    """The page to open after signing in, always one of the dashboard's."""
    return wanted if wanted == BASE or wanted.startswith((f"{BASE}/", f"{BASE}?")) else BASE
