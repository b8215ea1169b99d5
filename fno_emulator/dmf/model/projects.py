"""Data projects, which imports make from manifests (fno-behaviour 2.3, 5.2)."""

import json
import sqlite3
from dataclasses import dataclass

from fno_emulator.dmf.database import Database
from fno_emulator.dmf.errors import ActionFailed, NoSuchProject
from fno_emulator.dmf.formats.excel import sheet_name
from fno_emulator.dmf.model.catalogue import Catalogue
from fno_emulator.dmf.model.manifest import EntityDefinition, Manifest

DESCRIPTION_LENGTH = 60


@dataclass(frozen=True)
class Project:
    """A data project and its entities."""

    name: str
    description: str
    operation: str
    """`Import` or `Export`."""
    category: str
    truncates: bool
    entities: tuple[EntityDefinition, ...]


def find(database: Database, name: str) -> Project | None:
    """The project with that name, in any case; None if there is none."""
    row = database.connection().execute("SELECT * FROM projects WHERE name = ?", (name,)).fetchone()
    return _from_row(row) if row else None


def get(database: Database, name: str) -> Project:
    """The project with that name, in any case.

    Raises:
        NoSuchProject: there is none.
    """
    found = find(database, name)
    if found is None:
        raise NoSuchProject(f"Data project {name} does not exist.")
    return found


def new(name: str) -> Project:
    """A new export project without entities; it is not stored."""
    return Project(name, "", "Export", "Project", truncates=False, entities=())


def remove(database: Database, name: str) -> None:
    """Delete a project. Its executions stay in the job history."""
    with database.transaction() as connection:
        connection.execute("DELETE FROM projects WHERE name = ?", (name,))


def every(database: Database) -> list[Project]:
    """All projects, sorted by name."""
    return [_from_row(row) for row in database.connection().execute("SELECT * FROM projects ORDER BY name")]


def save(database: Database, project: Project) -> None:
    """Insert or replace a project."""
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


def from_manifest(
    database: Database, name: str, manifest: Manifest, *, overwrite: bool, operation: str = "Import"
) -> Project:
    """Make and store the project of a package's manifest.

    Raises:
        ActionFailed: the project exists and `overwrite` is false.
    """
    existing = find(database, name)
    if existing and not overwrite:
        raise ActionFailed(f"The data project '{existing.name}' exists and overwrite has not been specified.")
    project = Project(
        name=existing.name if existing else name,
        description=manifest.description,
        operation=operation,
        category="Project",
        truncates=existing.truncates if existing else False,
        entities=manifest.entities,
    )
    save(database, project)
    return project


def seed(database: Database, catalogue: Catalogue) -> None:
    """Store the catalogue's projects that do not exist yet."""
    for raw in catalogue.projects:
        if find(database, raw["name"]) is None:
            definitions = [
                _export_definition(catalogue, raw, label, position) for position, label in enumerate(raw["entities"], 1)
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


def _export_definition(catalogue: Catalogue, raw: dict[str, str], label: str, position: int) -> EntityDefinition:
    entity = catalogue.by_label(label)
    if entity is None:
        raise ValueError(
            f"The catalogue's project {raw['name']} exports {label!r}, which is not an entity of the catalogue."
        )
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
    return Project(row["name"], row["description"], row["operation"], row["category"], bool(row["truncates"]), entities)
