"""Executions and their entities, with statuses and counts: the job history."""

import json
import sqlite3
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from fno_emulator.clock import stamp
from fno_emulator.dmf.database import Database
from fno_emulator.dmf.errors import ActionFailed
from fno_emulator.dmf.model.manifest import EntityDefinition

NOT_RUN, EXECUTING = "NotRun", "Executing"
SUCCEEDED, PARTIALLY, FAILED = "Succeeded", "PartiallySucceeded", "Failed"
CANCELED = "Canceled"
FINISHED, ERROR = "Finished", "Error"
_NEVER = "9999"
"""Later than every time stamp."""


@dataclass(frozen=True)
class EntityRun:
    """One entity of one execution, with its definition, statuses and counts."""

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
    """One run of a project. `seq` is its number; callers know it by its `id`."""

    seq: int
    id: str
    project: str
    kind: str
    """`import` or `export`."""
    company: str
    status: str
    execute: bool
    package: str
    """Import: the folder with the unpacked package. Export: the package name that the caller chose."""
    preview: int
    registered: str
    created: str
    started: str | None
    finished: str | None
    blob: str
    """Export: the name of the package's blob in `temporary-file`, once it exists."""


def runs(database: Database, execution_id: str) -> list[Execution]:
    """All executions with an id, newest first."""
    sql = "SELECT * FROM executions WHERE id = ? ORDER BY seq DESC"
    return [from_row(one) for one in database.connection().execute(sql, (execution_id.strip(),))]


def find(database: Database, execution_id: str, now: datetime | None = None) -> Execution:
    """The newest execution with an id.

    Args:
        database: where executions are stored.
        execution_id: the id, in any case.
        now: hides executions that are not visible yet at that time (fno-behaviour 2.4).

    Raises:
        ActionFailed: there is no such execution.
    """
    sql = "SELECT * FROM executions WHERE id = ? AND registered <= ? ORDER BY seq DESC LIMIT 1"
    until = stamp(now) if now else _NEVER
    row = database.connection().execute(sql, (execution_id.strip(), until)).fetchone()
    if row is None:
        raise ActionFailed(f"Execution details were not found for execution id: {execution_id}")
    return from_row(row)


def every(database: Database) -> list[Execution]:
    """All executions, newest first."""
    return [from_row(one) for one in database.connection().execute("SELECT * FROM executions ORDER BY seq DESC")]


def with_entities(database: Database) -> list[tuple[Execution, list[EntityRun]]]:
    """All executions with their entities, newest first, read with two queries."""
    runs: dict[int, list[EntityRun]] = {}
    sql = "SELECT * FROM execution_entities ORDER BY execution, ordinal"
    for row in database.connection().execute(sql):
        runs.setdefault(row["execution"], []).append(_entity_run(row))
    return [(one, runs.get(one.seq, [])) for one in every(database)]


def entities(database: Database, execution: Execution) -> list[EntityRun]:
    """The execution's entities in order."""
    sql = "SELECT * FROM execution_entities WHERE execution = ? ORDER BY ordinal"
    return [_entity_run(row) for row in database.connection().execute(sql, (execution.seq,))]


def entity(database: Database, execution: Execution, label: str) -> EntityRun:
    """The execution's entity with that label.

    Raises:
        ActionFailed: the execution has no such entity.
    """
    for one in entities(database, execution):
        if one.entity.lower() == label.strip().lower():
            return one
    raise ActionFailed(f"Entity {label} does not exist in the execution {execution.id}")


def summary(runs: list[EntityRun]) -> str:
    """An execution's final status, derived from its entities (fno-behaviour 5.8)."""
    active = [one for one in runs if not one.definition.disabled]
    bad = [one for one in active if ERROR in (one.staging_status, one.target_status)]
    if not bad:
        return SUCCEEDED
    some_good = len(bad) < len(active) or any(one.sent > one.failed for one in bad)
    return PARTIALLY if some_good else FAILED


def update(database: Database, execution: Execution, **values: Any) -> None:
    """Set columns of an execution."""
    names = ", ".join(f"{one} = :{one}" for one in values)
    with database.transaction() as connection:
        connection.execute(
            f"UPDATE executions SET {names} WHERE seq = :seq",  # noqa: S608
            {**values, "seq": execution.seq},
        )


def set_status(database: Database, execution: Execution, status: str, **values: Any) -> bool:
    """Set the status of an execution that has not ended; returns False if it was canceled or deleted meanwhile."""
    sql = "SELECT 1 FROM executions WHERE seq = ? AND status IN ('NotRun', 'Executing')"
    with database.transaction() as connection:
        if connection.execute(sql, (execution.seq,)).fetchone() is None:
            return False
        update(database, execution, status=status, **values)
        return True


def update_entity(database: Database, execution: Execution, run: EntityRun, **values: Any) -> None:
    """Set columns of one of an execution's entities."""
    names = ", ".join(f"{one} = :{one}" for one in values)
    with database.transaction() as connection:
        connection.execute(
            f"UPDATE execution_entities SET {names} WHERE execution = :execution AND ordinal = :ordinal",  # noqa: S608
            {**values, "execution": execution.seq, "ordinal": run.ordinal},
        )


def from_row(row: sqlite3.Row) -> Execution:
    """The execution in a table row."""
    raw = {name: row[name] for name in Execution.__dataclass_fields__}
    return Execution(**{**raw, "execute": bool(raw["execute"])})


def _entity_run(row: sqlite3.Row) -> EntityRun:
    counts = ("sent", "staged", "created", "updated", "failed")
    columns = ("ordinal", "entity", "staging_status", "target_status", *counts)
    times = ("staging_started", "staging_ended", "target_started", "target_ended")
    return EntityRun(
        **{name: row[name] for name in columns},
        definition=EntityDefinition.from_json(json.loads(row["definition"])),
        times={name: row[name] for name in times},
    )
