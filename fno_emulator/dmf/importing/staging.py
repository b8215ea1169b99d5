"""Source to staging: rows of a file, typed by the mapping, into the entity's staging table."""

import json
import sqlite3
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice, zip_longest

from fno_emulator.dmf import executions
from fno_emulator.dmf.database import Database
from fno_emulator.dmf.environment import Environment
from fno_emulator.dmf.errors import EntityFailed, ValueRefused
from fno_emulator.dmf.executions import EntityRun, Execution
from fno_emulator.dmf.formats import by_name
from fno_emulator.dmf.formats.source import Source
from fno_emulator.dmf.importing import neighbours
from fno_emulator.dmf.model import tables
from fno_emulator.dmf.model.catalogue import Entity, Field
from fno_emulator.dmf.model.numbers import Numbers
from fno_emulator.dmf.model.values import CONVERTERS, Value, default

DUPLICATE = (
    "DMF1959: The record already exists in the staging table: its key occurs more than once in the file."
)
CHUNK = 5000
"""Rows per executemany: bounds memory, costs nothing above a few thousand."""


@dataclass
class Intake:
    """What one file brought, counted."""

    sent: int = 0
    staged: int = 0
    refused: int = 0


Stage = Callable[[Environment, Execution, EntityRun, Intake], None]
"""Stages a file's rows, counts them, and writes down those it refuses."""


def fill(environment: Environment, execution: Execution, run: EntityRun, stage: Stage) -> None:
    """Stage one entity's file by `stage`, chunk by chunk, and write counts and status.

    What an interrupted attempt left is taken away first. A file that cannot be read leaves no row and the status
    Error (fno-behaviour 2.9, 2.10).
    """
    intake = Intake()
    _forget(environment, execution, run)
    try:
        _check_file(environment, execution, run)
        stage(environment, execution, run, intake)
    except EntityFailed as error:
        _forget(environment, execution, run)
        intake = Intake(refused=1)
        with environment.database.transaction() as connection:
            reject(connection, execution, run, [("", str(error), "[]")])
    with environment.database.transaction() as connection:
        executions.update_entity(
            connection,
            execution,
            run.ordinal,
            sent=intake.sent,
            staged=intake.staged,
            failed=intake.sent - intake.staged,
            staging_status=executions.ERROR if intake.refused else executions.FINISHED,
        )


def _check_file(environment: Environment, execution: Execution, run: EntityRun) -> None:
    if not (environment.packages / execution.package / run.definition.file).is_file():
        raise EntityFailed(f"The file {run.definition.file} was not found in the package.")


def _forget(environment: Environment, execution: Execution, run: EntityRun) -> None:
    with environment.database.transaction() as connection:
        for entity in environment.members(run.entity):
            connection.execute(f"DELETE FROM {tables.staging(entity)} WHERE execution = ?", (execution.seq,))  # noqa: S608
        sql = "DELETE FROM rejections WHERE execution = ? AND ordinal = ?"
        connection.execute(sql, (execution.seq, run.ordinal))


