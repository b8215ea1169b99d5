"""Receipts of the blob versions that each function got: at least once each, and never again after a success."""

from __future__ import annotations

from dataclasses import dataclass

from local.host.state.database import Database
from local.host.state.members import Members

SCHEMA = """
CREATE TABLE IF NOT EXISTS blob_receipts (
    function TEXT, container TEXT, blob TEXT, etag TEXT, status TEXT NOT NULL, tries INTEGER NOT NULL, owner TEXT,
    PRIMARY KEY (function, container, blob, etag)) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS blob_receipts_waiting ON blob_receipts (function, owner) WHERE status = 'waiting';
"""
THIS_EVENT = "(function, container, blob, etag) = (?, ?, ?, ?)"


@dataclass(frozen=True)
class BlobEvent:
    """One version of a blob for one function; `tries` counts the failed runs."""

    function: str
    container: str
    blob: str
    etag: str
    tries: int = 0

    @property
    def key(self) -> tuple[str, str, str, str]:
        """The primary key of its receipt."""
        return (self.function, self.container, self.blob, self.etag)


class BlobReceipts:
    """Receipts: `waiting` from the first sight of a version, each held by one host, and `done` after a success."""

    def __init__(self, database: Database, members: Members) -> None:
        self._db = database
        self._db.create(SCHEMA)
        self._members = members
        members.on_release(self._release)

    def add(self, event: BlobEvent) -> bool:
        """Write a receipt for a version that this host will deliver; return False when it has one."""
        added = self._db.execute(
            "INSERT OR IGNORE INTO blob_receipts VALUES (?, ?, ?, ?, 'waiting', 0, ?)", (*event.key, self._members.id)
        )
        return added.rowcount == 1

    def adopt(self, function: str) -> list[BlobEvent]:
        """Take over the waiting versions that no host holds, and return them."""
        rows = self._db.execute(
            "UPDATE blob_receipts SET owner = ? WHERE function = ? AND status = 'waiting' AND owner IS NULL"
            " RETURNING function, container, blob, etag, tries",
            (self._members.id, function),
        )
        return [BlobEvent(*row) for row in rows.fetchall()]

    def count_try(self, event: BlobEvent) -> int:
        """Count a failed run, and return the number of failed runs."""
        row = self._db.execute(
            f"UPDATE blob_receipts SET tries = tries + 1 WHERE {THIS_EVENT} RETURNING tries",  # noqa: S608 - a constant
            event.key,
        ).fetchone()
        return int(row[0])

    def _release(self, owner: str, _: float) -> None:
        self._db.execute("UPDATE blob_receipts SET owner = NULL WHERE owner = ? AND status = 'waiting'", (owner,))

    def close(self, event: BlobEvent, status: str) -> None:
        """Mark a version as `done`, `poison` or `gone` (deleted or replaced before its run)."""
        self._db.execute(
            f"UPDATE blob_receipts SET status = ? WHERE {THIS_EVENT}",  # noqa: S608 - a constant
            (status, *event.key),
        )
