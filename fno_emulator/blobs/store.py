"""Blobs on disk: a file for each body, and an SQLite index of all blobs and blocks. It knows nothing of HTTP."""

import shutil
import sqlite3
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import accumulate
from pathlib import Path
from typing import BinaryIO
from uuid import uuid4

from fno_emulator.clock import Clock, stamp
from fno_emulator.guids import new_guid

WRITE, READ = "dmf", "temporary-file"
"""The containers that F&O has uploads written to and downloads read from (fno-behaviour 7.1, 7.2)."""
MIB = 1 << 20


@dataclass(frozen=True)
class Blob:
    """A committed blob."""

    container: str
    name: str
    file: str
    size: int
    etag: str
    modified: datetime
    content_type: str
    md5: str


@dataclass(frozen=True)
class Block:
    """A block: `size` bytes of a file, from offset `start`."""

    id: str
    size: int
    file: str
    start: int = 0


class BlobStore:
    """The blobs of one account.

    Args:
        folder: holds the bodies and the index; the class creates it if it does not exist.
        clock: the emulator's time.
    """

    def __init__(self, folder: Path, clock: Clock) -> None:
        self._bodies = folder / "bodies"
        self._bodies.mkdir(parents=True, exist_ok=True)
        self._clock = clock
        self._lock = threading.RLock()
        self._index = sqlite3.connect(folder / "index.sqlite", isolation_level=None, check_same_thread=False)
        self._index.row_factory = sqlite3.Row
        self._index.executescript(
            "PRAGMA journal_mode = WAL; CREATE TABLE IF NOT EXISTS blobs (container TEXT, name TEXT, file TEXT, "
            "size INTEGER, etag TEXT, modified TEXT, content_type TEXT, md5 TEXT, PRIMARY KEY (container, name));"
            "CREATE TABLE IF NOT EXISTS blocks (container TEXT, name TEXT, id TEXT, file TEXT, size INTEGER, "
            "PRIMARY KEY (container, name, id));"
            "CREATE TABLE IF NOT EXISTS committed (container TEXT, name TEXT, ordinal INTEGER, id TEXT, start INTEGER, "
            "size INTEGER, PRIMARY KEY (container, name, ordinal));"
        )

    def new_body(self) -> Path:
        """A free path for the next body. The body belongs to no blob until it is committed."""
        return self._bodies / uuid4().hex

    def find(self, container: str, name: str) -> Blob | None:
        """The committed blob, or None."""
        with self._lock:
            sql = "SELECT * FROM blobs WHERE container = ? AND name = ?"
            row = self._index.execute(sql, (container, name)).fetchone()
        return Blob(**{**dict(row), "modified": datetime.fromisoformat(row["modified"])}) if row else None

    def path(self, blob: Blob) -> Path:
        """The path of the blob's body."""
        return self._bodies / blob.file

    def commit(  # noqa: PLR0913, PLR0917 - a blob has this many attributes
        self,
        container: str,
        name: str,
        body: Path,
        content_type: str,
        md5: str = "",
        blocks: Sequence[tuple[str, int]] = (),
    ) -> Blob:
        """Make `body` the blob's content and return the blob; `blocks` are the ids and sizes of its parts."""
        blob = Blob(
            container,
            name,
            body.name,
            body.stat().st_size,
            f"0x8{uuid4().hex[:14].upper()}",
            self._clock.now(),
            content_type,
            md5,
        )
        with self._lock:
            old = self.find(container, name)
            self._index.execute(
                "INSERT OR REPLACE INTO blobs VALUES (:container, :name, :file, :size, :etag, :modified, :content_type, :md5)",
                {**vars(blob), "modified": stamp(blob.modified)},
            )
            self._drop_blocks(container, name)
            starts = accumulate((size for _, size in blocks), initial=0)
            self._index.executemany(
                "INSERT INTO committed VALUES (?, ?, ?, ?, ?, ?)",
                [
                    (container, name, ordinal, block_id, start, size)
                    for ordinal, ((block_id, size), start) in enumerate(zip(blocks, starts, strict=False))
                ],
            )
            if old:
                self.path(old).unlink(missing_ok=True)
        return blob

    def stage(self, container: str, name: str, block_id: str, body: Path) -> None:
        """Keep `body` as an uncommitted block of the blob."""
        with self._lock:
            self._index.execute(
                "INSERT OR REPLACE INTO blocks VALUES (?, ?, ?, ?, ?)",
                (container, name, block_id, body.name, body.stat().st_size),
            )

    def blocks(self, container: str, name: str) -> tuple[list[Block], list[Block]]:
        """The blob's committed blocks in order, and its uncommitted blocks sorted by id."""
        key = (container, name)
        with self._lock:
            blob = self.find(container, name)
            committed = self._index.execute(
                "SELECT id, start, size FROM committed WHERE container = ? AND name = ? ORDER BY ordinal", key
            ).fetchall()
            staged = self._index.execute(
                "SELECT id, file, size FROM blocks WHERE container = ? AND name = ? ORDER BY id", key
            ).fetchall()
        file = blob.file if blob else ""
        return (
            [Block(row["id"], row["size"], file, row["start"]) for row in committed],
            [Block(row["id"], row["size"], row["file"]) for row in staged],
        )

    def commit_blocks(self, container: str, name: str, wanted: list[tuple[str, str]], content_type: str) -> Blob | None:
        """Join blocks in the given order and commit them; returns None when one of them does not exist.

        `wanted` are pairs of a list and a block id. The list is Committed, Uncommitted, or Latest (uncommitted before
        committed blocks).
        """
        committed, staged = ({one.id: one for one in found} for found in self.blocks(container, name))
        lists = {"Committed": committed, "Uncommitted": staged, "Latest": committed | staged}
        chosen = [lists.get(kind, {}).get(block_id) for kind, block_id in wanted]
        parts = [one for one in chosen if one]
        if len(parts) < len(chosen):
            return None
        body = self.new_body()
        with body.open("wb") as whole:
            for one in parts:
                with (self._bodies / one.file).open("rb") as block:
                    block.seek(one.start)
                    for size in range(one.size, 0, -MIB):
                        whole.write(block.read(min(size, MIB)))
        return self.commit(container, name, body, content_type, blocks=[(one.id, one.size) for one in parts])

    def offer(self, file: Path, name: str, content_type: str) -> str:
        """Move a file to the container for downloads, below a new GUID; returns the blob's name."""
        body = self.new_body()
        shutil.move(file, body)
        return self.commit(READ, f"{new_guid()}/{name}", body, content_type).name

    def open(self, container: str, name: str) -> BinaryIO:
        """The blob's body, open for reading. It stays readable if the blob is replaced meanwhile.

        Raises:
            FileNotFoundError: there is no such blob.
        """
        with self._lock:
            blob = self.find(container, name)
            if blob is None:
                raise FileNotFoundError
            return self.path(blob).open("rb")

    def expire(self, before: datetime) -> None:
        """Delete the blobs that were last written before a moment."""
        with self._lock:
            sql = "DELETE FROM blobs WHERE modified < ? RETURNING file"
            gone = self._index.execute(sql, (stamp(before),)).fetchall()
        for row in gone:
            (self._bodies / row["file"]).unlink(missing_ok=True)

    def clear(self) -> None:
        """Delete every blob and block."""
        with self._lock:
            self._index.executescript("DELETE FROM blobs; DELETE FROM blocks; DELETE FROM committed;")
        for body in self._bodies.iterdir():
            body.unlink(missing_ok=True)

    def download(self, name: str) -> Path | None:
        """The path of the body of `temporary-file/<name>`, or None if there is no such blob."""
        found = self.find(READ, name)
        return self.path(found) if found else None

    def close(self) -> None:
        """Close the index."""
        self._index.close()

    def _drop_blocks(self, container: str, name: str) -> None:
        sql = "DELETE FROM blocks WHERE container = ? AND name = ? RETURNING file"
        for row in self._index.execute(sql, (container, name)).fetchall():
            (self._bodies / row["file"]).unlink(missing_ok=True)
        self._index.execute("DELETE FROM committed WHERE container = ? AND name = ?", (container, name))
