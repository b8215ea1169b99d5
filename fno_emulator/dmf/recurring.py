"""Recurring data jobs: queues of files for projects, with message states and leases (fno-behaviour 5.12, 6.5)."""

import shutil
import sqlite3
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

from fno_emulator.clock import stamp
from fno_emulator.dmf import executions
from fno_emulator.dmf.environment import Environment
from fno_emulator.dmf.errors import ActionFailed, PackageRefused
from fno_emulator.dmf.executions import Execution
from fno_emulator.dmf.formats import by_name
from fno_emulator.dmf.importing import package
from fno_emulator.dmf.model import projects
from fno_emulator.dmf.model.manifest import EntityDefinition
from fno_emulator.dmf.registration import NewExecution
from fno_emulator.dmf.starter import Starter
from fno_emulator.guids import ZERO_GUID

LEASE = timedelta(minutes=30)
"""A message that is not acknowledged within this time is delivered again."""
_STATES = {"NotRun": "Enqueued", "Executing": "Processing", "Succeeded": "Processed"}
_EXPORTED = (executions.SUCCEEDED, executions.PARTIALLY)
_SCHEMA = """
CREATE TABLE IF NOT EXISTS messages (
    id TEXT PRIMARY KEY, activity TEXT NOT NULL, execution TEXT NOT NULL, error TEXT NOT NULL, external TEXT NOT NULL,
    enqueued TEXT NOT NULL, correlation TEXT, receipt TEXT, leased TEXT, acknowledged INTEGER NOT NULL DEFAULT 0)
"""


class NoSuchActivity(Exception):  # noqa: N818 - the caller asked for something that does not exist
    """No recurring job has this activity id."""


class NotAuthorized(Exception):  # noqa: N818
    """The job does not accept this client."""


@dataclass(frozen=True)
class Job:
    """A recurring data job. It accepts the listed clients, or all clients if the list is empty."""

    activity: str
    project: str
    clients: tuple[str, ...] = ()


@dataclass(frozen=True)
class Delivery:
    """A message that a caller has leased, until it acknowledges the message or the lease ends."""

    message: str
    correlation: str
    receipt: str
    last: str | None
    """When the message was delivered before."""
    has_file: bool = True


