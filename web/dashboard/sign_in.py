"""Signing in: the host checks the function key in a header, once; from then on a cookie says who it was.

Function keys are checked by the Functions host before our code runs, and a browser can send none with a link. So
pages are open at the host and ask for a session here, and the one route that begins sessions wants the key.
"""

import hashlib
from dataclasses import dataclass
from http import HTTPStatus
from urllib.parse import quote, urlsplit

import azure.durable_functions as df
import azure.functions as func

from landfall.services import services
from landfall.sessions import LIFE, Sessions
from landfall.storage import RUNS
from web.dashboard.assets import BASE
from web.dashboard.rendering import HEADERS, page, redirect
from web.problems import answer

bp = df.Blueprint()

COOKIE = "landfall_session"
TICKET = "X-Landfall-Ticket"
MACHINE = {"localhost", "127.0.0.1"}
"""Where a browser may lack HTTPS, and some keep no Secure cookie without it."""


@bp.route(route="dashboard/sign-in", methods=["GET"], auth_level=func.AuthLevel.ANONYMOUS)
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
    return answer({"path": f"{BASE}/sign-in#{_sessions().issue_ticket()}"}, HTTPStatus.CREATED)


@bp.route(route="dashboard/tickets/use", methods=["POST"], auth_level=func.AuthLevel.ANONYMOUS)
def dashboard_ticket_use(req: func.HttpRequest) -> func.HttpResponse:
    """Begin a session for who has an unused ticket."""
    token = _sessions().redeem(req.headers.get(TICKET, ""))
    return _signed_in(req, token) if token else func.HttpResponse(status_code=HTTPStatus.UNAUTHORIZED)


@bp.route(route="dashboard/sign-out", methods=["POST"], auth_level=func.AuthLevel.ANONYMOUS)
def dashboard_sign_out(req: func.HttpRequest) -> func.HttpResponse:
    """End the session, here and in the browser."""
    _sessions().close(session_token(req))
    return redirect(f"{BASE}/sign-in", {"Set-Cookie": _cookie(req, "", 0), **HEADERS})


@dataclass(frozen=True)
class Visitor:
    """Who looks at a page; `csrf` is what the page's actions bring along, so that no other site's do the same."""

    name: str
    csrf: str


def visitor(req: func.HttpRequest) -> Visitor | None:
    """Who sends the request; None for who must sign in."""
    token = session_token(req)
    if not token or not _sessions().is_open(token):
        return None
    return Visitor("function key", hashlib.sha256(f"csrf {token}".encode()).hexdigest())


def ask_to_sign_in(req: func.HttpRequest) -> func.HttpResponse:
    """The way to the sign-in page and back; for what a page asks for by itself, as htmx follows it."""
    here = urlsplit(req.headers.get("HX-Current-URL") or req.url)
    goal = f"{BASE}/sign-in?next={quote(here.path + (f'?{here.query}' if here.query else ''))}"
    if req.headers.get("HX-Request"):
        return func.HttpResponse(
            status_code=HTTPStatus.UNAUTHORIZED, headers={"HX-Redirect": goal, **HEADERS}
        )
    return redirect(goal, HEADERS)


def session_token(req: func.HttpRequest) -> str:
    """The session's token, empty where the browser sent none."""
    cookies = (each.strip().partition("=") for each in req.headers.get("Cookie", "").split(";"))
    return next((value for name, _, value in cookies if name == COOKIE), "")


def _sessions() -> Sessions:
    return Sessions(services().account.tables.get_table_client(RUNS))


def _signed_in(req: func.HttpRequest, token: str) -> func.HttpResponse:
    cookie = _cookie(req, token, round(LIFE.total_seconds()))
    return func.HttpResponse(status_code=HTTPStatus.NO_CONTENT, headers={"Set-Cookie": cookie, **HEADERS})


def _cookie(req: func.HttpRequest, token: str, seconds: int) -> str:
    secure = "" if urlsplit(req.url).hostname in MACHINE else "; Secure"
    return f"{COOKIE}={token}; Path={BASE}; Max-Age={seconds}; HttpOnly; SameSite=Strict{secure}"


def _goal(wanted: str) -> str:
    """The page to go to afterwards: one of ours, whatever a link says."""
    return wanted if wanted == BASE or wanted.startswith((f"{BASE}/", f"{BASE}?")) else BASE
