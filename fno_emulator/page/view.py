"""What the page shows, as plain data: executions with staging rows and errors, projects, and target rows."""

from typing import Any

from fno_emulator.dmf import executions
from fno_emulator.dmf.environment import Environment
from fno_emulator.dmf.errors import ActionFailed
from fno_emulator.dmf.executions import EntityRun, Execution
from fno_emulator.dmf.model import tables
from fno_emulator.dmf.model.catalogue import Entity

LIMIT = 200
"""The most rows in a table; OData has all rows."""
Table = dict[str, Any]


def history(environment: Environment) -> list[dict[str, Any]]:
    """The newest executions with their entities."""
    found = executions.every(environment.database)[:LIMIT]
    return [{"execution": one, "entities": executions.entities(environment.database, one)} for one in found]


def execution(environment: Environment, execution_id: str) -> dict[str, Any]:
    """One execution, with counts, errors and staging rows for each entity.

    Raises:
        ActionFailed: there is no such execution.
    """
    found = executions.find(environment.database, execution_id)
    runs = executions.entities(environment.database, found)
    return {"execution": found, "entities": [_entity(environment, found, one) for one in runs]}


def entities(environment: Environment) -> list[dict[str, Any]]:
    """The entities, with the number of target rows in each company."""
    made = []
    for one in environment.catalogue.entities:
        sql = f"SELECT company, count(*) FROM {tables.target(one)} GROUP BY company ORDER BY company"  # noqa: S608
        counted = environment.database.connection().execute(sql).fetchall()
        made.append({"entity": one, "companies": [(row[0], row[1]) for row in counted]})
    return made


def rows(environment: Environment, label: str, company: str) -> dict[str, Any]:
    """An entity's target rows in a company.

    Raises:
        ActionFailed: there is no such entity.
    """
    entity = environment.catalogue.by_label(label)
    if entity is None:
        raise ActionFailed(f"There is no entity {label}.")
    sql = (
        f"SELECT {tables.columns(entity.fields)} FROM {tables.target(entity)} WHERE company = ? ORDER BY recid LIMIT ?"  # noqa: S608
    )
    found = environment.database.connection().execute(sql, (company, LIMIT)).fetchall()
    table = {"columns": [one.name for one in entity.fields], "rows": [list(one) for one in found]}
    return {"entity": entity, "company": company, "table": table}


def _entity(environment: Environment, found: Execution, run: EntityRun) -> dict[str, Any]:
    connection = environment.database.connection()
    sql = "SELECT * FROM rejections WHERE execution = ? AND ordinal = ? ORDER BY rowid LIMIT ?"
    errors = connection.execute(sql, (found.seq, run.ordinal, LIMIT)).fetchall()
    staged = [_staging(environment, found, run, one) for one in environment.members(run.entity)]
    return {"run": run, "errors": [dict(one) for one in errors], "staging": staged}


def _staging(environment: Environment, found: Execution, run: EntityRun, entity: Entity) -> Table:
    mapped = [one for one in entity.fields if entity.label != run.entity or one.staging in run.definition.staged]
    table: Table = {"entity": entity, "columns": ["RecId", *(one.staging for one in mapped)], "rows": []}
    if mapped:
        sql = f"SELECT recid, {tables.columns(mapped)} FROM {tables.staging(entity)} WHERE execution = ? LIMIT ?"  # noqa: S608
        rows = environment.database.connection().execute(sql, (found.seq, LIMIT))
        table["rows"] = [list(one) for one in rows]
    return table
