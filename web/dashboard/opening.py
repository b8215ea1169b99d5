"""How every page is opened: for whom, as a whole or as the part that an open page asks for again."""

from collections.abc import Callable
from http import HTTPStatus
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

import azure.functions as func

from landfall.ledger import RunNotFoundError
from landfall.services import Services, services
from web.dashboard.rendering import page
from web.dashboard.sign_in import ask_to_sign_in, visitor

OPEN = func.AuthLevel.ANONYMOUS
"""To the Functions host, which can ask a browser for nothing: who may see what is decided here, see sign_in."""
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
    frame: dict[str, Any] = {
        "section": section,
        "part": req.headers.get("HX-Request") is not None,
        "here": quote(urlsplit(req.url).path) + query,
        "csrf": who.csrf,
        "seconds": LATER,
    }
    try:
        return page(template, **{**frame, **load(services())})
    except RunNotFoundError as error:
        return page("missing.html", HTTPStatus.NOT_FOUND, **frame, message=str(error))
