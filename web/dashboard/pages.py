"""Serves every page: whole, or only the part that an open page refreshes."""

import asyncio
from collections.abc import Callable
from functools import partial
from http import HTTPStatus
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

import azure.functions as func

from landfall.config.settings import plan
from landfall.records import UNNAMED, Closure
from landfall.services import Services, app_services
from web.access import Principal, Role, result_of
from web.dashboard import csrf
from web.dashboard.rendering import page
from web.dashboard.sign_in import admit_visitor

SOON, LATER = 2, 5
"""Seconds until a page refreshes: while something moves, and while nothing does."""


async def serve_page(
    req: func.HttpRequest, template: str, section: str, load: Callable[[Services], Any]
) -> func.HttpResponse:
    """A page for whoever may read. `load`, async or not, gives its values, or raises RunNotFoundError."""
    query = f"?{urlencode(dict(req.params), errors='replace')}" if req.params else ""
    token = csrf.token_of(req)
    headers = csrf.cookie_header(req, token)
    frame: dict[str, Any] = {
        "section": section,
        "part": req.headers.get("HX-Request") is not None,
        "here": quote(urlsplit(req.url).path, errors="replace") + query,
        "csrf": token,
        "signs_out": not plan().access.sign_in,
        "seconds": LATER,
        "mistakes": (),
        "closed": (),
    }

    async def serve(who: Principal) -> func.HttpResponse:
        services = await asyncio.to_thread(app_services)
        closed = await asyncio.to_thread(_closed, services)
        known = {"may_operate": who.may(Role.OPERATE), "mistakes": services.mistakes, "closed": closed}
        values = {**frame, **known, **await result_of(load, services)}
        return await asyncio.to_thread(partial(page, template, headers=headers, **values))

    def refuse(status: HTTPStatus, detail: str) -> func.HttpResponse:  # noqa: ARG001  the page says the same of all
        return page("missing.html", status, headers, **frame)

    return await admit_visitor(req, Role.READ, serve, refuse)


def _closed(services: Services) -> list[tuple[str, Closure]]:
    """The environments to which nothing may go now: the name of each, and why."""
    found = ((name or UNNAMED, services.closure(name)) for name in services.environments)
    return [(name, closure) for name, closure in found if closure]
