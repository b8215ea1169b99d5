"""Exports: target rows of a company into a package, all of them or what changed since the last run (fno-behaviour 6)."""

import re
import shutil
import tempfile
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from uuid import uuid4

from fno_emulator.clock import stamp
from fno_emulator.dmf import executions
from fno_emulator.dmf.durations import Duration
from fno_emulator.dmf.environment import Environment
from fno_emulator.dmf.errors import EntityFailed
from fno_emulator.dmf.executions import ERROR, EXECUTING, FAILED, FINISHED, EntityRun, Execution
from fno_emulator.dmf.exporting.documents import Documents
from fno_emulator.dmf.formats import by_name
from fno_emulator.dmf.formats.source import Source
from fno_emulator.dmf.importing.staging import reject
from fno_emulator.dmf.model import manifest, tables
from fno_emulator.dmf.model.catalogue import Composite, Entity
from fno_emulator.dmf.model.manifest import EntityDefinition, Manifest
from fno_emulator.dmf.model.values import to_text

INCREMENTAL = "IncrementalPush"
_ILLEGAL = re.compile(r'[<>:"/\\|?*]')
"""What no file name may hold; F&O leaves these characters of a label out (fno-behaviour 3.6)."""


@dataclass(frozen=True)
class Extent:
    """How much of a project an export is asked for."""

    rows: int = 0
    """A preview's number of rows; 0 is all."""
    labels: str = ""
    """Entities, comma-separated; "" is all."""
    changes: bool = False
    """Changes only, whatever the project says."""
    again: bool = False
    """Whether another run under a used execution id is meant."""

    def of(self, entities: tuple[EntityDefinition, ...]) -> tuple[EntityDefinition, ...]:
        """The project's entities that are meant."""
        wanted = {one.strip().lower() for one in self.labels.split(",") if one.strip()}
        chosen = [one for one in entities if not wanted or one.entity.lower() in wanted]
        return tuple(replace(one, refresh=INCREMENTAL) if self.changes else one for one in chosen)


ALL = Extent()


def run(environment: Environment, execution: Execution, duration: Duration) -> str:
    """Make the package, wait for its time, then offer it and move the tokens as one; "" when stopped before.

    An entity that cannot be written is left out, and its token stays where it was. One without a mapping keeps the
    execution Executing (fno-behaviour 1.11).
    """
    folder = Path(tempfile.mkdtemp(dir=environment.folder))
    try:
        written, moves = _write_files(environment, execution, folder)
        if any(
            one.staging_status == EXECUTING for one in executions.entities(environment.database, execution)
        ):
            return EXECUTING
        package = _zip(environment, execution, folder, written)
        if not duration.wait_for_end(environment.clock, environment.looks):
            return ""
        outcome = executions.summary(executions.entities(environment.database, execution))
        blob = ""
        unwanted = environment.settings.zero_records_export == "empty_url" and not any(
            rows for _, rows in written
        )
        if outcome != FAILED and not unwanted:
            blob = f"{{{_guid()}}}/{execution.package or execution.id}_{_guid()}_DMFPackage.zip"
            environment.blobs.adopt(blob, package, "application/zip")
        with environment.database.transaction() as connection:
            now = stamp(environment.clock.now())
            if not executions.finish(connection, execution, outcome, finished=now, blob=blob):
                return ""
            if not execution.preview:
                connection.executemany("INSERT OR REPLACE INTO version_tokens VALUES (?, ?, ?, ?)", moves)
        return outcome
    finally:
        shutil.rmtree(folder)


def _write_files(
    environment: Environment, execution: Execution, folder: Path
) -> tuple[list[tuple[EntityDefinition, int]], list[tuple[str, str, str, int]]]:
    written, moves = [], []
    with environment.database.transaction() as connection:  # what an interrupted attempt said
        connection.execute("DELETE FROM rejections WHERE execution = ?", (execution.seq,))
    for one in executions.entities(environment.database, execution):
        if not (one.definition.mapping or environment.catalogue.composite(one.entity)):
            _set(environment, execution, one, staging_status=EXECUTING)
            continue
        began = stamp(environment.clock.now())
        rows, status = 0, FINISHED
        try:
            definition, rows, last = _write_file(environment, execution, one, folder)
            written.append((definition, rows))
            moves.append((execution.project, one.entity, _company(environment, execution, one), last))
        except EntityFailed as error:
            status = ERROR
            with environment.database.transaction() as connection:
                reject(connection, execution, one, [("", str(error), "[]")])
        ended = stamp(environment.clock.now())
        _set(
            environment,
            execution,
            one,
            **dict.fromkeys(("sent", "staged", "created"), rows),
            **dict.fromkeys(("staging_status", "target_status"), status),
            **dict.fromkeys(("staging_started", "target_started"), began),
            **dict.fromkeys(("staging_ended", "target_ended"), ended),
        )
    return written, moves


