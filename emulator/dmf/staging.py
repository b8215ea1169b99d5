"""Source to staging: rows of a file, typed by the mapping, into the entity's staging table."""

import json
import sqlite3
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import islice

from emulator.dmf import executions, tables
from emulator.dmf.catalogue import Entity, Field
from emulator.dmf.database import Database
from emulator.dmf.environment import Environment
from emulator.dmf.errors import EntityFailed, ValueRefused
from emulator.dmf.executions import EntityRun, Execution
from emulator.dmf.formats import by_name
from emulator.dmf.formats.source import Source
from emulator.dmf.values import CONVERTERS, Value, default

CHUNK = 5000
"""Rows per executemany: bounds memory, costs nothing above a few thousand."""


@dataclass
class _Intake:
    """What one file brought."""

    sent: int = 0
    staged: int = 0
    rejected: list[tuple[str, str, str]] = field(default_factory=list)
    """Field, message, source row as JSON."""


def fill(environment: Environment, execution: Execution, run: EntityRun) -> None:
    """Stage one entity's file and write counts, rejections and status; all of it or nothing.

    A file that cannot be read leaves no row and the status Error (fno-behaviour 2.10, 2.9).
    """
    with environment.database.transaction() as connection:
        intake = _Intake()
        try:
            if run.definition.mapping:
                connection.execute("SAVEPOINT file")
                _stage(environment, execution, run, intake)
        except EntityFailed as error:
            connection.execute("ROLLBACK TO file")
            intake = _Intake(rejected=[("", str(error), "[]")])
        connection.executemany(
            "INSERT INTO rejections (execution, ordinal, step, record, field, message, source) "
            "VALUES (?, ?, 'staging', 0, ?, ?, ?)",
            ((execution.seq, run.ordinal, *one) for one in intake.rejected),
        )
        executions.update_entity(
            connection,
            execution,
            run.ordinal,
            sent=intake.sent,
            staged=intake.staged,
            failed=intake.sent - intake.staged,
            staging_status=executions.ERROR if intake.rejected else executions.FINISHED,
        )


def source_of(environment: Environment, execution: Execution, run: EntityRun) -> Source:
    """The entity's data file as the package brought it."""
    entity = environment.entity(run.entity)
    return Source(
        path=environment.packages / execution.package / run.definition.file,
        entity=entity.label,
        aot_name=entity.name,
        sheet=run.definition.sheet,
        encoding=environment.settings.csv_encoding,
    )


def mapped_fields(entity: Entity, run: EntityRun) -> list[Field]:
    """The fields the mapping fills, in the mapping's order.

    Raises:
        EntityFailed: the mapping names a field the entity does not have.
    """
    fields = []
    for _, name in run.definition.mapping:
        found = entity.by_staging(name)
        if found is None:
            raise EntityFailed(f"the mapping is incorrect for entity {entity.label} and field {name}")
        fields.append(found)
    return fields


@dataclass(frozen=True)
class _Column:
    """How one mapped column becomes a value."""

    position: int
    field: Field
    convert: Callable[[Field, str], Value]
    empty: Value

    def value(self, row: list[str]) -> Value:
        text = row[self.position]
        return self.convert(self.field, text) if text and not text.isspace() else self.empty


def _stage(environment: Environment, execution: Execution, run: EntityRun, intake: _Intake) -> None:
    entity = environment.entity(run.entity)
    fields = mapped_fields(entity, run)
    columns, rows = by_name(run.definition.source_format).read(source_of(environment, execution, run))
    plan = [
        _Column(position, one, CONVERTERS[one.type], default(Field(one.name, one.type, values=one.values)))
        for position, one in zip(_positions(columns, run, entity), fields, strict=True)
    ]
    sql = (
        f"INSERT INTO {tables.staging(entity)} (execution, {tables.columns(fields)}) "  # noqa: S608
        f"VALUES ({', '.join('?' * (len(fields) + 1))})"
    )
    while chunk := list(islice(rows, CHUNK)):
        intake.sent += len(chunk)
        good: list[tuple[list[Value], list[str]]] = []
        for row in chunk:
            try:
                _check_width(row, columns)
                good.append(([execution.seq, *(one.value(row) for one in plan)], row))
            except ValueRefused as error:
                intake.rejected.append((_field_of(error, fields), str(error), json.dumps(row)))
        _insert(environment.database.connection(), sql, good, intake)
    if not intake.sent:
        raise EntityFailed("DMF2053: The import file is empty.")


def _check_width(row: list[str], columns: list[str]) -> None:
    if len(row) != len(columns):
        raise ValueRefused(
            f"The row has {len(row)} values and the header {len(columns)}. Column has invalid data."
        )


def _positions(columns: list[str], run: EntityRun, entity: Entity) -> list[int]:
    where = {name.strip().upper(): position for position, name in enumerate(columns)}
    for column, name in run.definition.mapping:
        if column.strip().upper() not in where:
            raise EntityFailed(f"the mapping is incorrect for entity {entity.label} and field {name}")
    return [where[column.strip().upper()] for column, _ in run.definition.mapping]


def _insert(
    connection: sqlite3.Connection, sql: str, good: list[tuple[list[Value], list[str]]], intake: _Intake
) -> None:
    """The chunk at once; row by row only when a key occurs twice, to find out which."""
    connection.execute("SAVEPOINT chunk")
    try:
        connection.executemany(sql, (values for values, _ in good))
        intake.staged += len(good)
    except sqlite3.IntegrityError:
        connection.execute("ROLLBACK TO chunk")
        for values, row in good:
            try:
                connection.execute(sql, values)
                intake.staged += 1
            except sqlite3.IntegrityError:
                text = "DMF1959: The record already exists in the staging table: its key occurs more than once in the file."
                intake.rejected.append(("", text, json.dumps(row)))
    connection.execute("RELEASE chunk")


def _field_of(error: ValueRefused, fields: list[Field]) -> str:
    return next((one.staging for one in fields if f"field '{one.label}'" in str(error)), "")


def rejected_rows(database: Database, execution: Execution, run: EntityRun) -> Iterator[list[str]]:
    """The source rows that did not make it into staging, in the file's order."""
    sql = "SELECT source FROM rejections WHERE execution = ? AND ordinal = ? AND step = 'staging' ORDER BY rowid"
    for row in database.connection().execute(sql, (execution.seq, run.ordinal)):
        values = json.loads(row["source"])
        if values:
            yield values
