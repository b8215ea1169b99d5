"""Decides who may do what: by function key, or by the roles of a Microsoft Entra sign-in in front of the app.

With `access.sign_in`, App Service authentication (Easy Auth) lets nobody through who has not signed in. It removes the
client principal's headers from what a caller sends and sets its own. Without it anybody could send those headers, so
Landfall ignores them, and the function key decides.
"""

import asyncio
import base64
import binascii
import inspect
import json
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from http import HTTPStatus
from typing import Any

import azure.functions as func

from landfall.ledger.ledger import RunNotFoundError
from landfall.ledger.lists import PageTokenError
from landfall.telemetry import log_for_threads
from web.problems import ProblemError

PRINCIPAL = "x-ms-client-principal"
NAME = "x-ms-client-principal-name"
ROLE_CLAIMS = {"roles", "http://schemas.microsoft.com/ws/2008/06/identity/claims/role"}
"""The claim types of app roles, before and after the platform has mapped them."""
NAME_CLAIMS = ("preferred_username", "name", "appid", "azp")
MAX_NAME = 200
HOSTS = ("host", "x-forwarded-host", "x-original-host")
"""Headers that name the host which the browser asked: proxies set the last two."""
CHECKS_SIGN_IN = "WEBSITE_AUTH_ENABLED"
"""What App Service sets to True where its authentication stands in front of the app."""
UNCHECKED = (
    "landfall.yaml asks for a sign-in, and App Service authentication is off, so anybody could claim any role. Turn it "
    "on in the app's Authentication settings, or set access.sign_in to false."
)
READING = {"GET", "HEAD"}
NOTHING_HERE = "There is nothing at this address."


class Role(StrEnum):
    """An app role of the Entra registration. `OPERATE` includes `READ`."""

    READ = "Runs.Read"
    OPERATE = "Runs.Operate"


@dataclass(frozen=True)
class Principal:
    """The person or program that sends a request. The ledger keeps `name` with everything they do.

    One that `has_own_key` is no browser, which would send its cookies along: it may name an origin as it likes.
    """

    name: str
    roles: frozenset[Role] = frozenset()
    has_own_key: bool = False

    def may(self, role: Role) -> bool:
        """Whether they have the role, or one that includes it."""
        return role in self.roles or (role == Role.READ and Role.OPERATE in self.roles)


KEY_HOLDER = Principal("function key", frozenset(Role))
"""Anybody with the function key: the Functions host has checked the key and does not say who they are."""


def as_text(sent: str) -> str:
    """What a request holds, without halves of surrogate pairs, which no response and no storage can hold."""
    return sent.encode("utf-8", "replace").decode()


def person(name: str) -> str:
    """A principal's name as a sentence uses it."""
    return "Someone with the function key" if name == KEY_HOLDER.name else name


def is_cross_site(headers: Mapping[str, str]) -> bool:
    """Whether a browser says that a page of another site makes this request, with the cookies it has for us.

    Browsers send `Sec-Fetch-Site` with every request, and no page can change it; old ones send the page's `Origin`
    with a change. Programs send neither.
    """
    site, origin = headers.get("sec-fetch-site"), headers.get("origin")
    if site is not None or origin is None:
        return site not in {None, "none", "same-origin"}
    ours = {headers[name].strip().lower() for name in HOSTS if headers.get(name)}
    return origin.partition("://")[2].lower() not in ours


def principal_of(
    headers: Mapping[str, str], *, sign_in: bool, environment: Mapping[str, str] = os.environ
) -> Principal | None:
    """The sender of a request; None when a sign-in is needed and there was none.

    Raises ProblemError where the platform does not say that it checks sign-ins: then anybody can send its headers.
    """
    if not sign_in:
        return KEY_HOLDER
    if environment.get(CHECKS_SIGN_IN, "").lower() != "true":
        raise ProblemError(HTTPStatus.SERVICE_UNAVAILABLE, UNCHECKED)
    try:
        principal = json.loads(base64.b64decode(headers.get(PRINCIPAL, ""), validate=True))
        claims = [(str(claim["typ"]), str(claim["val"])) for claim in principal["claims"]]
        role_claims = ROLE_CLAIMS | {str(principal.get("role_typ"))}
    except (binascii.Error, ValueError, LookupError, TypeError, AttributeError, RecursionError):
        return None
    names = [value for wanted in NAME_CLAIMS for kind, value in claims if kind == wanted]
    name = headers.get(NAME) or next(iter(names), "somebody without a name")
    granted = {value for kind, value in claims if kind in role_claims}
    return Principal(as_text(name[:MAX_NAME]), frozenset(role for role in Role if role in granted))


async def admit(
    request: func.HttpRequest,
    role: Role,
    identify: Callable[[func.HttpRequest], Principal | None],
    serve: Callable[[Principal], Any],
    refuse: Callable[[HTTPStatus, str], func.HttpResponse],
) -> func.HttpResponse:
    """The response of `serve`, or that of `refuse` when the sender may not have it. Every route answers through here.

    `identify` gives the sender. The refusals are 401 without a sign-in, 404 for a sender who may see nothing, 403
    without the role or for a change that another site's page asks for, and those that `serve` raises.
    """
    try:
        with log_for_threads():
            who = _check(request, role, await result_of(identify, request))
            response: func.HttpResponse = await result_of(serve, who)
    except ProblemError as error:
        return refuse(error.status, as_text(error.detail))
    except (RunNotFoundError, PageTokenError) as error:
        detail = as_text(str(error))
        return refuse(HTTPStatus.NOT_FOUND, f"{detail[:1].upper()}{detail[1:]}.")
    return response


def _check(request: func.HttpRequest, role: Role, who: Principal | None) -> Principal:
    if who is None:
        raise ProblemError(HTTPStatus.UNAUTHORIZED, "Sign in first.")
    if not who.may(Role.READ):
        raise ProblemError(HTTPStatus.NOT_FOUND, NOTHING_HERE)
    if not who.may(role):
        detail = f"This needs the role {role}. Ask the administrator of the app for it."
        raise ProblemError(HTTPStatus.FORBIDDEN, detail)
    if request.method not in READING and not who.has_own_key and is_cross_site(request.headers):
        raise ProblemError(HTTPStatus.FORBIDDEN, "A page of another site may not do this.")
    return who


async def result_of(function: Callable[..., Any], *arguments: Any) -> Any:
    """What a function returns: awaited if it is async, else run in a thread, because it may wait for storage."""
    if inspect.iscoroutinefunction(function):
        return await function(*arguments)
    return await asyncio.to_thread(function, *arguments)
