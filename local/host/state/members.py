"""The hosts that share a state folder, and the work that each of them holds.

A host claims its work under its id. The others notice a killed host at once, because the system has released the lock
on its file, and a host that hangs when it has not renewed its beat for LEASE_SECONDS. They then free its claims. If
that host wakes up again, it holds nothing, so its writes are refused.

On Azure the messages that a killed host had taken from queues lie still until their visibility time-out, which is five
minutes for Durable. With `redelivery_seconds` they do so here.
"""

from __future__ import annotations

import asyncio
import fcntl
import logging
import secrets
import time
from collections.abc import Callable
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


Release = Callable[[str, float], None]
"""Frees the work of the host with this id; what it had taken lies still for so many seconds."""


class LostError(Exception):
    """This host has lost its claim on the work; nothing was written."""


class Members:
    """This host as one of those that share a state folder."""

    def __init__(self, database: Database, state: Path, redelivery_seconds: float = 0) -> None:
        self._db = database
        self._db.create(SCHEMA)
        self._folder = state / "hosts"
        self._folder.mkdir(exist_ok=True)
        self._redelivery = redelivery_seconds
        self._releases: list[Release] = []
        self._lock: IO[str] | None = None
        self.id = ""

    def on_release(self, release: Release) -> None:
        """Call this for a host that is gone, while its claims are still there."""
        self._releases.append(release)

    def join(self) -> None:
        """Become a member under a new id, and free the work of hosts that are gone."""
        self.id = secrets.token_hex(8)
        # Locked before it is inserted, so that no other host takes it for dead.
        if self._lock is not None:
            self._lock.close()
        self._lock = (self._folder / self.id).open("w")
        fcntl.flock(self._lock, fcntl.LOCK_EX)
        self._db.execute("INSERT INTO hosts VALUES (?, ?)", (self.id, time.time()))
        self._remove_dead()

    def leave(self) -> None:
        """Free everything that this host holds; it gives back what it has taken, so nothing lies still."""
        self._release(self.id, 0)
        if self._lock is not None:
            self._lock.close()

    async def run(self) -> None:
        """Renew this host's beat every second until cancelled."""
        while True:
            await asyncio.sleep(BEAT_SECONDS)
            renewed = self._db.execute("UPDATE hosts SET beat = ? WHERE id = ?", (time.time(), self.id))
            if renewed.rowcount == 0:
                log.warning("This host hung for too long and lost its work to other hosts. It joins them again.")
                self.join()
            else:
                self._remove_dead()

    def claim(self, what: str) -> bool:
        """Claim something for this host; False when another host holds it."""
        return self._db.execute("INSERT OR IGNORE INTO claims VALUES (?, ?)", (what, self.id)).rowcount == 1

    def holds(self, what: str, owner: str) -> bool:
        """Whether the host with the id `owner` still holds something."""
        row = self._db.execute("SELECT 1 FROM claims WHERE what = ? AND owner = ?", (what, owner)).fetchone()
        return row is not None

    def let_go(self, what: str, owner: str) -> None:
        """Free one claim."""
        self._db.execute("DELETE FROM claims WHERE what = ? AND owner = ?", (what, owner))

    def _remove_dead(self) -> None:
        for other, beat in self._db.execute("SELECT id, beat FROM hosts WHERE id <> ?", (self.id,)).fetchall():
            if beat < time.time() - LEASE_SECONDS or self._is_dead(other):
                self._release(other, max(0, beat + self._redelivery - time.time()))

    def _is_dead(self, other: str) -> bool:
        try:
            with (self._folder / other).open("r+") as file:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except FileNotFoundError:
            return True
        except BlockingIOError:
            return False
        return True

    def _release(self, owner: str, hidden_seconds: float) -> None:
        with self._db.transaction():
            for release in self._releases:
                release(owner, hidden_seconds)
            self._db.execute("DELETE FROM claims WHERE owner = ?", (owner,))
            self._db.execute("DELETE FROM hosts WHERE id = ?", (owner,))
        (self._folder / owner).unlink(missing_ok=True)
