"""The one SQLite file of a state folder, `durable.db`: every part of the host keeps what must last in it.

A host killed at any moment leaves each transaction whole or not there. Several hosts may share a folder.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any


class Database:
    """A connection for the host's own thread."""

    def __init__(self, state: Path) -> None:
        self._db = sqlite3.connect(state / "durable.db", isolation_level=None)
        self._db.execute("PRAGMA busy_timeout=10000")
        self._db.execute("PRAGMA journal_mode=WAL")
        # Survives a killed process. Only a power cut may lose the last turns, which a laptop's development host can bear.
        self._db.execute("PRAGMA synchronous=NORMAL")

    def close(self) -> None:
        """Close the file."""
        self._db.close()

    def create(self, schema: str) -> None:
        """Make tables that are not there yet."""
        self._db.executescript(schema)

    def execute(self, statement: str, values: Sequence[Any] = ()) -> sqlite3.Cursor:
        """Run one statement; outside a transaction it is one by itself."""
        return self._db.execute(statement, values)

    def executemany(self, statement: str, rows: Iterable[Sequence[Any]]) -> None:
        """Run one statement for many rows."""
        self._db.executemany(statement, rows)

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Make everything inside one change: all of it, or on an exception none."""
        self._db.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self._db.execute("ROLLBACK")
            raise
        self._db.execute("COMMIT")

    @contextmanager
    def snapshot(self) -> Iterator[None]:
        """Let several reads see one state; they also cost less together, since the file is locked once."""
        self._db.execute("BEGIN")
        try:
            yield
        finally:
            self._db.execute("COMMIT")
