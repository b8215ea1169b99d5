"""The state of a task hub in SQLite: instances, histories, inboxes, activities and entities.

Times are seconds since 1970 in UTC; payloads are JSON text.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass

from local.host.durable.events import Event
from local.host.state.database import Database

SCHEMA = """
CREATE TABLE IF NOT EXISTS instances (
    id TEXT PRIMARY KEY, execution TEXT NOT NULL, name TEXT NOT NULL, status TEXT NOT NULL,
    input TEXT, output TEXT, custom_status TEXT, created REAL NOT NULL, updated REAL NOT NULL,
    parent TEXT, parent_execution TEXT, parent_task INTEGER);
CREATE INDEX IF NOT EXISTS instances_created ON instances (created);
CREATE TABLE IF NOT EXISTS history (
    instance TEXT NOT NULL, seq INTEGER NOT NULL, event TEXT NOT NULL, PRIMARY KEY (instance, seq)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS inbox (
    seq INTEGER PRIMARY KEY AUTOINCREMENT, instance TEXT NOT NULL, execution TEXT, due REAL NOT NULL, event TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS inbox_instance ON inbox (instance, due);
CREATE INDEX IF NOT EXISTS inbox_due ON inbox (due);
CREATE TABLE IF NOT EXISTS work (
    seq INTEGER PRIMARY KEY AUTOINCREMENT, instance TEXT NOT NULL, execution TEXT NOT NULL, task INTEGER NOT NULL,
    name TEXT NOT NULL, input TEXT, owner TEXT);
CREATE INDEX IF NOT EXISTS work_owner ON work (owner);
CREATE TABLE IF NOT EXISTS hidden_work (seq INTEGER PRIMARY KEY, until REAL NOT NULL);
CREATE TABLE IF NOT EXISTS entities (id TEXT PRIMARY KEY, state TEXT, updated REAL NOT NULL);
"""


TERMINAL = frozenset({"Completed", "Failed", "Terminated", "Canceled"})


@dataclass(frozen=True)
class Instance:
    """A row of `instances`; input, output and custom status are JSON text."""

    id: str
    execution: str
    name: str
    status: str
    input: str | None
    output: str | None
    custom_status: str | None
    created: float
    updated: float
    parent: str | None
    parent_execution: str | None
    parent_task: int | None


@dataclass(frozen=True)
class Message:
    """An event for an instance or entity; only the execution in `execution` may take it, if set."""

    seq: int
    execution: str | None
    event: Event


@dataclass(frozen=True)
class Work:
    """An activity to run; `input` is JSON text from the orchestrator."""

    seq: int
    instance: str
    execution: str
    task: int
    name: str
    input: str | None


class Store:
    """All statements on the durable state, for use in the host's own thread."""

    def __init__(self, database: Database) -> None:
        self._db = database
        self._db.create(SCHEMA)
        self.transaction, self.snapshot = database.transaction, database.snapshot

    # Instances and their history.

    def instance(self, instance_id: str) -> Instance | None:
        """Return an instance; None if there is none with this id."""
        row = self._db.execute("SELECT * FROM instances WHERE id = ?", (instance_id,)).fetchone()
        return Instance(*row) if row else None

    def is_over(self, instance_id: str) -> bool:
        """Whether an instance has ended or does not exist."""
        row = self._db.execute("SELECT status FROM instances WHERE id = ?", (instance_id,)).fetchone()
        return row is None or row[0] in TERMINAL

    def put_instance(self, instance: Instance) -> None:
        """Insert or replace an instance."""
        values = tuple(vars(instance).values())
        marks = ",".join("?" * len(values))
        self._db.execute(f"INSERT OR REPLACE INTO instances VALUES ({marks})", values)  # noqa: S608 - only question marks

    def history(self, instance_id: str) -> list[Event]:
        """Return the events of an instance's current execution in order."""
        rows = self._db.execute("SELECT event FROM history WHERE instance = ? ORDER BY seq", (instance_id,))
        return [json.loads(row[0]) for row in rows]

    def append_history(self, instance_id: str, first: int, events: Iterable[Event]) -> None:
        """Append events to a history that has `first` events."""
        rows = [(instance_id, seq, json.dumps(event)) for seq, event in enumerate(events, start=first)]
        self._db.executemany("INSERT INTO history VALUES (?, ?, ?)", rows)

    def forget_history(self, instance_id: str) -> None:
        """Delete an instance's events and keep the instance."""
        self._db.execute("DELETE FROM history WHERE instance = ?", (instance_id,))

    def purge(self, instance_id: str) -> None:
        """Delete an instance with its history, inbox and activities."""
        self.forget_history(instance_id)
        self._db.execute("DELETE FROM inbox WHERE instance = ?", (instance_id,))
        self._db.execute("DELETE FROM work WHERE instance = ?", (instance_id,))
        self._db.execute("DELETE FROM instances WHERE id = ?", (instance_id,))

    def find_instances(
        self,
        created_from: float | None = None,
        created_to: float | None = None,
        statuses: Iterable[str] = (),
        prefix: str = "",
        page: tuple[int, int] = (-1, 0),
    ) -> list[Instance]:
        """Return instances by creation time, status and id prefix, oldest first; `page` is (limit or -1, offset)."""
        wanted = json.dumps(list(statuses))
        rows = self._db.execute(
            "SELECT * FROM instances WHERE created >= ? AND created <= ? AND substr(id, 1, ?) = ?"
            " AND (? = '[]' OR status IN (SELECT value FROM json_each(?))) ORDER BY created, id LIMIT ? OFFSET ?",
            (
                created_from if created_from is not None else 0,
                created_to if created_to is not None else 9e18,
                len(prefix),
                prefix,
                wanted,
                wanted,
                *page,
            ),
        )
        return [Instance(*row) for row in rows]

    # Inboxes.

    def send(self, instance_id: str, event: Event, due: float, execution: str | None = None) -> None:
        """Put an event into the inbox of an instance or entity, visible from `due` on."""
        self._db.execute(
            "INSERT INTO inbox (instance, execution, due, event) VALUES (?, ?, ?, ?)",
            (instance_id, execution, due, json.dumps(event)),
        )

    def messages(self, instance_id: str, now: float) -> list[Message]:
        """Return the messages that are due, in order."""
        rows = self._db.execute(
            "SELECT seq, execution, event FROM inbox WHERE instance = ? AND due <= ? ORDER BY due, seq",
            (instance_id, now),
        )
        return [Message(seq, execution, json.loads(text)) for seq, execution, text in rows]

    def drop_messages(self, seqs: Iterable[int]) -> None:
        """Delete the messages that a turn has taken."""
        self._db.executemany("DELETE FROM inbox WHERE seq = ?", [(seq,) for seq in seqs])

    def drop_timers(self, instance_id: str, execution: str) -> None:
        """Delete the messages of an execution that has ended, timers among them."""
        self._db.execute("DELETE FROM inbox WHERE instance = ? AND execution = ?", (instance_id, execution))

    def due_instances(self, now: float) -> list[str]:
        """Return the instances and entities with a message that is due."""
        rows = self._db.execute("SELECT DISTINCT instance FROM inbox WHERE due <= ?", (now,))
        return [row[0] for row in rows]

    def next_due(self, now: float) -> float | None:
        """Return when the first message after `now` is due; None if there is none."""
        row = self._db.execute("SELECT MIN(due) FROM inbox WHERE due > ?", (now,)).fetchone()
        return None if row[0] is None else float(row[0])

    # Activities.

    def add_work(self, instance_id: str, execution: str, task: int, name: str, text: str | None) -> None:
        """Schedule an activity."""
        self._db.execute(
            "INSERT INTO work (instance, execution, task, name, input) VALUES (?, ?, ?, ?, ?)",
            (instance_id, execution, task, name, text),
        )

    def claim_work(self, owner: str, limit: int, now: float) -> list[Work]:
        """Claim up to `limit` activities that no host runs and that do not lie still, and return them."""
        rows = self._db.execute(
            "UPDATE work SET owner = ? WHERE seq IN"
            " (SELECT seq FROM work WHERE owner IS NULL"
            " AND seq NOT IN (SELECT seq FROM hidden_work WHERE until > ?) ORDER BY seq LIMIT ?)"
            " RETURNING seq, instance, execution, task, name, input",
            (owner, now, limit),
        ).fetchall()
        return [Work(*row) for row in sorted(rows)]

    def finish_work(self, work: Work, owner: str) -> bool:
        """Delete an activity that has ended; return False when this host no longer holds it."""
        done = self._db.execute("DELETE FROM work WHERE seq = ? AND owner = ?", (work.seq, owner))
        return done.rowcount == 1

    def release(self, owner: str, now: float, hidden_seconds: float) -> None:
        """Free the activities of a host that is gone; they and the messages that it held lie still for so long."""
        until = now + hidden_seconds
        self._db.execute("DELETE FROM hidden_work WHERE until <= ?", (now,))
        if hidden_seconds > 0:
            self._db.execute("INSERT INTO hidden_work SELECT seq, ? FROM work WHERE owner = ?", (until, owner))
            held = "SELECT what FROM claims WHERE owner = ?"
            self._db.execute(
                f"UPDATE inbox SET due = ? WHERE due <= ? AND instance IN ({held})",  # noqa: S608 - a constant
                (until, now, owner),
            )
        self._db.execute("UPDATE work SET owner = NULL WHERE owner = ?", (owner,))

    # Entities.

    def entity(self, entity_id: str) -> str | None:
        """Return an entity's state as JSON text; None when the entity does not exist."""
        row = self._db.execute("SELECT state FROM entities WHERE id = ?", (entity_id,)).fetchone()
        return None if row is None else row[0]

    def entities(self, prefix: str) -> list[tuple[str, str | None, float]]:
        """Return id, state and time of the last change of the entities whose ids begin so."""
        return self._db.execute(
            "SELECT id, state, updated FROM entities WHERE substr(id, 1, ?) = ? ORDER BY id", (len(prefix), prefix)
        ).fetchall()

    def put_entity(self, entity_id: str, state: str | None, now: float) -> None:
        """Write an entity's state; None deletes the entity."""
        if state is None:
            self._db.execute("DELETE FROM entities WHERE id = ?", (entity_id,))
        else:
            self._db.execute("INSERT OR REPLACE INTO entities VALUES (?, ?, ?)", (entity_id, state, now))
