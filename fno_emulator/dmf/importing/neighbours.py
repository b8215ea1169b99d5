"""How one execution affects others: by a workbook, or by a file without rows."""

import json

from fno_emulator.dmf.environment import Environment
from fno_emulator.dmf.errors import EntityFailed
from fno_emulator.dmf.executions import EXECUTING, Execution
from fno_emulator.guids import new_guid


def refuse_second_workbook(environment: Environment, execution: Execution) -> None:
    """Fail if the settings allow only one execution with workbooks at a time (fno-behaviour 2.18).

    Raises:
        EntityFailed: an earlier execution with a workbook is executing.
    """
    if not environment.settings.one_excel_at_a_time:
        return
    sql = (
        "SELECT 1 FROM executions JOIN execution_entities ON execution = seq WHERE seq < ? AND status = ? "
        "AND json_extract(definition, '$.source_format') = 'EXCEL'"
    )
    if environment.database.connection().execute(sql, (execution.seq, EXECUTING)).fetchone():
        raise EntityFailed("DMF2039: Another import or export that uses Excel is in progress. Try again later.")


def spoil_queued(environment: Environment, execution: Execution, label: str) -> None:
    """Destroy the entity's mapping in the project's queued executions (fno-behaviour 2.17)."""
    if not environment.settings.header_only_spoils_queued:
        return
    destroyed = json.dumps([["", new_guid()]])
    with environment.database.transaction() as connection:
        connection.execute(
            "UPDATE execution_entities SET definition = json_set(definition, '$.mapping', json(?)) "
            "WHERE entity = ? AND execution IN "
            "(SELECT seq FROM executions WHERE project = ? AND seq > ? AND status = 'NotRun')",
            (destroyed, label, execution.project, execution.seq),
        )
