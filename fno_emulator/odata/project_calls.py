"""Data projects over OData, where callers create, change and delete them as records (fno-behaviour 1.11)."""

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
"""Writes a record and returns its key; returns None if the record does not exist."""


class ProjectCalls:
    """Writes to the two sets of data projects: the groups, and their details, one per entity.

    Args:
        environment: where projects are stored.
    """

    def __init__(self, environment: Environment) -> None:
        self._environment = environment

    def change(self, call: Call) -> Write | None:
        """The write that a call asks for; None if it does not write to a project.

        The write raises ValueError if it is refused.
        """
        writes: dict[tuple[str, str], Callable[[Key, dict[str, Any]], Key | None]] = {
            ("POST", GROUPS): self._create,
            ("PATCH", GROUPS): self._change,
            ("DELETE", GROUPS): self._delete,
            ("POST", DETAILS): self._create_detail,
            ("PATCH", DETAILS): self._change_detail,
            ("DELETE", DETAILS): self._delete_detail,
        }
        write = writes.get((call.method, call.collection))
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
        projects.save(self._environment.database, _apply_to_project(projects.new(given["Name"]), given))
        return {"Name": given["Name"]}

    def _change(self, key: Key, given: dict[str, Any]) -> Key | None:
        project = self._project(key)
        if project is None:
            return None
        projects.save(self._environment.database, _apply_to_project(project, given))
        return key

    def _delete(self, key: Key, _: dict[str, Any]) -> Key | None:
        project = self._project(key)
        if project is None:
            return None
        projects.remove(self._environment.database, project.name)
        return key

    def _create_detail(self, _: Key, given: dict[str, Any]) -> Key:
        project = projects.find(self._environment.database, given["DefinitionGroupId"])
        made = self._new_detail(given)
        if project is None or made is None:
            raise ValueError("The data project or the entity does not exist.")
        self._replace(project, _apply_to_detail(made, given))
        return {"DefinitionGroupId": project.name, "EntityName": made.entity}

    def _new_detail(self, given: dict[str, Any]) -> EntityDefinition | None:
        """A new detail, with a mapping if it is to be generated; composites need none. None if there is no such entity."""
        if composite := self._environment.catalogue.composite(given["EntityName"]):
            return EntityDefinition(composite.label, source_format="XML-Attribute")
        entity = self._environment.catalogue.by_label(given["EntityName"])
        if entity is None:
            return None
        fields = entity.fields if str(given.get("AutoGenerateMapping", "")).lower() == _YES else ()
        return EntityDefinition(entity.label, mapping=tuple((one.staging, one.staging) for one in fields))

    def _change_detail(self, key: Key, given: dict[str, Any]) -> Key | None:
        project, found = self._detail(key)
        if project is None or found is None:
            return None
        self._replace(project, _apply_to_detail(found, given))
        return key

    def _delete_detail(self, key: Key, _: dict[str, Any]) -> Key | None:
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


def _apply_to_project(project: Project, given: dict[str, Any]) -> Project:
    return replace(
        project,
        description=given.get("Description", project.description),
        operation=given.get("OperationType", project.operation),
        category=given.get("ProjectCategory", project.category),
        truncates=str(given.get("TruncateEntityData", "Yes" if project.truncates else "No")).lower() == _YES,
    )


def _apply_to_detail(detail: EntityDefinition, given: dict[str, Any]) -> EntityDefinition:
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