def reject(
    connection: sqlite3.Connection, execution: Execution, run: EntityRun, rejected: list[tuple[str, str, str]]
) -> None:
    """Write down source rows that staging refused: field, message, the row as JSON."""
    connection.executemany(
        "INSERT INTO rejections (execution, ordinal, step, record, field, message, source) "
        "VALUES (?, ?, 'staging', 0, ?, ?, ?)",
        ((execution.seq, run.ordinal, *one) for one in rejected),
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
    """The fields the mapping fills, in the mapping's order, and those that a number sequence fills.

    Raises:
        EntityFailed: the mapping names a field the entity does not have.
    """
    fields = []
    for _, name in run.definition.mapping:
        found = entity.by_staging(name)
        if found is None:
            raise EntityFailed(f"the mapping is incorrect for entity {entity.label} and field {name}")
        fields.append(found)
    return fields + [one for one in entity.fields if one.numbered and one not in fields]


@dataclass(frozen=True)
class _Column:
    """How one field gets its value: from a position of the row, or from a number sequence."""

    position: int | None
    field: Field
    numbers: Numbers
    convert: Callable[[Field, str], Value]
    empty: Value

    def value(self, row: list[str]) -> Value:
        text = "" if self.position is None else row[self.position]
        if text and not text.isspace():
            return self.convert(self.field, text)
        return self.numbers.take(self.field.numbered) if self.field.numbered else self.empty


def from_file(environment: Environment, execution: Execution, run: EntityRun, intake: Intake) -> None:
    """Stage a file by its mapping; without one nothing is loaded (fno-behaviour 2.12).

    Raises:
        EntityFailed: the file as a whole cannot be taken.
    """
    if not run.definition.mapping:
        return
    entity = environment.entity(run.entity)
    numbers = Numbers(environment.database.connection())
    fields = mapped_fields(entity, run)
    if run.definition.source_format == "EXCEL":
        neighbours.refuse_second_workbook(environment, execution)
    columns, rows = by_name(run.definition.source_format).read(source_of(environment, execution, run))
    plan = [
        _Column(
            position,
            one,
            numbers,
            CONVERTERS[one.type],
            default(Field(one.name, one.type, values=one.values)),
        )
        for position, one in zip_longest(_positions(columns, run, entity), fields)
    ]
    while chunk := list(islice(rows, CHUNK)):
        good: list[tuple[list[Value], list[str]]] = []
        bad: list[tuple[str, str, str]] = []
        with environment.database.transaction() as connection:
            for row in chunk:
                try:
                    _check_width(row, columns)
                    good.append(([execution.seq, *(one.value(row) for one in plan)], row))
                except ValueRefused as error:
                    bad.append((_field_of(error, fields), str(error), json.dumps(row)))
            bad += _insert(connection, entity, fields, good)
            reject(connection, execution, run, bad)
            numbers.keep()
        intake.sent += len(chunk)
        intake.refused += len(bad)
        intake.staged += len(chunk) - len(bad)
    if not intake.sent:
        neighbours.spoil_queued(environment, execution, run.entity)
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


def statement(entity: Entity, fields: list[Field]) -> str:
    """The insert into staging; takes the execution and the fields' values."""
    return (
        f"INSERT INTO {tables.staging(entity)} (execution, {tables.columns(fields)}) "  # noqa: S608
        f"VALUES ({', '.join('?' * (len(fields) + 1))})"
    )


def _insert(
    connection: sqlite3.Connection,
    entity: Entity,
    fields: list[Field],
    good: list[tuple[list[Value], list[str]]],
) -> list[tuple[str, str, str]]:
    """The chunk at once; row by row only when a key occurs twice, to find out which: those are given back."""
    sql = statement(entity, fields)
    connection.execute("SAVEPOINT chunk")
    refused = []
    try:
        connection.executemany(sql, (values for values, _ in good))
    except sqlite3.IntegrityError:
        connection.execute("ROLLBACK TO chunk")
        for values, row in good:
            try:
                connection.execute(sql, values)
            except sqlite3.IntegrityError:
                refused.append(("", DUPLICATE, json.dumps(row)))
    connection.execute("RELEASE chunk")
    return refused


def _field_of(error: ValueRefused, fields: list[Field]) -> str:
    return next((one.staging for one in fields if f"field '{one.label}'" in str(error)), "")


def rejected_rows(database: Database, execution: Execution, run: EntityRun) -> Iterator[list[str]]:
    """The source rows that did not make it into staging, in the file's order."""
    sql = "SELECT source FROM rejections WHERE execution = ? AND ordinal = ? AND step = 'staging' ORDER BY rowid"
    for row in database.connection().execute(sql, (execution.seq, run.ordinal)):
        values = json.loads(row["source"])
        if values:
            yield values
