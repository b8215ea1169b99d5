"""Executions leave the job history on demand, and lose their files and details after a time (fno-behaviour 7.3)."""

import shutil
from datetime import timedelta

from fno_emulator.clock import stamp
from fno_emulator.dmf import executions, rejections
from fno_emulator.dmf.environment import Environment
from fno_emulator.dmf.errors import ActionFailed
from fno_emulator.dmf.executions import Execution
from fno_emulator.dmf.model import tables


def delete(environment: Environment, execution: Execution) -> None:
    """Delete an execution with its staging rows, errors and files."""
    with environment.database.transaction() as connection:
        _delete_details(environment, execution)
        connection.execute("DELETE FROM execution_entities WHERE execution = ?", (execution.seq,))
        connection.execute("DELETE FROM executions WHERE seq = ?", (execution.seq,))


def cancel(environment: Environment, execution: Execution) -> None:
    """Cancel an execution, as the button in the web client's job history does. Rows that it has written stay.

    Raises:
        ActionFailed: the execution has ended.
    """
    with environment.database.transaction() as connection:
        now = environment.now()
        if not executions.set_status(environment.database, execution, executions.CANCELED, finished=now):
            raise ActionFailed(f"The execution {execution.id} has ended and cannot be canceled.")
        for step in ("staging_status", "target_status"):
            sql = f"UPDATE execution_entities SET {step} = ? WHERE execution = ? AND {step} IN ('NotRun', 'Executing')"  # noqa: S608
            connection.execute(sql, (executions.CANCELED, execution.seq))


def clean_up(environment: Environment) -> None:
    """Delete files and details that are kept long enough. The executions and their statuses stay."""
    limit = environment.clock.now() - timedelta(days=environment.settings.kept_days)
    environment.blobs.expire(limit)
    sql = "SELECT * FROM executions WHERE finished < ? AND package <> ''"
    for row in environment.database.connection().execute(sql, (stamp(limit),)).fetchall():
        execution = executions.from_row(row)
        with environment.database.transaction():
            _delete_details(environment, execution)
            executions.update(environment.database, execution, blob="", package="")


def _delete_details(environment: Environment, execution: Execution) -> None:
    with environment.database.transaction() as connection:
        for run in executions.entities(environment.database, execution):
            for entity in environment.members(run.entity):
                sql = f"DELETE FROM {tables.staging(entity)} WHERE execution = ?"  # noqa: S608
                connection.execute(sql, (execution.seq,))
        rejections.delete(environment.database, execution)
    if execution.kind == "import" and execution.package:
        shutil.rmtree(environment.packages / execution.package, ignore_errors=True)
