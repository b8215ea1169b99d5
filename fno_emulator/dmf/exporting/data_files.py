"""The data files of an export: an entity's target rows in one company, all or only changed ones (fno-behaviour 6)."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from fno_emulator.dmf import executions, rejections
from fno_emulator.dmf.environment import Environment
from fno_emulator.dmf.errors import EntityFailed
from fno_emulator.dmf.executions import ERROR, EXECUTING, FINISHED, EntityRun, Execution
from fno_emulator.dmf.exporting.documents import Documents
from fno_emulator.dmf.exporting.extent import INCREMENTAL
from fno_emulator.dmf.formats import by_name
from fno_emulator.dmf.formats.source import Source
from fno_emulator.dmf.model import tables
from fno_emulator.dmf.model.catalogue import Entity
from fno_emulator.dmf.model.manifest import EntityDefinition
from fno_emulator.dmf.model.values import to_text

_ILLEGAL = re.compile(r'[<>:"/\\|?*]')
"""Characters that a file name cannot contain. F&O drops them from the label (fno-behaviour 3.6)."""


@dataclass(frozen=True)
class DataFile:
    """An entity's data file."""

    definition: EntityDefinition
    """The entity's definition, with the name of this file."""
    rows: int
    token: tuple[str, str, str, int]
    """The version token after this export: project, entity, company and version."""


def write_all(environment: Environment, execution: Execution, folder: Path) -> list[DataFile]:
    """Write the data files of all entities into `folder`, and set each entity's status and counts.

    A failed entity has no file. An entity without a mapping keeps the status Executing forever (fno-behaviour 1.11).
    """
    written = []
    rejections.delete(environment.database, execution)  # those of an interrupted attempt
    for run in executions.entities(environment.database, execution):
        if not (run.definition.mapping or environment.catalogue.composite(run.entity)):
            executions.update_entity(environment.database, execution, run, staging_status=EXECUTING)
            continue
        started = environment.now()
        rows, status = 0, FINISHED
        try:
            written.append(_write(environment, execution, run, folder))
            rows = written[-1].rows
        except EntityFailed as error:
            status = ERROR
            rejections.add_file(environment.database, execution, run, str(error))
        executions.update_entity(
            environment.database,
            execution,
            run,
            **dict.fromkeys(("sent", "staged", "created"), rows),
            **dict.fromkeys(("staging_status", "target_status"), status),
            **dict.fromkeys(("staging_started", "target_started"), started),
            **dict.fromkeys(("staging_ended", "target_ended"), environment.now()),
        )
    return written


def _write(environment: Environment, execution: Execution, run: EntityRun, folder: Path) -> DataFile:
    settings = environment.settings
    source_format = by_name(run.definition.source_format)
    company = tables.company_of(environment.members(run.entity)[0], execution.company)
    file = folder / f"{_ILLEGAL.sub('', run.entity)}.{source_format.extension}"
    limit = execution.preview or -1
    connection = environment.database.connection()
    connection.execute("BEGIN")  # reads rows and version as of the same moment
    try:
        version = int(connection.execute("SELECT last FROM versions").fetchone()[0])
        since = _last_version(environment, execution, run, company)
        if composite := environment.catalogue.composite(run.entity):
            with_schema = settings.zero_records_composite == "empty_elements"
            documents = Documents(composite, company, since, limit, schema_when_empty=with_schema)
            rows = documents.write(connection, file, run.definition.source_format)
        else:
            entity = environment.entity(run.entity)
            source = Source(file, entity.label, entity.name, **settings.csv)
            columns = [column for column, _ in run.definition.mapping]
            values = _rows(environment, run, entity, (company, since, limit))
            rows = source_format.write(source, columns, values)
    finally:
        connection.rollback()
    if not rows and settings.zero_records_export == "no_file":
        file.unlink()
    token = (execution.project, run.entity, company, version)
    return DataFile(replace(run.definition, file=file.name), rows, token)


def _last_version(environment: Environment, execution: Execution, run: EntityRun, company: str) -> int:
    """The version up to which an incremental export exported the entity last time; 0 exports everything."""
    if run.definition.refresh != INCREMENTAL:
        return 0
    sql = "SELECT version FROM version_tokens WHERE project = ? AND entity = ? AND company = ?"
    key = (execution.project, run.entity, company)
    row = environment.database.connection().execute(sql, key).fetchone()
    return int(row[0]) if row else 0


def _rows(
    environment: Environment, run: EntityRun, entity: Entity, selection: tuple[str, int, int]
) -> Iterator[list[str]]:
    """The rows as text; `selection` is company, version and the most rows (-1: all)."""
    fields = [field for _, name in run.definition.mapping if (field := entity.by_staging(name))]
    sql = f"SELECT {tables.columns(fields)} FROM {tables.target(entity)} WHERE company = ? AND version > ? ORDER BY recid LIMIT ?"  # noqa: S608
    for values in environment.database.connection().execute(sql, selection):
        yield [to_text(field, value) for field, value in zip(fields, values, strict=True)]
