"""New executions: their ids, and whether an environment accepts them."""

import json
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import uuid4

from fno_emulator.clock import stamp
from fno_emulator.dmf import executions
from fno_emulator.dmf.environment import Environment
from fno_emulator.dmf.errors import ActionFailed
from fno_emulator.dmf.model.projects import Project

_NOON = 12


@dataclass(frozen=True)
class NewExecution:
    """An execution to register; the fields mean what they mean in `Execution`."""

    project: Project
    id: str
    """Empty: `register` makes an id."""
    company: str
    kind: str
    package: str
    execute: bool = True
    preview: int = 0
    again: bool = False
    """Whether the caller asks for another run under a used id."""


def register(environment: Environment, new: NewExecution) -> str:
    """Store an execution and its entities as NotRun; returns the execution's id.

    Raises:
        ActionFailed: the project is busy or the id is used, and the environment's settings do not allow that.
    """
    _check_busy(environment, new.project.name)
    now = environment.clock.now()
    by_second = environment.settings.export_ids == "by_second" and new.kind == "export"
    new = replace(new, id=new.id.strip() or _new_id(new, now, by_second=by_second))
    visible = now + timedelta(seconds=environment.settings.registration_seconds)
    with environment.database.transaction() as connection:
        check_id(environment, new)
        cursor = connection.execute(
            "INSERT INTO executions "
            "(id, project, kind, company, status, execute, package, preview, registered, created) VALUES "
            "(:id, :project, :kind, :company, 'NotRun', :execute, :package, :preview, :registered, :created)",
            {**vars(new), "project": new.project.name, "registered": stamp(visible), "created": stamp(now)},
        )
        connection.executemany(
            "INSERT INTO execution_entities (execution, ordinal, entity, definition, staging_status, target_status) "
            "VALUES (?, ?, ?, ?, 'NotRun', 'NotRun')",
            [
                (cursor.lastrowid, ordinal, one.entity, json.dumps(vars(one)))
                for ordinal, one in enumerate(sorted(new.project.entities, key=lambda one: one.order))
            ],
        )
    return new.id


def check_id(environment: Environment, new: NewExecution) -> None:
    """Check that the execution's id may be used. How F&O treats a used id is not published (fno-behaviour 9.2, 9.11).

    Raises:
        ActionFailed: the id is used.
    """
    used = executions.runs(environment.database, new.id)
    if not used or environment.settings.used_execution_id == "another_run":
        return
    same = used[0].project.lower() == new.project.name.lower()
    if new.again and same and environment.settings.re_execute == "another_run":
        return
    raise ActionFailed(
        f"Cannot create a record in Execution (DMFDefinitionGroupExecution). Execution ID: {new.id}. "
        "The record already exists."
    )


def _check_busy(environment: Environment, project: str) -> None:
    if environment.settings.busy_project != "refuse":
        return
    sql = "SELECT id FROM executions WHERE project = ? AND status IN ('NotRun', 'Executing')"
    if row := environment.database.connection().execute(sql, (project,)).fetchone():
        raise ActionFailed(f"The data project {project} is being executed: {row['id']}.")


def _new_id(new: NewExecution, now: datetime, *, by_second: bool) -> str:
    """An id as F&O makes it today, or from the time to the second as it once did (fno-behaviour 5.6, 6.8)."""
    if by_second:
        half = "am" if now.hour < _NOON else "pm"
        return f"ExportPackage-{now:%m/%d/%Y %I:%M:%S} {half}"
    return f"{new.project.name}-{now:%Y-%m-%dT%H:%M:%S}-{uuid4().hex.upper()}"