class Recurring:
    """The recurring data jobs of an environment and their messages.

    Args:
        environment: where jobs and messages are stored.
        starter: starts their imports and exports.
    """

    def __init__(self, environment: Environment, starter: Starter) -> None:
        self._environment = environment
        self._starter = starter
        self._database = environment.database
        self._database.connection().execute(_SCHEMA)
        self._jobs = {
            str(UUID(raw["activity"])): Job(str(UUID(raw["activity"])), raw["project"], tuple(raw.get("clients", ())))
            for raw in environment.catalogue.recurring
        }

    def job(self, activity: str, client: str) -> Job:
        """The job with an activity id, which may be in braces.

        Raises:
            NoSuchActivity: there is no such job.
            NotAuthorized: the job does not accept this client.
        """
        try:
            found = self._jobs[str(UUID(activity))]
        except (ValueError, KeyError):
            raise NoSuchActivity(activity) from None
        if found.clients and client not in found.clients:
            raise NotAuthorized(client)
        return found

    def enqueue(self, job: Job, file: Path, entity: str, company: str, external: str) -> str:
        """Import a package, or a file for one entity of the project; returns the message's id.

        A file that cannot be imported becomes a message in the state PreProcessingError.
        """
        message, error, execution = str(uuid4()), "", ""
        try:
            execution = self._start(job, file, entity, company)
        except ActionFailed as failed:
            error = str(failed)
        self._add(message, job, execution, error, external)
        return message

    def start_export(self, job: Job, company: str) -> str:
        """Export the project and queue the package, as the job's schedule does; returns the execution's id."""
        execution = self._starter.export_to_package(job.project, job.project, str(uuid4()), company)
        self._add(str(uuid4()), job, execution, "", "")
        return execution

    def dequeue(self, job: Job) -> Delivery | None:
        """Lease the oldest message that is ready and not leased; None if there is none."""
        now = self._environment.clock.now()
        with self._database.transaction() as connection:
            sql = "SELECT * FROM messages WHERE activity = ? AND acknowledged = 0 ORDER BY enqueued, rowid"
            for row in connection.execute(sql, (job.activity,)).fetchall():
                if delivers := self._delivers(row, now):
                    has_file = delivers == "with_file"
                    made = Delivery(row["id"], str(uuid4()), str(uuid4()), row["leased"], has_file)
                    connection.execute(
                        "UPDATE messages SET correlation = ?, receipt = ?, leased = ? WHERE id = ?",
                        (made.correlation, made.receipt, stamp(now), row["id"]),
                    )
                    return made
        return None

    def file(self, job: Job, correlation: str) -> Path:
        """The path of a delivery's package.

        Raises:
            NoSuchActivity: the delivery does not belong to this job.
        """
        sql = "SELECT * FROM messages WHERE activity = ? AND correlation = ?"
        row = self._database.connection().execute(sql, (job.activity, correlation)).fetchone()
        path = self._environment.blobs.download(self._execution(row).blob) if row else None
        if path is None:
            raise NoSuchActivity(correlation)
        return path

    def acknowledge(self, job: Job, correlation: str, receipt: str) -> bool:
        """Remove a delivered message from the queue; returns False if the caller's lease has ended."""
        with self._database.transaction() as connection:
            cursor = connection.execute(
                "UPDATE messages SET acknowledged = 1 WHERE activity = ? AND correlation = ? AND receipt = ?",
                (job.activity, correlation, receipt),
            )
            return cursor.rowcount == 1

    def state(self, message: str) -> str:
        """A message's state, in the terms of GetMessageStatus.

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
        """The id of a message's execution; all zeros while the execution has not started."""
        row = self._row(message)
        if row is None or not row["execution"] or self._execution(row).status == "NotRun":
            return ZERO_GUID
        return str(row["execution"])

    def status(self, job: Job, message: str) -> tuple[sqlite3.Row, Execution | None]:
        """A message's row and its execution, which is None if the file could not be imported.

        Raises:
            NoSuchActivity: the message does not belong to this job.
        """
        row = self._row(message)
        if row is None or row["activity"] != job.activity:
            raise NoSuchActivity(message)
        return row, self._execution(row) if row["execution"] else None

    def _start(self, job: Job, file: Path, entity: str, company: str) -> str:
        packages = self._environment.packages
        project = projects.get(self._database, job.project)
        folder = str(uuid4())
        if entity:
            wanted = next((one for one in project.entities if one.entity.lower() == entity.lower()), None)
            if wanted is None:
                raise PackageRefused(f"Entity {entity} does not exist in the data project {job.project}")
            name = f"{wanted.entity}.{by_name(wanted.source_format).extension}"
            (packages / folder).mkdir()
            shutil.copyfile(file, packages / folder / name)
            entities: tuple[EntityDefinition, ...] = (replace(wanted, file=name),)
        else:
            with file.open("rb") as opened:
                entities = package.unpack(self._environment, opened, folder).entities
        new = NewExecution(replace(project, entities=entities), str(uuid4()), company, "import", folder)
        return self._starter.register(new)

    def _add(self, message: str, job: Job, execution: str, error: str, external: str) -> None:
        values = (message, job.activity, execution, error, external, self._environment.now())
        with self._database.transaction() as connection:
            connection.execute(
                "INSERT INTO messages (id, activity, execution, error, external, enqueued) VALUES (?, ?, ?, ?, ?, ?)",
                values,
            )

    def _delivers(self, row: sqlite3.Row, now: datetime) -> str:
        """How a message is delivered: `with_file`, `without_file`, or "" if it is not ready."""
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
        row: sqlite3.Row | None = self._database.connection().execute(sql, (message.strip('"{} ').lower(),)).fetchone()
        return row

    def _execution(self, row: Any) -> Execution:
        return executions.find(self._database, row["execution"])
