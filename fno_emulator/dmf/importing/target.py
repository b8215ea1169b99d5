"""Staging to target: validated row by row, written by key, one entity at a time as one transaction."""

import sqlite3
from collections.abc import Iterator

from fno_emulator.dmf import executions
from fno_emulator.dmf.database import Database
from fno_emulator.dmf.environment import Environment
from fno_emulator.dmf.executions import EntityRun, Execution
from fno_emulator.dmf.importing.staging import CHUNK, mapped_fields
from fno_emulator.dmf.model import tables
from fno_emulator.dmf.model.catalogue import Entity, Field
from fno_emulator.dmf.model.validation import Validation


def write(environment: Environment, execution: Execution, run: EntityRun, *, truncate: bool) -> None:
    """Move one entity from staging to target and write counts, rejections and status; all of it or nothing."""
    entity = environment.entity(run.entity)
    company = tables.company_of(entity, execution.company)
    with environment.database.transaction() as connection:
        if truncate:
            connection.execute(f"DELETE FROM {tables.target(entity)} WHERE company = ?", (company,))  # noqa: S608
        before = tables.count(connection, entity, company)
        written, failed = _move(environment, connection, execution, run) if run.staged else (0, 0)
        created = tables.count(connection, entity, company) - before
        executions.update_entity(
            connection,
            execution,
            run.ordinal,
            created=created,
            updated=written - created,
            failed=run.failed + failed,
            target_status=executions.ERROR
            if failed or (run.sent and not run.staged)
            else executions.FINISHED,
        )


def _move(
    environment: Environment, connection: sqlite3.Connection, execution: Execution, run: EntityRun
) -> tuple[int, int]:
    """Validate and write chunk by chunk; gives the number of rows written and of rows that failed."""
    entity = environment.entity(run.entity)
    company = tables.company_of(entity, execution.company)
    fields = mapped_fields(entity, run)
    check = Validation(environment.catalogue, connection, entity, fields, execution.company)
    version = tables.next_version(connection)
    rest = tables.missing_defaults(entity, fields)
    written = failed = 0
    for chunk in _staged(connection, execution, entity, fields):
        good, bad = [], []
        for row in chunk:
            complaint = check.complaint(row) if run.definition.validate else None
            if complaint:
                bad.append((execution.seq, run.ordinal, row[0], complaint[0], infolog(complaint[1])))
            else:
                good.append((company, version, *row[1:], *rest))
        connection.executemany(tables.upsert(entity, fields), good)
        refuse(connection, bad)
        written += len(good)
        failed += len(bad)
    return written, failed


def refuse(connection: sqlite3.Connection, bad: list[tuple[int, int, int, str, str]]) -> None:
    """Write down staged records the target refused: execution, ordinal, record, field, message."""
    connection.executemany(
        "INSERT INTO rejections (execution, ordinal, step, record, field, message, source) "
        "VALUES (?, ?, 'target', ?, ?, ?, '')",
        bad,
    )


def failed_keys(
    database: Database, execution: Execution, run: EntityRun, entity: Entity
) -> Iterator[list[str]]:
    """The key values of the records that failed between staging and target, in the file's order."""
    sql = (
        f"SELECT {tables.columns(entity.key_fields)} FROM {tables.staging(entity)} WHERE recid IN "  # noqa: S608
        "(SELECT record FROM rejections WHERE execution = ? AND ordinal = ? AND step = 'target') ORDER BY recid"
    )
    for row in database.connection().execute(sql, (execution.seq, run.ordinal)):
        yield ["" if value is None else str(value) for value in row]


def _staged(
    connection: sqlite3.Connection, execution: Execution, entity: Entity, fields: list[Field]
) -> Iterator[list[sqlite3.Row]]:
    sql = (
        f"SELECT recid, {tables.columns(fields)} FROM {tables.staging(entity)} "  # noqa: S608
        "WHERE execution = ? AND recid > ? ORDER BY recid LIMIT ?"
    )
    last = 0
    while chunk := connection.execute(sql, (execution.seq, last, CHUNK)).fetchall():
        yield chunk
        last = chunk[-1][0]


def infolog(message: str) -> str:
    """The lines F&O's log shows for a record that was not written (fno-behaviour 4.2)."""
    return f"\n {message}\r\n Validations failed while writing entity record\r\n"
