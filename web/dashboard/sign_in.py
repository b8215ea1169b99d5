"""Signing in: the host checks the function key in a header, once; from then on a cookie says who it was.

Function keys are checked by the Functions host before our code runs, and a browser can send none with a link. So
pages are open at the host and ask for a session here, and the one route that begins sessions wants the key.
"""

import json
from http import HTTPStatus
from urllib.parse import quote, urlsplit

import azure.durable_functions as df
import azure.functions as func

from landfall.config.settings import plan
from landfall.ledger.sessions import LIFE, Sessions
from landfall.services import app_services
from landfall.storage.account import RUNS
from web.access import KEY_HOLDER, Principal, principal_of
from web.dashboard.assets import BASE, HEADERS, OPEN
from web.dashboard.csrf import cookie_of, set_cookie
from web.dashboard.rendering import page, redirect

bp = df.Blueprint()

COOKIE = "landfall_session"
TICKET = "X-Landfall-Ticket"


@bp.route(route="dashboard/sign-in", methods=["GET"], auth_level=OPEN)
def dashboard_sign_in(req: func.HttpRequest) -> func.HttpResponse:
    """The page that asks for the key, and uses up the ticket of a link that brought one."""
    return page("sign_in.html", goal=_goal(req.params.get("next", "")))


@bp.route(route="dashboard/session", methods=["POST"], auth_level=func.AuthLevel.FUNCTION)
def dashboard_session(req: func.HttpRequest) -> func.HttpResponse:
    """Begin a session for who has the function key."""
    return _signed_in(req, _sessions().open())


@bp.route(route="dashboard/tickets", methods=["POST"], auth_level=func.AuthLevel.FUNCTION)
def dashboard_ticket(req: func.HttpRequest) -> func.HttpResponse:  # noqa: ARG001
    """Make a link that opens the dashboard once. The ticket is behind the #, which browsers send nowhere."""
    made = {"path": f"{BASE}/sign-in#{_sessions().issue_ticket()}"}
    return func.HttpResponse(
        json.dumps(made), status_code=HTTPStatus.CREATED, mimetype="application/json", headers=HEADERS
    )


@bp.route(route="dashboard/tickets/use", methods=["POST"], auth_level=OPEN)
def dashboard_ticket_use(req: func.HttpRequest) -> func.HttpResponse:
    """Begin a session for who has an unused ticket."""
    token = _sessions().redeem(req.headers.get(TICKET, ""))
    return _signed_in(req, token) if token else func.HttpResponse(status_code=HTTPStatus.UNAUTHORIZED)


@bp.route(route="dashboard/sign-out", methods=["POST"], auth_level=OPEN)
def dashboard_sign_out(req: func.HttpRequest) -> func.HttpResponse:
    """End the session, here and in the browser."""
    _sessions().close(cookie_of(req, COOKIE))
    return redirect(f"{BASE}/sign-in", {"Set-Cookie": set_cookie(req, COOKIE, "", 0), **HEADERS})


def visitor(req: func.HttpRequest) -> Principal | None:
    """Who sends the request: whom the sign-in before the app has let in, else who has a session; None for others."""
    if plan().access.sign_in:
        return principal_of(req.headers, sign_in=True)
    token = cookie_of(req, COOKIE)
    return KEY_HOLDER if token and _sessions().is_open(token) else None


def ask_to_sign_in(req: func.HttpRequest) -> func.HttpResponse:
    """The way to the sign-in page and back; for what a page asks for by itself, as htmx follows it."""
    if plan().access.sign_in:
        # The platform's own sign-in is met when the page is loaded anew.
        headers = {"HX-Refresh": "true", **HEADERS}
        return func.HttpResponse("Sign in first.", status_code=HTTPStatus.UNAUTHORIZED, headers=headers)
    here = urlsplit(req.headers.get("HX-Current-URL") or req.url)
    goal = f"{BASE}/sign-in?next={quote(here.path + (f'?{here.query}' if here.query else ''))}"
    if req.headers.get("HX-Request"):
        return func.HttpResponse(
            status_code=HTTPStatus.UNAUTHORIZED, headers={"HX-Redirect": goal, **HEADERS}
        )
    return redirect(goal, HEADERS)


def _sessions() -> Sessions:
    return Sessions(app_services().account.tables.get_table_client(RUNS))


def _signed_in(req: func.HttpRequest, token: str) -> func.HttpResponse:
    cookie = set_cookie(req, COOKIE, token, round(LIFE.total_seconds()))
    return func.HttpResponse(status_code=HTTPStatus.NO_CONTENT, headers={"Set-Cookie": cookie, **HEADERS})


def _goal(wanted: str) -> str:
    """The page to go to afterwards: one of ours, whatever a link says."""
    return wanted if wanted == BASE or wanted.startswith((f"{BASE}/", f"{BASE}?")) else BASE
