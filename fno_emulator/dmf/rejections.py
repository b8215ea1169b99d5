"""Rejected records: the step that rejected each, its field and message, and its source row (fno-behaviour 4)."""

import json
import sqlite3
from collections.abc import Iterator

from fno_emulator.dmf.database import Database
from fno_emulator.dmf.executions import EntityRun, Execution

_WHOLE_FILE = "[]"


def add_rows(database: Database, execution: Execution, run: EntityRun, rejected: list[tuple[str, str, str]]) -> None:
    """Record source rows that staging rejected: field, message and the row as JSON."""
    _add(database, execution, run, [("staging", 0, *one) for one in rejected])


def add_file(database: Database, execution: Execution, run: EntityRun, message: str) -> None:
    """Record that a data file failed as a whole."""
    add_rows(database, execution, run, [("", message, _WHOLE_FILE)])


def add_records(database: Database, execution: Execution, run: EntityRun, rejected: list[tuple[int, str, str]]) -> None:
    """Record what the target rejected: record id, field and message, in the frame of F&O's log (fno-behaviour 4.2)."""
    frame = "\n {}\r\n Validations failed while writing entity record\r\n"
    rows = [("target", record, field, frame.format(message), "") for record, field, message in rejected]
    _add(database, execution, run, rows)


def delete(database: Database, execution: Execution, run: EntityRun | None = None) -> None:
    """Delete what an execution rejected, of all entities or of one."""
    with database.transaction() as connection:
        connection.execute(
            "DELETE FROM rejections WHERE execution = :execution AND ordinal = ifnull(:ordinal, ordinal)",
            {"execution": execution.seq, "ordinal": run.ordinal if run else None},
        )


def errors(database: Database, execution: Execution, *, with_files: bool) -> list[sqlite3.Row]:
    """Record, field and message of every rejection in order; `with_files` includes files that failed as a whole."""
    sql = (
        "SELECT record, field, message FROM rejections WHERE execution = ? AND (? OR step <> 'staging' OR source <> ?) "
        "ORDER BY ordinal, rowid"
    )
    return database.connection().execute(sql, (execution.seq, with_files, _WHOLE_FILE)).fetchall()


def source_rows(database: Database, execution: Execution, run: EntityRun) -> Iterator[list[str]]:
    """The source rows that staging rejected, in the file's order."""
    sql = "SELECT source FROM rejections WHERE execution = ? AND ordinal = ? AND step = 'staging' ORDER BY rowid"
    for row in database.connection().execute(sql, (execution.seq, run.ordinal)):
        if values := json.loads(row["source"]):
            yield values


def _add(database: Database, execution: Execution, run: EntityRun, rows: list[tuple[str, int, str, str, str]]) -> None:
    with database.transaction() as connection:
        connection.executemany(
            "INSERT INTO rejections (execution, ordinal, step, record, field, message, source) VALUES (?, ?, ?, ?, ?, ?, ?)",
            ((execution.seq, run.ordinal, *one) for one in rows),
        )
