"""The environment's SQLite database: one file, a connection per thread, and one writer at a time."""

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

SCHEMA = """
CREATE TABLE IF NOT EXISTS projects (
    name TEXT PRIMARY KEY COLLATE NOCASE, description TEXT NOT NULL, operation TEXT NOT NULL,
    category TEXT NOT NULL, truncates INTEGER NOT NULL DEFAULT 0, entities TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS executions (
    seq INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL COLLATE NOCASE,
    project TEXT NOT NULL COLLATE NOCASE, kind TEXT NOT NULL, company TEXT NOT NULL, status TEXT NOT NULL,
    execute INTEGER NOT NULL, package TEXT NOT NULL, preview INTEGER NOT NULL DEFAULT 0,
    registered TEXT NOT NULL, created TEXT NOT NULL, started TEXT, finished TEXT, blob TEXT NOT NULL DEFAULT '',
    url_asks INTEGER NOT NULL DEFAULT 0);
CREATE INDEX IF NOT EXISTS executions_by_id ON executions (id, seq);
CREATE TABLE IF NOT EXISTS execution_entities (
    execution INTEGER NOT NULL, ordinal INTEGER NOT NULL, entity TEXT NOT NULL COLLATE NOCASE,
    definition TEXT NOT NULL, staging_status TEXT NOT NULL, target_status TEXT NOT NULL,
    sent INTEGER NOT NULL DEFAULT 0, staged INTEGER NOT NULL DEFAULT 0, created INTEGER NOT NULL DEFAULT 0,
    updated INTEGER NOT NULL DEFAULT 0, failed INTEGER NOT NULL DEFAULT 0,
    staging_started TEXT, staging_ended TEXT, target_started TEXT, target_ended TEXT, keys_asks INTEGER,
    PRIMARY KEY (execution, ordinal));
CREATE TABLE IF NOT EXISTS rejections (
    execution INTEGER NOT NULL, ordinal INTEGER NOT NULL, step TEXT NOT NULL, record INTEGER NOT NULL,
    field TEXT NOT NULL, message TEXT NOT NULL, source TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS rejections_by_entity ON rejections (execution, ordinal, step);
CREATE TABLE IF NOT EXISTS version_tokens (
    project TEXT NOT NULL COLLATE NOCASE, entity TEXT NOT NULL COLLATE NOCASE, company TEXT NOT NULL COLLATE NOCASE,
    version INTEGER NOT NULL, PRIMARY KEY (project, entity, company));
CREATE TABLE IF NOT EXISTS number_sequences (prefix TEXT PRIMARY KEY, last INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS versions (last INTEGER NOT NULL);
INSERT INTO versions SELECT 0 WHERE NOT EXISTS (SELECT 1 FROM versions);
"""


class Database:
    """The database file and its connections.

    Args:
        path: the SQLite file; the class creates it if it does not exist.
        durable: whether the data must survive `kill -9` and power loss.
    """

    def __init__(self, path: Path, *, durable: bool) -> None:
        self._path = path
        self._durable = durable
        self._threads = threading.local()
        self._open: list[sqlite3.Connection] = []
        self._writer = threading.RLock()
        self.connection().executescript(SCHEMA)

    def connection(self) -> sqlite3.Connection:
        """This thread's connection, in autocommit mode; its rows are `sqlite3.Row`."""
        connection: sqlite3.Connection | None = getattr(self._threads, "connection", None)
        if connection is None:
            connection = sqlite3.connect(self._path, timeout=120, isolation_level=None, check_same_thread=False)
            connection.row_factory = sqlite3.Row
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute(f"PRAGMA synchronous = {'NORMAL' if self._durable else 'OFF'}")
            connection.execute("PRAGMA cache_size = -16000")
            self._threads.connection = connection
            self._open.append(connection)
        return connection

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """Run a block as one transaction, which may contain further blocks; other threads wait."""
        with self._writer:
            connection = self.connection()
            if connection.in_transaction:
                yield connection
                return
            connection.execute("BEGIN IMMEDIATE")
            try:
                yield connection
            except BaseException:
                connection.rollback()
                raise
            connection.commit()

    def close(self) -> None:
        """Close every thread's connection."""
        for connection in self._open:
            connection.close()
        self._open.clear()


def quoted(name: str) -> str:
    """The name as a quoted SQL identifier."""
    return '"' + name.replace('"', '""') + '"'
