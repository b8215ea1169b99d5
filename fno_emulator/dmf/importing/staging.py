"""File to staging: the mapped columns of each row are converted and inserted into the entity's staging table."""

import json
import sqlite3
from collections.abc import Callable
from dataclasses import dataclass
from itertools import islice, zip_longest

from fno_emulator.dmf import executions, rejections
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

DUPLICATE = "DMF1959: The record already exists in the staging table: its key occurs more than once in the file."
CHUNK = 5000
"""Rows per `executemany`. Memory grows with it, and above a few thousand it saves no time."""


@dataclass
class Counts:
    """How many records a file has, and how many of them reach staging."""

    sent: int = 0
    staged: int = 0
    rejected: int = 0


Stage = Callable[[Environment, Execution, EntityRun, Counts], None]
"""Stages a file's rows, counts them, and records the rejected ones."""


def fill(environment: Environment, execution: Execution, run: EntityRun, stage: Stage) -> None:
    """Fill an entity's staging table by `stage`, and set the entity's counts and status.

    What an interrupted attempt left is deleted first. A file that cannot be read leaves no rows and the status Error
    (fno-behaviour 2.9, 2.10).
    """
    counts = Counts()
    _clear(environment, execution, run)
    try:
        if not (environment.packages / execution.package / run.definition.file).is_file():
            raise EntityFailed(  # noqa: TRY301 - a missing file fails like one that cannot be read
                f"The file {run.definition.file} was not found in the package."
            )
        stage(environment, execution, run, counts)
    except EntityFailed as error:
        _clear(environment, execution, run)
        counts = Counts(rejected=1)
        rejections.add_file(environment.database, execution, run, str(error))
    executions.update_entity(
        environment.database,
        execution,
        run,
        sent=counts.sent,
        staged=counts.staged,
        failed=counts.sent - counts.staged,
        staging_status=executions.ERROR if counts.rejected else executions.FINISHED,
    )


def _clear(environment: Environment, execution: Execution, run: EntityRun) -> None:
    with environment.database.transaction() as connection:
        for entity in environment.members(run.entity):
            connection.execute(f"DELETE FROM {tables.staging(entity)} WHERE execution = ?", (execution.seq,))  # noqa: S608
        rejections.delete(environment.database, execution, run)


def source_of(environment: Environment, execution: Execution, run: EntityRun) -> Source:
    """The entity's data file in the package."""
    entity = environment.entity(run.entity)
    return Source(
        path=environment.packages / execution.package / run.definition.file,
        entity=entity.label,
        aot_name=entity.name,
        sheet=run.definition.sheet,
        **environment.settings.csv,
    )


def mapped_fields(entity: Entity, run: EntityRun) -> list[Field]:
    """The fields that the mapping fills, in its order, followed by those that a number sequence fills.

    Raises:
        EntityFailed: the mapping names a field that the entity does not have.
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
    """How one field gets its value: from a column of the row, or from a number sequence."""

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


def stage(environment: Environment, execution: Execution, run: EntityRun, counts: Counts) -> None:
    """Stage a file's rows by the mapping; without a mapping, stage nothing (fno-behaviour 2.12).

    Raises:
        EntityFailed: the file cannot be read as a whole.
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
        _Column(position, one, numbers, CONVERTERS[one.type], default(Field(one.name, one.type, values=one.values)))
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
            rejections.add_rows(environment.database, execution, run, bad)
            numbers.keep()
        counts.sent += len(chunk)
        counts.rejected += len(bad)
        counts.staged += len(chunk) - len(bad)
    if not counts.sent:
        neighbours.spoil_queued(environment, execution, run.entity)
        raise EntityFailed("DMF2053: The import file is empty.")


def _check_width(row: list[str], columns: list[str]) -> None:
    if len(row) != len(columns):
        raise ValueRefused(f"The row has {len(row)} values and the header {len(columns)}. Column has invalid data.")


def _positions(columns: list[str], run: EntityRun, entity: Entity) -> list[int]:
    positions = {name.strip().upper(): position for position, name in enumerate(columns)}
    for column, name in run.definition.mapping:
        if column.strip().upper() not in positions:
            raise EntityFailed(f"the mapping is incorrect for entity {entity.label} and field {name}")
    return [positions[column.strip().upper()] for column, _ in run.definition.mapping]


def insert_statement(entity: Entity, fields: list[Field]) -> str:
    """The SQL that inserts a staging row; its parameters are the execution and the fields' values."""
    return (
        f"INSERT INTO {tables.staging(entity)} (execution, {tables.columns(fields)}) "  # noqa: S608
        f"VALUES ({', '.join('?' * (len(fields) + 1))})"
    )


def _insert(
    connection: sqlite3.Connection, entity: Entity, fields: list[Field], good: list[tuple[list[Value], list[str]]]
) -> list[tuple[str, str, str]]:
    """Insert a chunk and return the duplicates: field, message and the row as JSON.

    Rows are inserted one by one only if a key occurs twice, to find out which rows are duplicates.
    """
    sql = insert_statement(entity, fields)
    connection.execute("SAVEPOINT chunk")
    duplicates = []
    try:
        connection.executemany(sql, (values for values, _ in good))
    except sqlite3.IntegrityError:
        connection.execute("ROLLBACK TO chunk")
        for values, row in good:
            try:
                connection.execute(sql, values)
            except sqlite3.IntegrityError:
                duplicates.append(("", DUPLICATE, json.dumps(row)))
    connection.execute("RELEASE chunk")
    return duplicates


def _field_of(error: ValueRefused, fields: list[Field]) -> str:
    return next((one.staging for one in fields if f"field '{one.label}'" in str(error)), "")
