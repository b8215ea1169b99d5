"""Which blob versions were handed to which function: at least once each, and not again after success."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class BlobEvent:
    """One version of one blob, for one function; `tries` counts the runs that failed or never ended."""

    function: str
    container: str
    blob: str
    etag: str
    tries: int = 0


class BlobReceipts:
    """Receipts in `<state>/triggers.db`: written `waiting` when seen, `done` when the function has succeeded."""

    def __init__(self, state: Path) -> None:
        self._db = sqlite3.connect(state / "triggers.db", isolation_level=None)
        self._db.execute("PRAGMA journal_mode=WAL")
        self._db.execute("PRAGMA busy_timeout=10000")
        self._db.execute(
            "CREATE TABLE IF NOT EXISTS blob_receipts (function TEXT, container TEXT, blob TEXT, etag TEXT, status TEXT NOT NULL,"
            " tries INTEGER NOT NULL, PRIMARY KEY (function, container, blob, etag)) WITHOUT ROWID"
        )

    def note(self, event: BlobEvent) -> bool:
        """Write a receipt for a version; False when it has one."""
        added = self._db.execute(
            "INSERT OR IGNORE INTO blob_receipts VALUES (?, ?, ?, ?, 'waiting', 0)",
            (event.function, event.container, event.blob, event.etag),
        )
        return added.rowcount == 1

    def waiting(self, function: str) -> list[BlobEvent]:
        """Versions that were seen and not carried to their end: what a killed host left."""
        rows = self._db.execute(
            "SELECT function, container, blob, etag, tries FROM blob_receipts WHERE function = ? AND status = 'waiting'",
            (function,),
        )
        return [BlobEvent(*row) for row in rows]

    def tried(self, event: BlobEvent) -> int:
        """Count a failed run; how many there were."""
        row = self._db.execute(
            "UPDATE blob_receipts SET tries = tries + 1 WHERE (function, container, blob, etag) = (?, ?, ?, ?)"
            " RETURNING tries",
            (event.function, event.container, event.blob, event.etag),
        ).fetchone()
        return int(row[0])

    def close(self, event: BlobEvent, status: str) -> None:
        """Mark a version `done`, `poison` or `gone` (deleted or replaced before its turn)."""
        self._db.execute(
            "UPDATE blob_receipts SET status = ? WHERE (function, container, blob, etag) = (?, ?, ?, ?)",
            (status, event.function, event.container, event.blob, event.etag),
        )
