"""Data projects over OData, where callers create, change and delete them as records (fno-behaviour 1.11)."""

import json
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any

from fno_emulator.dmf.environment import Environment
from fno_emulator.dmf.model import projects
from fno_emulator.dmf.model.manifest import FLAGS, NUMBERS, TEXTS, EntityDefinition
from fno_emulator.dmf.model.projects import Project
from fno_emulator.odata import keys
from fno_emulator.odata.call import Call, NoSuchRecord

GROUPS, DETAILS = "DataManagementDefinitionGroups", "DataManagementDefinitionGroupDetails"
_YES = "yes"
Key = dict[str, str]
_Write = Callable[[Key, dict[str, Any]], Key]


class ProjectCalls:
    """Writes to the two sets of data projects: the groups, and their details, one per entity.

    Args:
        environment: where projects are stored.
    """

    def __init__(self, environment: Environment) -> None:
        self._environment = environment

    def write_of(self, call: Call) -> Callable[[], Key] | None:
        """The write that a call asks for, which returns the record's key; None if it does not write to a project.

        The write raises ValueError if it is refused, and NoSuchRecord.
        """
        writes: dict[tuple[str, str], _Write] = {
            ("POST", GROUPS): self._create,
            ("PATCH", GROUPS): self._change,
            ("DELETE", GROUPS): self._delete,
            ("POST", DETAILS): self._create_detail,
            ("PATCH", DETAILS): self._change_detail,
            ("DELETE", DETAILS): self._delete_detail,
        }
        write = writes.get((call.method, call.collection))
        return partial(self._write, call, write) if write else None

    @staticmethod
    def _write(call: Call, write: _Write) -> Key:
        try:
            return write(keys.pairs(call.key or "") or {}, json.loads(call.body or b"{}"))
        except (ValueError, KeyError, AttributeError) as error:
            raise ValueError(f"Write failed for table row of type '{call.collection}'. {error}") from None

    def _project(self, key: Key) -> Project:
        name = key.get("Name") or key.get("DefinitionGroupId") or key.get("", "")
        found = projects.find(self._environment.database, name)
        if found is None:
            raise NoSuchRecord
        return found

    def _create(self, _: Key, given: dict[str, Any]) -> Key:
        if projects.find(self._environment.database, given["Name"]):
            raise ValueError("Cannot create a record in Data project. The record already exists.")
        projects.save(self._environment.database, _apply_to_project(projects.new(given["Name"]), given))
        return {"Name": given["Name"]}

    def _change(self, key: Key, given: dict[str, Any]) -> Key:
        projects.save(self._environment.database, _apply_to_project(self._project(key), given))
        return key

    def _delete(self, key: Key, _: dict[str, Any]) -> Key:
        projects.remove(self._environment.database, self._project(key).name)
        return key

    def _create_detail(self, _: Key, given: dict[str, Any]) -> Key:
        project = projects.find(self._environment.database, given["DefinitionGroupId"])
        made = self._new_detail(given)
        if project is None or made is None:
            raise ValueError("The data project or the entity does not exist.")
        self._replace(project, _apply_to_detail(made, given))
        return {"DefinitionGroupId": project.name, "EntityName": made.entity}

    def _new_detail(self, given: dict[str, Any]) -> EntityDefinition | None:
        """A new detail, with a generated mapping if requested; composites need none. None if no such entity exists."""
        if composite := self._environment.catalogue.composite(given["EntityName"]):
            return EntityDefinition(composite.label, source_format="XML-Attribute")
        entity = self._environment.catalogue.by_label(given["EntityName"])
        if entity is None:
            return None
        fields = entity.fields if str(given.get("AutoGenerateMapping", "")).lower() == _YES else ()
        return EntityDefinition(entity.label, mapping=tuple((one.staging, one.staging) for one in fields))

    def _change_detail(self, key: Key, given: dict[str, Any]) -> Key:
        project, detail = self._detail(key)
        self._replace(project, _apply_to_detail(detail, given))
        return key

    def _delete_detail(self, key: Key, _: dict[str, Any]) -> Key:
        project, detail = self._detail(key)
        left = tuple(one for one in project.entities if one != detail)
        projects.save(self._environment.database, replace(project, entities=left))
        return key

    def _detail(self, key: Key) -> tuple[Project, EntityDefinition]:
        project = self._project(key)
        for one in project.entities:
            if one.entity.lower() == key.get("EntityName", "").lower():
                return project, one
        raise NoSuchRecord

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
    if str(given.get("SkipStaging", "")).lower() == _YES:
        raise ValueError("Staging cannot be skipped.")
    plain = TEXTS | NUMBERS
    values = {plain[name]: value for name, value in given.items() if name in plain}
    values |= {FLAGS[name]: str(value).lower() == _YES for name, value in given.items() if name in FLAGS}
    return replace(detail, **values)
