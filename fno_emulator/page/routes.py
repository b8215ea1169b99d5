"""The page's URLs below `/_emulator/`. The server renders them; they load nothing from elsewhere."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import jinja2
from aiohttp import web

from fno_emulator.control.faults import FaultPlan
from fno_emulator.dmf.environment import Environment
from fno_emulator.dmf.errors import ActionFailed
from fno_emulator.dmf.model import projects
from fno_emulator.page import view

_Load = Callable[[Mapping[str, str]], dict[str, Any]]
"""Loads the values of a page for its query parameters."""


class PageRoutes:
    """The pages for job history, executions, projects, entities, target rows and faults.

    Args:
        environment: has the state that the pages show.
        plan: the fault plan.
    """

    def __init__(self, environment: Environment, plan: FaultPlan) -> None:
        self._pages: dict[str, tuple[str, _Load]] = {
            "": ("history.html", lambda _: {"history": view.history(environment)}),
            "page/execution": ("execution.html", lambda query: view.execution(environment, query.get("id", ""))),
            "page/projects": ("projects.html", lambda _: {"projects": projects.every(environment.database)}),
            "page/entities": ("entities.html", lambda _: {"entities": view.entities(environment)}),
            "page/rows": (
                "rows.html",
                lambda query: view.rows(environment, query.get("entity", ""), query.get("company", "")),
            ),
            "page/faults": ("faults.html", lambda _: {"faults": plan.every()}),
        }
        self._templates = jinja2.Environment(
            loader=jinja2.PackageLoader("fno_emulator.page"), autoescape=True, trim_blocks=True, lstrip_blocks=True
        )

    def add_to(self, app: web.Application) -> None:
        """Register the routes."""
        for path, (template, load) in self._pages.items():
            app.router.add_get(f"/_emulator/{path}", self._handler(template, load))

    def _handler(self, template: str, load: _Load) -> Callable[[web.Request], Awaitable[web.Response]]:
        async def handle(request: web.Request) -> web.Response:
            try:
                values = await asyncio.to_thread(load, request.query)
            except ActionFailed as failed:
                return self._render("missing.html", 404, message=str(failed))
            return self._render(template, 200, **values, limit=view.LIMIT)

        return handle

    def _render(self, template: str, status: int, **values: Any) -> web.Response:
        text = self._templates.get_template(template).render(values)
        return web.Response(text=text, content_type="text/html", status=status)
