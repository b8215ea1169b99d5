"""The SQLite file of a state folder, `durable.db`, which holds all lasting state of the host.

Whenever a host is killed, each transaction is either complete or absent. Several hosts may share a folder.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any


class Database:
    """A connection for use in the host's own thread."""

    def __init__(self, state: Path) -> None:
        self._db = sqlite3.connect(state / "durable.db", isolation_level=None)
        self._db.execute("PRAGMA busy_timeout=10000")
        self._db.execute("PRAGMA journal_mode=WAL")
        # Survives a killed process. Only a power cut can lose the last turns, which is acceptable in development.
        self._db.execute("PRAGMA synchronous=NORMAL")

    def close(self) -> None:
        """Close the connection."""
        self._db.close()

    def create(self, schema: str) -> None:
        """Create the tables that do not exist yet."""
        self._db.executescript(schema)

    def execute(self, statement: str, values: Sequence[Any] = ()) -> sqlite3.Cursor:
        """Run one statement, which is a transaction by itself outside of `transaction`."""
        return self._db.execute(statement, values)

    def executemany(self, statement: str, rows: Iterable[Sequence[Any]]) -> None:
        """Run one statement for many rows."""
        self._db.executemany(statement, rows)

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Make all statements inside one change, which an exception undoes."""
        self._db.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self._db.execute("ROLLBACK")
            raise
        self._db.execute("COMMIT")

    @contextmanager
    def snapshot(self) -> Iterator[None]:
        """Let several reads see the same state. One lock for all of them also makes them faster."""
        self._db.execute("BEGIN")
        try:
            yield
        finally:
            self._db.execute("COMMIT")
