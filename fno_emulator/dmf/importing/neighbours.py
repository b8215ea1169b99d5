"""What an execution does to others: a workbook that keeps others out, a file without rows that spoils those behind it."""

import json
from uuid import uuid4

from fno_emulator.dmf.environment import Environment
from fno_emulator.dmf.errors import EntityFailed
from fno_emulator.dmf.executions import EXECUTING, Execution


def refuse_second_workbook(environment: Environment, execution: Execution) -> None:
    """One execution with workbooks at a time, where the environment has it so (fno-behaviour 2.18).

    Raises:
        EntityFailed: an earlier one is still executing.
    """
    if not environment.settings.one_excel_at_a_time:
        return
    sql = (
        "SELECT 1 FROM executions JOIN execution_entities ON execution = seq WHERE seq < ? AND status = ? "
        "AND json_extract(definition, '$.source_format') = 'EXCEL'"
    )
    if environment.database.connection().execute(sql, (execution.seq, EXECUTING)).fetchone():
        raise EntityFailed(
            "DMF2039: Another import or export that uses Excel is in progress. Try again later."
        )


def spoil_queued(environment: Environment, execution: Execution, label: str) -> None:
    """Destroy the entity's mapping for the project's executions that still wait (fno-behaviour 2.17)."""
    if not environment.settings.header_only_spoils_queued:
        return
    destroyed = json.dumps([["", f"{{{str(uuid4()).upper()}}}"]])
    with environment.database.transaction() as connection:
        connection.execute(
            "UPDATE execution_entities SET definition = json_set(definition, '$.mapping', json(?)) "
            "WHERE entity = ? AND execution IN "
            "(SELECT seq FROM executions WHERE project = ? AND seq > ? AND status = 'NotRun')",
            (destroyed, label, execution.project, execution.seq),
        )
