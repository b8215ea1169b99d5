"""Executions and what became of their entities: the job history."""

import json
import sqlite3
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import uuid4

from fno_emulator.clock import stamp
from fno_emulator.dmf.database import Database
from fno_emulator.dmf.errors import ActionFailed
from fno_emulator.dmf.model.manifest import EntityDefinition
from fno_emulator.dmf.model.projects import Project
from fno_emulator.settings import Settings

NOT_RUN, EXECUTING = "NotRun", "Executing"
SUCCEEDED, PARTIALLY, FAILED = "Succeeded", "PartiallySucceeded", "Failed"
CANCELED = "Canceled"
FINISHED, ERROR = "Finished", "Error"
_NOON = 12
_EVER = "9999"
"""Later than every time stamp."""


@dataclass(frozen=True)
class EntityRun:
    """One entity of one execution: definition, statuses, counts."""

    ordinal: int
    entity: str
    definition: EntityDefinition
    staging_status: str
    target_status: str
    sent: int
    staged: int
    created: int
    updated: int
    failed: int
    times: dict[str, str | None]


@dataclass(frozen=True)
class Execution:
    """One run of a project; `seq` numbers them, `id` is what callers know."""

    seq: int
    id: str
    project: str
    kind: str
    """`import` or `export`."""
    company: str
    status: str
    execute: bool
    package: str
    """Import: the folder it was unpacked to. Export: the package name asked for."""
    preview: int
    registered: str
    created: str
    started: str | None
    finished: str | None
    blob: str
    """Export: where the package lies in `temporary-file`, once it exists."""


@dataclass(frozen=True)
class NewExecution:
    """An execution about to be registered; the fields mean what they mean in `Execution`."""

    project: Project
    id: str
    company: str
    kind: str
    package: str
    execute: bool = True
    preview: int = 0
    again: bool = False
    """Whether another run under a used id is asked for."""


def register(database: Database, new: NewExecution, now: datetime, visible: datetime) -> None:
    """Write a new execution and its entities, NotRun; callers are told of it from `visible` on."""
    values = {**vars(new), "project": new.project.name, "registered": stamp(visible), "created": stamp(now)}
    with database.transaction() as connection:
        cursor = connection.execute(
            "INSERT INTO executions "
            "(id, project, kind, company, status, execute, package, preview, registered, created) VALUES "
            "(:id, :project, :kind, :company, 'NotRun', :execute, :package, :preview, :registered, :created)",
            values,
        )
        connection.executemany(
            "INSERT INTO execution_entities (execution, ordinal, entity, definition, staging_status, target_status) "
            "VALUES (?, ?, ?, ?, 'NotRun', 'NotRun')",
            [
                (cursor.lastrowid, position, one.entity, json.dumps(vars(one)))
                for position, one in enumerate(sorted(new.project.entities, key=lambda one: one.order))
            ],
        )


def refuse_used(database: Database, settings: Settings, new: NewExecution) -> None:
    """Look whether the id may be used; what a used one means, nobody has published (fno-behaviour 9.2, 9.11).

    Raises:
        ActionFailed: it may not.
    """
    used = runs(database, new.id)
    if not used or settings.used_execution_id == "another_run":
        return
    same = used[0].project.lower() == new.project.name.lower()
    if new.again and same and settings.re_execute == "another_run":
        return
    raise ActionFailed(
        f"Cannot create a record in Execution (DMFDefinitionGroupExecution). Execution ID: {new.id}. "
        "The record already exists."
    )


def new_id(new: NewExecution, now: datetime, *, by_second: bool) -> str:
    """An id for who brought none; `by_second` names exports as F&O once did (fno-behaviour 5.6, 6.8)."""
    if by_second and new.kind == "export":
        half = "am" if now.hour < _NOON else "pm"
        return f"ExportPackage-{now:%m/%d/%Y %I:%M:%S} {half}"
    return f"{new.project.name}-{now:%Y-%m-%dT%H:%M:%S}-{uuid4().hex.upper()}"


def runs(database: Database, execution_id: str) -> list[Execution]:
    """Everything that ran under an id, newest first."""
    sql = "SELECT * FROM executions WHERE id = ? ORDER BY seq DESC"
    return [from_row(one) for one in database.connection().execute(sql, (execution_id.strip(),))]