def _set(environment: Environment, execution: Execution, one: EntityRun, **values: str | int) -> None:
    with environment.database.transaction() as connection:
        executions.update_entity(connection, execution, one.ordinal, **values)


def _write_file(
    environment: Environment, execution: Execution, one: EntityRun, folder: Path
) -> tuple[EntityDefinition, int, int]:
    """One entity's data file: its definition, the number of rows, and the version the rows are of."""
    chosen = by_name(one.definition.source_format)
    file = folder / f"{_ILLEGAL.sub('', one.entity)}.{chosen.extension}"
    connection = environment.database.connection()
    connection.execute("BEGIN")  # rows and version of the same moment
    try:
        last = int(connection.execute("SELECT last FROM versions").fetchone()[0])
        if composite := environment.catalogue.composite(one.entity):
            rows = _write_documents(environment, execution, one, composite, file)
        else:
            entity = environment.entity(one.entity)
            source = Source(file, entity.label, entity.name, encoding=environment.settings.csv_encoding)
            columns = [column for column, _ in one.definition.mapping]
            rows = chosen.write(source, columns, _rows(environment, execution, one, entity))
    finally:
        connection.rollback()
    if not rows and environment.settings.zero_records_export == "no_file":
        file.unlink()
    return replace(one.definition, file=file.name), rows, last


def _write_documents(
    environment: Environment, execution: Execution, one: EntityRun, composite: Composite, file: Path
) -> int:
    documents = Documents(
        composite,
        _company(environment, execution, one),
        _since(environment, execution, one),
        execution.preview or -1,
        schema_when_empty=environment.settings.zero_records_composite == "empty_elements",
    )
    return documents.write(environment.database.connection(), file, one.definition.source_format)


def _company(environment: Environment, execution: Execution, one: EntityRun) -> str:
    return tables.company_of(environment.members(one.entity)[0], execution.company)


def _since(environment: Environment, execution: Execution, one: EntityRun) -> int:
    """The version that the entity's last run brought; 0 for all there is."""
    if one.definition.refresh != INCREMENTAL:
        return 0
    sql = "SELECT version FROM version_tokens WHERE project = ? AND entity = ? AND company = ?"
    of = (execution.project, one.entity, _company(environment, execution, one))
    row = environment.database.connection().execute(sql, of).fetchone()
    return int(row[0]) if row else 0


def _rows(
    environment: Environment, execution: Execution, one: EntityRun, entity: Entity
) -> Iterator[list[str]]:
    fields = [field for _, name in one.definition.mapping if (field := entity.by_staging(name))]
    company = _company(environment, execution, one)
    since = _since(environment, execution, one)
    connection = environment.database.connection()
    sql = f"SELECT {tables.columns(fields)} FROM {tables.target(entity)} WHERE company = ? AND version > ? ORDER BY recid LIMIT ?"  # noqa: S608
    for values in connection.execute(sql, (company, since, execution.preview or -1)):
        yield [to_text(field, value) for field, value in zip(fields, values, strict=True)]


def _zip(
    environment: Environment, execution: Execution, folder: Path, written: list[tuple[EntityDefinition, int]]
) -> Path:
    project = Manifest(execution.project, execution.project, tuple(definition for definition, _ in written))
    names = {one.label: one.name for one in environment.catalogue.entities}
    names |= {one.label: one.name for one in environment.catalogue.composites}
    package = folder / "package"
    with zipfile.ZipFile(package, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("Manifest.xml", manifest.write(project, names))
        archive.writestr("PackageHeader.xml", manifest.write_header(execution.project))
        for definition, _ in written:
            if (folder / definition.file).exists():
                archive.write(folder / definition.file, definition.file)
    return package


def _guid() -> str:
    return str(uuid4()).upper()
