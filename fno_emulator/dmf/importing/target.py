"""Staging to target: each entity in one transaction, its rows validated and written by key."""

import sqlite3
from collections.abc import Iterator

from fno_emulator.dmf import executions, rejections
from fno_emulator.dmf.environment import Environment
from fno_emulator.dmf.executions import ERROR, FINISHED, EntityRun, Execution
from fno_emulator.dmf.importing.staging import CHUNK, mapped_fields
from fno_emulator.dmf.model import tables
from fno_emulator.dmf.model.catalogue import Entity, Field
from fno_emulator.dmf.model.validation import Validation


def write(environment: Environment, execution: Execution, run: EntityRun, *, truncate: bool) -> None:
    """Write an entity's staged rows to the target, with counts, rejections and status, in one transaction."""
    entity = environment.entity(run.entity)
    company = tables.company_of(entity, execution.company)
    with environment.database.transaction() as connection:
        if truncate:
            connection.execute(f"DELETE FROM {tables.target(entity)} WHERE company = ?", (company,))  # noqa: S608
        before = tables.count(connection, entity, company)
        written, failed = _move(environment, connection, execution, run) if run.staged else (0, 0)
        created = tables.count(connection, entity, company) - before
        executions.update_entity(
            environment.database,
            execution,
            run,
            created=created,
            updated=written - created,
            failed=run.failed + failed,
            target_status=ERROR if failed or (run.sent and not run.staged) else FINISHED,
        )


def _move(
    environment: Environment, connection: sqlite3.Connection, execution: Execution, run: EntityRun
) -> tuple[int, int]:
    """Validate and write the rows in chunks; returns how many rows were written and how many failed."""
    entity = environment.entity(run.entity)
    company = tables.company_of(entity, execution.company)
    fields = mapped_fields(entity, run)
    validation = Validation(environment.catalogue, connection, entity, fields, execution.company)
    version = tables.next_version(connection)
    defaults = tables.missing_defaults(entity, fields)
    written = failed = 0
    for chunk in _staged_rows(connection, execution, entity, fields):
        good, bad = [], []
        for row in chunk:
            complaint = validation.complaint(row) if run.definition.validate else None
            if complaint:
                bad.append((row[0], *complaint))
            else:
                good.append((company, version, *row[1:], *defaults))
        connection.executemany(tables.upsert(entity, fields), good)
        rejections.add_records(environment.database, execution, run, bad)
        written += len(good)
        failed += len(bad)
    return written, failed


def _staged_rows(
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
