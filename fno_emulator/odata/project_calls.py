"""Data projects over OData: made, changed and removed like any record (fno-behaviour 1.11)."""

import json
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any

from fno_emulator.dmf.environment import Environment
from fno_emulator.dmf.model import projects
from fno_emulator.dmf.model.manifest import EntityDefinition
from fno_emulator.dmf.model.projects import Project
from fno_emulator.odata import keys
from fno_emulator.odata.call import Call

GROUPS, DETAILS = "DataManagementDefinitionGroups", "DataManagementDefinitionGroupDetails"
_YES = "yes"
Key = dict[str, str]
Write = Callable[[], Key | None]
"""Writes; gives the record's key, None when there is none to be written to."""


class ProjectCalls:
    """The two sets projects consist of: the groups, and their details, one per entity.

    Args:
        environment: where the projects are.
    """

    def __init__(self, environment: Environment) -> None:
        self._environment = environment

    def change(self, call: Call) -> Write | None:
        """What a call writes; None when it writes no project.

        The write raises ValueError where it is refused.
        """
        known: dict[tuple[str, str], Callable[[Key, dict[str, Any]], Key | None]] = {
            ("POST", GROUPS): self._create,
            ("PATCH", GROUPS): self._change,
            ("DELETE", GROUPS): self._remove,
            ("POST", DETAILS): self._add,
            ("PATCH", DETAILS): self._alter,
            ("DELETE", DETAILS): self._drop,
        }
        write = known.get((call.method, call.collection))
        return partial(self._write, call, write) if write else None

    def _write(self, call: Call, write: Callable[[Key, dict[str, Any]], Key | None]) -> Key | None:
        try:
            return write(keys.pairs(call.key or "") or {}, json.loads(call.body or b"{}"))
        except (ValueError, KeyError, AttributeError) as error:
            raise ValueError(f"Write failed for table row of type '{call.collection}'. {error}") from None

    def _project(self, key: Key) -> Project | None:
        name = key.get("Name") or key.get("DefinitionGroupId") or key.get("", "")
        return projects.find(self._environment.database, name)

    def _create(self, _: Key, given: dict[str, Any]) -> Key:
        if projects.find(self._environment.database, given["Name"]):
            raise ValueError("Cannot create a record in Data project. The record already exists.")
        projects.save(self._environment.database, _changed(projects.new(given["Name"]), given))
        return {"Name": given["Name"]}

    def _change(self, key: Key, given: dict[str, Any]) -> Key | None:
        project = self._project(key)
        if project is None:
            return None
        projects.save(self._environment.database, _changed(project, given))
        return key

    def _remove(self, key: Key, _: dict[str, Any]) -> Key | None:
        project = self._project(key)
        if project is None:
            return None
        projects.remove(self._environment.database, project.name)
        return key

    def _add(self, _: Key, given: dict[str, Any]) -> Key:
        project = projects.find(self._environment.database, given["DefinitionGroupId"])
        made = self._new_detail(given)
        if project is None or made is None:
            raise ValueError("The data project or the entity does not exist.")
        self._replace(project, _detailed(made, given))
        return {"DefinitionGroupId": project.name, "EntityName": made.entity}

    def _new_detail(self, given: dict[str, Any]) -> EntityDefinition | None:
        """An entity as a project takes it up; its mapping only where it is to be generated. Composites need none."""
        if composite := self._environment.catalogue.composite(given["EntityName"]):
            return EntityDefinition(composite.label, source_format="XML-Attribute")
        entity = self._environment.catalogue.by_label(given["EntityName"])
        if entity is None:
            return None
        fields = entity.fields if str(given.get("AutoGenerateMapping", "")).lower() == _YES else ()
        return EntityDefinition(entity.label, mapping=tuple((one.staging, one.staging) for one in fields))

    def _alter(self, key: Key, given: dict[str, Any]) -> Key | None:
        project, found = self._detail(key)
        if project is None or found is None:
            return None
        self._replace(project, _detailed(found, given))
        return key

    def _drop(self, key: Key, _: dict[str, Any]) -> Key | None:
        project, found = self._detail(key)
        if project is None or found is None:
            return None
        left = tuple(one for one in project.entities if one != found)
        projects.save(self._environment.database, replace(project, entities=left))
        return key

    def _detail(self, key: Key) -> tuple[Project | None, EntityDefinition | None]:
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
