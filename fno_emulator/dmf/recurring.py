"""Recurring data jobs: queues of files in front of projects, with leases and message states (fno-behaviour 5.12, 6.5)."""

import shutil
import sqlite3
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

from fno_emulator.clock import stamp
from fno_emulator.dmf import executions
from fno_emulator.dmf.environment import Environment
from fno_emulator.dmf.errors import ActionFailed, PackageRefused
from fno_emulator.dmf.executions import Execution, NewExecution
from fno_emulator.dmf.formats import by_name
from fno_emulator.dmf.importing import package
from fno_emulator.dmf.model import projects
from fno_emulator.dmf.model.manifest import EntityDefinition

LEASE = timedelta(minutes=30)
"""After which a message that was not acknowledged is delivered again."""
NOBODY = str(UUID(int=0))
"""What stands for an execution that has not begun."""
_STATES = {"NotRun": "Enqueued", "Executing": "Processing", "Succeeded": "Processed"}
_EXPORTED = (executions.SUCCEEDED, executions.PARTIALLY)
_SCHEMA = """
CREATE TABLE IF NOT EXISTS messages (
    id TEXT PRIMARY KEY, activity TEXT NOT NULL, execution TEXT NOT NULL, error TEXT NOT NULL, external TEXT NOT NULL,
    enqueued TEXT NOT NULL, correlation TEXT, receipt TEXT, leased TEXT, acknowledged INTEGER NOT NULL DEFAULT 0)
"""


class NoSuchActivity(Exception):  # noqa: N818 - what the caller asked for is not there
    """No recurring job has this activity id."""


class NotAuthorized(Exception):  # noqa: N818
    """The client is not in the job's list."""


@dataclass(frozen=True)
class Job:
    """A recurring data job; `clients` are those it takes, none means all."""

    activity: str
    project: str
    clients: tuple[str, ...] = ()


@dataclass(frozen=True)
class Delivery:
    """A message handed out: the caller has the lease until it acknowledges or `LEASE` is over."""

    message: str
    correlation: str
    receipt: str
    last: str | None
    """When it was handed out before."""
    has_file: bool = True