def find(database: Database, execution_id: str, now: datetime | None = None) -> Execution:
    """The execution of that id, the newest where it was used again.

    Args:
        database: where.
        execution_id: as the caller spells it; case does not matter.
        now: when given, an execution not yet visible at that time counts as unknown (fno-behaviour 2.4).

    Raises:
        ActionFailed: F&O does not know it, or not yet.
    """
    sql = "SELECT * FROM executions WHERE id = ? AND registered <= ? ORDER BY seq DESC LIMIT 1"
    until = stamp(now) if now else _EVER
    row = database.connection().execute(sql, (execution_id.strip(), until)).fetchone()
    if row is None:
        raise ActionFailed(f"Execution details were not found for execution id: {execution_id}")
    return from_row(row)


def every(database: Database) -> list[Execution]:
    """All executions, newest first."""
    return [
        from_row(one) for one in database.connection().execute("SELECT * FROM executions ORDER BY seq DESC")
    ]


def with_entities(database: Database) -> list[tuple[Execution, list[EntityRun]]]:
    """All executions, newest first, each with its entities: two queries, however many there are."""
    runs: dict[int, list[EntityRun]] = {}
    sql = "SELECT * FROM execution_entities ORDER BY execution, ordinal"
    for row in database.connection().execute(sql):
        runs.setdefault(row["execution"], []).append(_entity_run(row))
    return [(one, runs.get(one.seq, [])) for one in every(database)]


def entities(database: Database, execution: Execution) -> list[EntityRun]:
    """The execution's entities in their order."""
    sql = "SELECT * FROM execution_entities WHERE execution = ? ORDER BY ordinal"
    return [_entity_run(row) for row in database.connection().execute(sql, (execution.seq,))]


def entity(database: Database, execution: Execution, label: str) -> EntityRun:
    """One entity of the execution, by label.

    Raises:
        ActionFailed: the execution has no such entity.
    """
    for one in entities(database, execution):
        if one.entity.lower() == label.strip().lower():
            return one
    raise ActionFailed(f"Entity {label} does not exist in the execution {execution.id}")


def summary(runs: list[EntityRun]) -> str:
    """The execution's status from what happened to its entities (fno-behaviour 5.8)."""
    active = [one for one in runs if not one.definition.disabled]
    bad = [one for one in active if ERROR in (one.staging_status, one.target_status)]
    if not bad:
        return SUCCEEDED
    some_good = len(bad) < len(active) or any(one.sent > one.failed for one in bad)
    return PARTIALLY if some_good else FAILED


def update(connection: sqlite3.Connection, execution: Execution, **values: Any) -> None:
    """Set columns of the execution."""
    names = ", ".join(f"{one} = :{one}" for one in values)
    connection.execute(f"UPDATE executions SET {names} WHERE seq = :seq", {**values, "seq": execution.seq})  # noqa: S608


def finish(connection: sqlite3.Connection, execution: Execution, status: str, **values: Any) -> bool:
    """Give an execution that is on its way its final status; False when it was canceled meanwhile."""
    sql = "SELECT 1 FROM executions WHERE seq = ? AND status IN ('NotRun', 'Executing')"
    if connection.execute(sql, (execution.seq,)).fetchone() is None:
        return False
    update(connection, execution, status=status, **values)
    return True


def update_entity(connection: sqlite3.Connection, execution: Execution, ordinal: int, **values: Any) -> None:
    """Set columns of one of its entities."""
    names = ", ".join(f"{one} = :{one}" for one in values)
    connection.execute(
        f"UPDATE execution_entities SET {names} WHERE execution = :execution AND ordinal = :ordinal",  # noqa: S608
        {**values, "execution": execution.seq, "ordinal": ordinal},
    )


def from_row(row: sqlite3.Row) -> Execution:
    """An execution from its table row."""
    raw = {name: row[name] for name in Execution.__dataclass_fields__}
    return Execution(**{**raw, "execute": bool(raw["execute"])})


def _entity_run(row: sqlite3.Row) -> EntityRun:
    plain = (
        "ordinal",
        "entity",
        "staging_status",
        "target_status",
        "sent",
        "staged",
        "created",
        "updated",
        "failed",
    )
    return EntityRun(
        **{name: row[name] for name in plain},
        definition=EntityDefinition.from_json(json.loads(row["definition"])),
        times={
            one: row[one] for one in ("staging_started", "staging_ended", "target_started", "target_ended")
        },
    )
