"""What the page shows, as plain data: executions with their entities, staging rows and errors, projects, target rows."""

from typing import Any

from fno_emulator.dmf import executions
from fno_emulator.dmf.environment import Environment
from fno_emulator.dmf.executions import EntityRun, Execution
from fno_emulator.dmf.model import projects, tables
from fno_emulator.dmf.model.catalogue import Entity

SHOWN = 200
"""Rows per table; who wants more asks OData."""
Table = dict[str, Any]


def executed(environment: Environment) -> list[dict[str, Any]]:
    """The job history, newest first."""
    found = executions.every(environment.database)[:SHOWN]
    return [{"execution": one, "entities": executions.entities(environment.database, one)} for one in found]


def execution(environment: Environment, execution_id: str) -> dict[str, Any]:
    """One execution: per entity the counts, the errors, and what is in staging.

    Raises:
        ActionFailed: there is none of that id.
    """
    found = executions.find(environment.database, execution_id)
    runs = executions.entities(environment.database, found)
    return {"execution": found, "entities": [_run(environment, found, one) for one in runs]}


def entities(environment: Environment) -> list[dict[str, Any]]:
    """The catalogue with the number of target rows per company."""
    made = []
    for one in environment.catalogue.entities:
        sql = f"SELECT company, count(*) FROM {tables.target(one)} GROUP BY company ORDER BY company"  # noqa: S608
        counted = environment.database.connection().execute(sql).fetchall()
        made.append({"entity": one, "companies": [(row[0], row[1]) for row in counted]})
    return made


def rows(environment: Environment, entity: Entity, company: str) -> Table:
    """An entity's target rows in a company."""
    sql = f"SELECT {tables.columns(entity.fields)} FROM {tables.target(entity)} WHERE company = ? ORDER BY recid LIMIT ?"  # noqa: S608
    found = environment.database.connection().execute(sql, (company, SHOWN)).fetchall()
    return {"columns": [one.name for one in entity.fields], "rows": [list(one) for one in found]}


def listed_projects(environment: Environment) -> list[projects.Project]:
    """All data projects."""
    return projects.every(environment.database)


def _run(environment: Environment, found: Execution, run: EntityRun) -> dict[str, Any]:
    connection = environment.database.connection()
    sql = "SELECT * FROM rejections WHERE execution = ? AND ordinal = ? ORDER BY rowid LIMIT ?"
    errors = connection.execute(sql, (found.seq, run.ordinal, SHOWN)).fetchall()
    staged = [_staged(environment, found, run, one) for one in environment.members(run.entity)]
    return {"run": run, "errors": [dict(one) for one in errors], "staging": staged}


def _staged(environment: Environment, found: Execution, run: EntityRun, entity: Entity) -> Table:
    mapped = [
        one for one in entity.fields if entity.label != run.entity or one.staging in run.definition.staged
    ]
    table: Table = {"entity": entity, "columns": ["RecId", *(one.staging for one in mapped)], "rows": []}
    if mapped:
        sql = f"SELECT recid, {tables.columns(mapped)} FROM {tables.staging(entity)} WHERE execution = ? LIMIT ?"  # noqa: S608
        rows = environment.database.connection().execute(sql, (found.seq, SHOWN))
        table["rows"] = [list(one) for one in rows]
    return table
