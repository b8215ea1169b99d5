"""Data projects over OData: made, changed and removed like any record (fno-behaviour 1.11)."""

import asyncio
import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from aiohttp import web

from emulator.control.observer import Observer
from emulator.dmf import projects
from emulator.dmf.environment import Environment
from emulator.dmf.manifest import EntityDefinition
from emulator.dmf.projects import Project
from emulator.odata import envelope, keys, queries
from emulator.odata.service import Service

GROUPS, DETAILS = "DataManagementDefinitionGroups", "DataManagementDefinitionGroupDetails"
_YES = "yes"


class ProjectRoutes:
    """The two sets projects consist of: the groups, and their details, one per entity.

    Args:
        service: the F&O URL.
        environment: where the projects are.
        observer: logs calls and lets faults strike.
    """

    def __init__(self, service: Service, environment: Environment, observer: Observer) -> None:
        self._service = service
        self._environment = environment
        self._observer = observer

    def add_to(self, app: web.Application) -> None:
        """Register the routes; reading the sets as wholes is the entity routes' work."""
        for name, create, change, remove in (
            (GROUPS, self._create, self._change, self._remove),
            (DETAILS, self._add, self._alter, self._drop),
        ):
            path = f"{self._service.prefix}/data/{name}"
            app.router.add_post(path, self._handler(f"Create {name}", create))
            app.router.add_get(f"{path}({{key:.*}})", self._handler(f"Read {name}", self._read))
            app.router.add_patch(f"{path}({{key:.*}})", self._handler(f"Update {name}", change))
            app.router.add_delete(f"{path}({{key:.*}})", self._handler(f"Delete {name}", remove))

    def _handler(
        self, operation: str, handle: Callable[[str, dict[str, str], dict[str, Any]], web.Response | None]
    ) -> Callable[[web.Request], Any]:
        async def handler(request: web.Request) -> web.StreamResponse:
            if refused := self._service.refused(request):
                return refused
            collection = operation.partition(" ")[2]
            key = keys.pairs(request.match_info.get("key", ""))
            body = await request.read()

            async def work() -> web.Response:
                try:
                    given = dict(request.query) if request.method == "GET" else json.loads(body or b"{}")
                    found = await asyncio.to_thread(handle, collection, key or {}, given)
                except (ValueError, KeyError, AttributeError) as error:
                    return envelope.error(f"Write failed for table row of type '{collection}'. {error}")
                return found or envelope.answer(
                    {"error": {"code": "", "message": "No resources were found."}}, 404
                )

            return await self._observer.observe(request, operation, {}, work)

        return handler

    def _project(self, key: dict[str, str]) -> Project | None:
        name = key.get("Name") or key.get("DefinitionGroupId") or key.get("", "")
        return projects.find(self._environment.database, name)

    def _read(self, collection: str, key: dict[str, str], options: dict[str, Any]) -> web.Response | None:
        found = queries.companion(self._environment, collection, key, options)
        if found is None:
            return None
        return envelope.answer({"@odata.context": self._service.context(f"{collection}/$entity"), **found})

    def _create(self, collection: str, _: dict[str, str], given: dict[str, Any]) -> web.Response | None:
        if projects.find(self._environment.database, given["Name"]):
            raise ValueError("Cannot create a record in Data project. The record already exists.")
        projects.save(self._environment.database, _changed(projects.new(given["Name"]), given))
        made = self._read(collection, {"Name": given["Name"]}, {})
        if made:
            made.set_status(201)
        return made

    def _change(self, _: str, key: dict[str, str], given: dict[str, Any]) -> web.Response | None:
        project = self._project(key)
        if project is None:
            return None
        projects.save(self._environment.database, _changed(project, given))
        return web.Response(status=204, headers=envelope.headers())

    def _remove(self, _: str, key: dict[str, str], __: dict[str, Any]) -> web.Response | None:
        project = self._project(key)
        if project is None:
            return None
        projects.remove(self._environment.database, project.name)
        return web.Response(status=204, headers=envelope.headers())

    def _add(self, collection: str, _: dict[str, str], given: dict[str, Any]) -> web.Response | None:
        project = projects.find(self._environment.database, given["DefinitionGroupId"])
        made = self._new_detail(given)
        if project is None or made is None:
            raise ValueError("The data project or the entity does not exist.")
        self._replace(project, _detailed(made, given))
        response = self._read(collection, {"DefinitionGroupId": project.name, "EntityName": made.entity}, {})
        if response:
            response.set_status(201)
        return response

    def _new_detail(self, given: dict[str, Any]) -> EntityDefinition | None:
        """An entity as a project takes it up; its mapping only where it is to be generated. Composites need none."""
        if composite := self._environment.catalogue.composite(given["EntityName"]):
            return EntityDefinition(composite.label, source_format="XML-Attribute")
        entity = self._environment.catalogue.by_label(given["EntityName"])
        if entity is None:
            return None
        fields = entity.fields if str(given.get("AutoGenerateMapping", "")).lower() == _YES else ()
        return EntityDefinition(entity.label, mapping=tuple((one.staging, one.staging) for one in fields))

    def _alter(self, _: str, key: dict[str, str], given: dict[str, Any]) -> web.Response | None:
        project, found = self._detail(key)
        if project is None or found is None:
            return None
        self._replace(project, _detailed(found, given))
        return web.Response(status=204, headers=envelope.headers())

    def _drop(self, _: str, key: dict[str, str], __: dict[str, Any]) -> web.Response | None:
        project, found = self._detail(key)
        if project is None or found is None:
            return None
        left = tuple(one for one in project.entities if one != found)
        projects.save(self._environment.database, replace(project, entities=left))
        return web.Response(status=204, headers=envelope.headers())

    def _detail(self, key: dict[str, str]) -> tuple[Project | None, EntityDefinition | None]:
        project = self._project(key)
        label = key.get("EntityName", "").lower()
        return project, next(
            (one for one in (project.entities if project else ()) if one.entity.lower() == label), None
        )

    def _replace(self, project: Project, detail: EntityDefinition) -> None:
        others = tuple(one for one in project.entities if one.entity != detail.entity)
        projects.save(self._environment.database, replace(project, entities=(*others, detail)))


def _changed(project: Project, given: dict[str, Any]) -> Project:
    return replace(
        project,
        description=given.get("Description", project.description),
        operation=given.get("OperationType", project.operation),
        category=given.get("ProjectCategory", project.category),
        truncates=str(given.get("TruncateEntityData", "Yes" if project.truncates else "No")).lower() == _YES,
    )


def _detailed(detail: EntityDefinition, given: dict[str, Any]) -> EntityDefinition:
    names = {
        "SourceFormat": "source_format",
        "InputFilePath": "file",
        "ExecutionUnit": "unit",
        "LevelInExecutionUnit": "level",
        "SequenceInLevel": "sequence",
        "ExcelSheetName": "sheet",
        "DefaultRefreshType": "refresh",
    }
    flags = {
        "FailExecutionUnitOnError": "fail_unit",
        "FailLevelOnError": "fail_level",
        "RunBusinessValidation": "validate",
        "Disable": "disabled",
    }
    if str(given.get("SkipStaging", "")).lower() == _YES:
        raise ValueError("Staging cannot be skipped.")
    values = {names[name]: value for name, value in given.items() if name in names}
    values |= {flags[name]: str(value).lower() == _YES for name, value in given.items() if name in flags}
    return replace(detail, **values)
