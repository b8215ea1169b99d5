"""Which hosts share a state folder, who of them holds what, and who is gone.

Whatever a host is busy with is held under its id. A host that was killed is known at once, because the system has
let go of the lock on its file; one that was paused or hangs is known when it has not said for LEASE_SECONDS that it
is there. What it held is then free for the others. Should it wake up, its writes are refused, since it holds nothing.
"""

from __future__ import annotations

import asyncio
import fcntl
import logging
import secrets
import time
from pathlib import Path
from typing import IO

from local.host.state.database import Database

log = logging.getLogger("Host.Members")

BEAT_SECONDS = 1.0
LEASE_SECONDS = 10.0

SCHEMA = """
CREATE TABLE IF NOT EXISTS hosts (id TEXT PRIMARY KEY, beat REAL NOT NULL);
CREATE TABLE IF NOT EXISTS claims (what TEXT PRIMARY KEY, owner TEXT NOT NULL) WITHOUT ROWID;
"""


class LostError(Exception):
    """What this host was working on is no longer its own; nothing of it was written."""


class Members:
    """This host among those of a state folder."""

    def __init__(self, database: Database, state: Path) -> None:
        self._db = database
        self._db.create(SCHEMA)
        self._folder = state / "hosts"
        self._folder.mkdir(exist_ok=True)
        self._releases: list[str] = ["DELETE FROM claims WHERE owner = ?"]
        self._lock: IO[str] | None = None
        self.id = ""

    def on_release(self, statement: str) -> None:
        """Add what frees a host's things when it is gone: a statement with the host's id as its one value."""
        self._releases.append(statement)

    def join(self) -> None:
        """Become a member, under a new id, and free what those held who are gone."""
        self.id = secrets.token_hex(8)
        # Locked before it is known, so that nobody can take it for dead.
        if self._lock is not None:
            self._lock.close()
        self._lock = (self._folder / self.id).open("w")
        fcntl.flock(self._lock, fcntl.LOCK_EX)
        self._db.execute("INSERT INTO hosts VALUES (?, ?)", (self.id, time.time()))
        self._bury_the_dead()

    def leave(self) -> None:
        """Free all that this host holds."""
        self._release(self.id)
        if self._lock is not None:
            self._lock.close()

    async def run(self) -> None:
        """Say again and again that this host is there, until cancelled."""
        while True:
            await asyncio.sleep(BEAT_SECONDS)
            beaten = self._db.execute("UPDATE hosts SET beat = ? WHERE id = ?", (time.time(), self.id))
            if beaten.rowcount == 0:
                log.warning(
                    "This host was away too long; others have taken over what it held. It starts afresh."
                )
                self.join()
            else:
                self._bury_the_dead()

    def claim(self, what: str) -> bool:
        """Try to become the only one to work on something."""
        return self._db.execute("INSERT OR IGNORE INTO claims VALUES (?, ?)", (what, self.id)).rowcount == 1

    def holds(self, what: str, owner: str) -> bool:
        """Whether the host that was `owner` still holds something."""
        row = self._db.execute("SELECT 1 FROM claims WHERE what = ? AND owner = ?", (what, owner)).fetchone()
        return row is not None

    def let_go(self, what: str, owner: str) -> None:
        """Free one thing."""
        self._db.execute("DELETE FROM claims WHERE what = ? AND owner = ?", (what, owner))

    def _bury_the_dead(self) -> None:
        for other, beat in self._db.execute(
            "SELECT id, beat FROM hosts WHERE id <> ?", (self.id,)
        ).fetchall():
            if beat < time.time() - LEASE_SECONDS or self._is_dead(other):
                self._release(other)

    def _is_dead(self, other: str) -> bool:
        try:
            with (self._folder / other).open("r+") as file:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except FileNotFoundError:
            return True
        except BlockingIOError:
            return False
        return True

    def _release(self, owner: str) -> None:
        with self._db.transaction():
            for statement in self._releases:
                self._db.execute(statement, (owner,))
            self._db.execute("DELETE FROM hosts WHERE id = ?", (owner,))
        (self._folder / owner).unlink(missing_ok=True)