class Recurring:
    """The jobs and their messages.

    Args:
        environment: where both are kept.
        register: runs what comes in.
        export: makes what goes out: project, package name, execution id, company.
    """

    def __init__(
        self,
        environment: Environment,
        register: Callable[[NewExecution], str],
        export: Callable[[str, str, str, str], str],
    ) -> None:
        self._environment = environment
        self._register = register
        self._export = export
        self._database = environment.database
        self._database.connection().execute(_SCHEMA)
        self._jobs = {
            str(UUID(raw["activity"])): Job(
                str(UUID(raw["activity"])), raw["project"], tuple(raw.get("clients", ()))
            )
            for raw in environment.catalogue.recurring
        }

    def job(self, activity: str, client: str) -> Job:
        """The job a client may use; its id with or without braces.

        Raises:
            NoSuchActivity, NotAuthorized: see there.
        """
        try:
            found = self._jobs[str(UUID(activity))]
        except (ValueError, KeyError):
            raise NoSuchActivity(activity) from None
        if found.clients and client not in found.clients:
            raise NotAuthorized(client)
        return found

    def enqueue(self, job: Job, file: Path, entity: str, company: str, external: str) -> str:
        """Take a package, or a single file for one of the project's entities; gives the message's id.

        What cannot be taken is a message all the same, in the state PreProcessingError.
        """
        message, error, execution = str(uuid4()), "", ""
        try:
            execution = self._start(job, file, entity, company)
        except ActionFailed as failed:
            error = str(failed)
        self._add(message, job, execution, error, external)
        return message

    def start_export(self, job: Job, company: str) -> str:
        """What the job's schedule does: export, and queue the package when it is there; gives the execution's id."""
        execution = self._export(job.project, job.project, str(uuid4()), company)
        self._add(str(uuid4()), job, execution, "", "")
        return execution

    def dequeue(self, job: Job) -> Delivery | None:
        """The oldest message that is ready and not leased, or None; an export without rows makes one as the switch says."""
        now = self._environment.clock.now()
        with self._database.transaction() as connection:
            sql = "SELECT * FROM messages WHERE activity = ? AND acknowledged = 0 ORDER BY enqueued, rowid"
            for row in connection.execute(sql, (job.activity,)).fetchall():
                if ready := self._ready(row, now):
                    has_file = ready == "with_file"
                    made = Delivery(row["id"], str(uuid4()), str(uuid4()), row["leased"], has_file)
                    connection.execute(
                        "UPDATE messages SET correlation = ?, receipt = ?, leased = ? WHERE id = ?",
                        (made.correlation, made.receipt, stamp(now), row["id"]),
                    )
                    return made
        return None

    def file(self, job: Job, correlation: str) -> Path:
        """The package of a delivery.

        Raises:
            NoSuchActivity: the delivery is not this job's.
        """
        sql = "SELECT * FROM messages WHERE activity = ? AND correlation = ?"
        row = self._database.connection().execute(sql, (job.activity, correlation)).fetchone()
        path = self._environment.blobs.download(self._execution(row).blob) if row else None
        if path is None:
            raise NoSuchActivity(correlation)
        return path

    def acknowledge(self, job: Job, correlation: str, receipt: str) -> bool:
        """Take a delivered message off the queue; False when the lease is not the caller's any more."""
        with self._database.transaction() as connection:
            cursor = connection.execute(
                "UPDATE messages SET acknowledged = 1 WHERE activity = ? AND correlation = ? AND receipt = ?",
                (job.activity, correlation, receipt),
            )
            return cursor.rowcount == 1

    def state(self, message: str) -> str:
        """A message's state, by the names GetMessageStatus has.

        Raises:
            ActionFailed: there is no such message.
        """
        row = self._row(message)
        if row is None:
            raise ActionFailed(f"Message {message} was not found.")
        if row["error"]:
            return "PreProcessingError"
        if row["acknowledged"] or row["leased"]:
            return "Acked" if row["acknowledged"] else "Dequeued"
        return _STATES.get(self._execution(row).status, "ProcessedWithErrors")

    def execution_id(self, message: str) -> str:
        """The execution of a message; all zeros while it has not begun."""
        row = self._row(message)
        if row is None or not row["execution"] or self._execution(row).status == "NotRun":
            return NOBODY
        return str(row["execution"])

    def status(self, job: Job, message: str) -> tuple[sqlite3.Row, Execution | None]:
        """A message's row and its execution, None when it never began.

        Raises:
            NoSuchActivity: the message is not this job's.
        """
        row = self._row(message)
        if row is None or row["activity"] != job.activity:
            raise NoSuchActivity(message)
        return row, self._execution(row) if row["execution"] else None

    def _start(self, job: Job, file: Path, entity: str, company: str) -> str:
        environment = self._environment
        project = projects.find(self._database, job.project)
        if project is None:
            raise ActionFailed(f"Data project {job.project} does not exist.")
        folder = str(uuid4())
        if entity:
            wanted = next((one for one in project.entities if one.entity.lower() == entity.lower()), None)
            if wanted is None:
                raise PackageRefused(f"Entity {entity} does not exist in the data project {job.project}")
            name = f"{wanted.entity}.{by_name(wanted.source_format).extension}"
            (environment.packages / folder).mkdir()
            shutil.copyfile(file, environment.packages / folder / name)
            entities: tuple[EntityDefinition, ...] = (replace(wanted, file=name),)
        else:
            with file.open("rb") as opened:
                entities = package.unpack(
                    opened, environment.packages / folder, environment.catalogue, environment.settings
                ).entities
        new = NewExecution(replace(project, entities=entities), str(uuid4()), company, "import", folder)
        return self._register(new)

    def _add(self, message: str, job: Job, execution: str, error: str, external: str) -> None:
        now = stamp(self._environment.clock.now())
        values = (message, job.activity, execution, error, external, now)
        with self._database.transaction() as connection:
            connection.execute(
                "INSERT INTO messages (id, activity, execution, error, external, enqueued) VALUES (?, ?, ?, ?, ?, ?)",
                values,
            )

    def _ready(self, row: sqlite3.Row, now: datetime) -> str:
        """Whether a message may be handed out: `with_file`, `without_file`, or ""."""
        if row["leased"] and row["leased"] > stamp(now - LEASE):
            return ""
        execution = self._execution(row) if row["execution"] else None
        if execution is None or execution.kind != "export" or execution.status not in _EXPORTED:
            return ""
        if any(one.staged for one in executions.entities(self._database, execution)):
            return "with_file" if execution.blob else ""
        empty = self._environment.settings.zero_records_message
        return "" if empty == "none" else empty if execution.blob else "without_file"

    def _row(self, message: str) -> sqlite3.Row | None:
        sql = "SELECT * FROM messages WHERE id = ?"
        row: sqlite3.Row | None = (
            self._database.connection().execute(sql, (message.strip('"{} ').lower(),)).fetchone()
        )
        return row

    def _execution(self, row: Any) -> Execution:
        return executions.find(self._database, row["execution"])
