"""The page's URLs below `/_emulator/`. The server renders them; they load nothing from elsewhere."""

import asyncio
from collections.abc import Callable
from typing import Any

import jinja2
from aiohttp import web

from fno_emulator.control.faults import FaultPlan
from fno_emulator.dmf.environment import Environment
from fno_emulator.dmf.errors import ActionFailed
from fno_emulator.page import view


class PageRoutes:
    """The pages for job history, executions, projects, entities, target rows and faults.

    Args:
        environment: has the state that the pages show.
        plan: the fault plan.
    """

    def __init__(self, environment: Environment, plan: FaultPlan) -> None:
        self._environment = environment
        self._plan = plan
        self._templates = jinja2.Environment(
            loader=jinja2.PackageLoader("fno_emulator.page"),
            autoescape=True,
            trim_blocks=True,
            lstrip_blocks=True,
        )

    def add_to(self, app: web.Application) -> None:
        """Register the routes."""
        app.router.add_get("/_emulator/", self.history)
        app.router.add_get("/_emulator/page/execution", self.execution)
        app.router.add_get("/_emulator/page/projects", self.projects)
        app.router.add_get("/_emulator/page/entities", self.entities)
        app.router.add_get("/_emulator/page/rows", self.rows)
        app.router.add_get("/_emulator/page/faults", self.faults)

    async def history(self, _: web.Request) -> web.Response:
        """The job history."""
        return await self._page("history.html", lambda: {"history": view.history(self._environment)})

    async def execution(self, request: web.Request) -> web.Response:
        """One execution: `?id=`."""
        wanted = request.query.get("id", "")
        return await self._page("execution.html", lambda: view.execution(self._environment, wanted))

    async def projects(self, _: web.Request) -> web.Response:
        """The data projects."""
        return await self._page("projects.html", lambda: {"projects": view.all_projects(self._environment)})

    async def entities(self, _: web.Request) -> web.Response:
        """The data entities of the catalogue."""
        return await self._page("entities.html", lambda: {"entities": view.entities(self._environment)})

    async def rows(self, request: web.Request) -> web.Response:
        """Target rows: `?entity=label&company=`."""
        entity = self._environment.catalogue.by_label(request.query.get("entity", ""))
        if entity is None:
            return self._not_found("There is no such entity.")
        company = request.query.get("company", "")
        return await self._page(
            "rows.html",
            lambda: {
                "entity": entity,
                "company": company,
                "table": view.rows(self._environment, entity, company),
            },
        )

    async def faults(self, _: web.Request) -> web.Response:
        """The fault plan."""
        return await self._page("faults.html", lambda: {"faults": self._plan.every()})

    async def _page(self, template: str, load: Callable[[], dict[str, Any]]) -> web.Response:
        try:
            values = await asyncio.to_thread(load)
        except ActionFailed as failed:
            return self._not_found(str(failed))
        text = self._templates.get_template(template).render(values, limit=view.LIMIT)
        return web.Response(text=text, content_type="text/html")

    def _not_found(self, message: str) -> web.Response:
        text = self._templates.get_template("missing.html").render(message=message)
        return web.Response(text=text, content_type="text/html", status=404)
