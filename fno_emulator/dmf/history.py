"""Job history and its end: deleted on demand, cleaned up after seven days (fno-behaviour 7.3)."""

import shutil
import sqlite3
from datetime import timedelta

from fno_emulator.clock import stamp
from fno_emulator.dmf import executions
from fno_emulator.dmf.environment import Environment
from fno_emulator.dmf.errors import ActionFailed
from fno_emulator.dmf.executions import Execution
from fno_emulator.dmf.model import tables

KEPT = timedelta(days=7)


def delete(environment: Environment, execution: Execution) -> None:
    """Remove an execution with its staging rows, errors and files."""
    with environment.database.transaction() as connection:
        _forget_details(environment, connection, execution)
        connection.execute("DELETE FROM execution_entities WHERE execution = ?", (execution.seq,))
        connection.execute("DELETE FROM executions WHERE seq = ?", (execution.seq,))


def cancel(environment: Environment, execution: Execution) -> None:
    """End an execution that is on its way, as in the web client's job history; what it has written stays.

    Raises:
        ActionFailed: it is over.
    """
    now = stamp(environment.clock.now())
    with environment.database.transaction() as connection:
        if not executions.finish(connection, execution, executions.CANCELED, finished=now):
            raise ActionFailed(f"The execution {execution.id} is over.")
        for step in ("staging_status", "target_status"):
            sql = f"UPDATE execution_entities SET {step} = ? WHERE execution = ? AND {step} IN ('NotRun', 'Executing')"  # noqa: S608
            connection.execute(sql, (executions.CANCELED, execution.seq))


def clean_up(environment: Environment) -> None:
    """Remove what is older than seven days: files and details; what remains of an execution is its status."""
    limit = environment.clock.now() - KEPT
    environment.blobs.expire(limit)
    sql = "SELECT * FROM executions WHERE finished < ? AND package <> ''"
    for row in environment.database.connection().execute(sql, (stamp(limit),)).fetchall():
        execution = executions.from_row(row)
        with environment.database.transaction() as connection:
            _forget_details(environment, connection, execution)
            executions.update(connection, execution, blob="", package="")


def _forget_details(environment: Environment, connection: sqlite3.Connection, execution: Execution) -> None:
    for one in executions.entities(environment.database, execution):
        for entity in environment.members(one.entity):
            sql = f"DELETE FROM {tables.staging(entity)} WHERE execution = ?"  # noqa: S608
            connection.execute(sql, (execution.seq,))
    connection.execute("DELETE FROM rejections WHERE execution = ?", (execution.seq,))
    if execution.kind == "import" and execution.package:
        shutil.rmtree(environment.packages / execution.package, ignore_errors=True)
