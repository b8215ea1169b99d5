"""Data projects: made from manifests, overwritten or refused (fno-behaviour 2.3, 5.2)."""

import json
import sqlite3
from dataclasses import dataclass

from fno_emulator.dmf.database import Database
from fno_emulator.dmf.errors import ActionFailed
from fno_emulator.dmf.formats.excel import sheet_name
from fno_emulator.dmf.model.catalogue import Catalogue
from fno_emulator.dmf.model.manifest import EntityDefinition, Manifest

DESCRIPTION_LENGTH = 60


@dataclass(frozen=True)
class Project:
    """A data project: what it does and its entities in order."""

    name: str
    description: str
    operation: str
    """`Import` or `Export`."""
    category: str
    truncates: bool
    entities: tuple[EntityDefinition, ...]


def find(database: Database, name: str) -> Project | None:
    """The project of that name, whatever its case."""
    row = database.connection().execute("SELECT * FROM projects WHERE name = ?", (name,)).fetchone()
    return _from_row(row) if row else None


def new(name: str) -> Project:
    """An export project without entities."""
    return Project(name, "", "Export", "Project", truncates=False, entities=())


def remove(database: Database, name: str) -> None:
    """Delete a project; its executions stay in the history."""
    with database.transaction() as connection:
        connection.execute("DELETE FROM projects WHERE name = ?", (name,))


def every(database: Database) -> list[Project]:
    """All projects, by name."""
    return [_from_row(row) for row in database.connection().execute("SELECT * FROM projects ORDER BY name")]


def save(database: Database, project: Project) -> None:
    """Insert or replace."""
    with database.transaction() as connection:
        connection.execute(
            "INSERT OR REPLACE INTO projects (name, description, operation, category, truncates, entities) "
            "VALUES (?, ?, ?, ?, ?, ?)",
            (
                project.name,
                project.description[:DESCRIPTION_LENGTH],
                project.operation,
                project.category,
                int(project.truncates),
                json.dumps([vars(one) for one in project.entities]),
            ),
        )


def from_import(
    database: Database,
    name: str,
    found: Manifest,
    *,
    overwrite: bool,
    operation: str = "Import",
) -> Project:
    """The project an import runs in: made from the manifest when it is new, replaced when `overwrite`.

    Raises:
        ActionFailed: it exists and overwrite has not been specified.
    """
    existing = find(database, name)
    if existing and not overwrite:
        raise ActionFailed(f"The data project '{existing.name}' exists and overwrite has not been specified.")
    project = Project(
        name=existing.name if existing else name,
        description=found.description,
        operation=operation,
        category="Project",
        truncates=existing.truncates if existing else False,
        entities=found.entities,
    )
    save(database, project)
    return project


def seed(database: Database, catalogue: Catalogue) -> None:
    """Make the catalogue's projects that are not there yet."""
    for raw in catalogue.projects:
        if find(database, raw["name"]) is None:
            definitions = [
                _export_definition(catalogue, raw, label, position)
                for position, label in enumerate(raw["entities"], 1)
            ]
            project = Project(
                name=raw["name"],
                description=raw.get("description", ""),
                operation=raw.get("operation", "Export"),
                category="Project",
                truncates=False,
                entities=tuple(definitions),
            )
            save(database, project)


def _export_definition(
    catalogue: Catalogue, raw: dict[str, str], label: str, position: int
) -> EntityDefinition:
    entity = catalogue.by_label(label)
    if entity is None:
        raise ValueError(f"project {raw['name']} exports {label!r}, which is no entity of the catalogue")
    source_format = raw.get("format", "CSV")
    return EntityDefinition(
        entity=entity.label,
        source_format=source_format,
        mapping=tuple((one.staging, one.staging) for one in entity.fields),
        sequence=position,
        sheet=f"{sheet_name(entity.label)}$" if source_format == "EXCEL" else "",
        refresh=raw.get("refresh", "FullPush"),
    )


def _from_row(row: sqlite3.Row) -> Project:
    entities = tuple(EntityDefinition.from_json(one) for one in json.loads(row["entities"]))
    return Project(
        row["name"], row["description"], row["operation"], row["category"], bool(row["truncates"]), entities
    )
