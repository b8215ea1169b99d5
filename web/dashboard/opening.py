"""How every page is opened: for whom, as a whole or as the part that an open page asks for again."""

from collections.abc import Callable
from http import HTTPStatus
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

import azure.functions as func

from landfall.config.settings import plan
from landfall.ledger.ledger import RunNotFoundError
from landfall.services import Services, app_services
from web.access import Role
from web.dashboard import csrf
from web.dashboard.rendering import page
from web.dashboard.sign_in import ask_to_sign_in, visitor

SOON, LATER = 2, 5
"""Seconds until a page looks again: while something moves, and while nothing does."""


def shown(
    req: func.HttpRequest, template: str, section: str, load: Callable[[Services], dict[str, Any]]
) -> func.HttpResponse:
    """A page for who may see it; `load` gives its values, or raises RunNotFoundError."""
    who = visitor(req)
    if who is None:
        return ask_to_sign_in(req)
    query = f"?{urlencode(dict(req.params))}" if req.params else ""
    token = csrf.token_of(req)
    frame: dict[str, Any] = {
        "section": section,
        "part": req.headers.get("HX-Request") is not None,
        "here": quote(urlsplit(req.url).path) + query,
        "csrf": token,
        "may_operate": who.may(Role.OPERATE),
        "signs_out": not plan().access.sign_in,
        "seconds": LATER,
    }
    headers = csrf.keep(req, token)
    if not who.may(Role.READ):
        return page("missing.html", HTTPStatus.NOT_FOUND, headers, **frame, message="nothing here")
    try:
        return page(template, headers=headers, **{**frame, **load(app_services())})
    except RunNotFoundError as error:
        return page("missing.html", HTTPStatus.NOT_FOUND, headers, **frame, message=str(error))
