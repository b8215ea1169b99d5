"""Blobs on disk: bodies as files, what is known about them in SQLite. Knows no HTTP."""

import shutil
import sqlite3
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import accumulate
from pathlib import Path
from secrets import token_bytes
from typing import BinaryIO
from urllib.parse import parse_qsl, quote, unquote, urlsplit
from uuid import uuid4

from fno_emulator.blobs import sas
from fno_emulator.clock import Clock, stamp
from fno_emulator.settings import Settings

WRITE, READ = "dmf", "temporary-file"
"""The containers of write URLs and of everything F&O offers for download (fno-behaviour 7.1, 7.2)."""
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
    """A block: bytes of a file, from `start` on."""

    id: str
    size: int
    file: str
    start: int = 0


class BlobStore:
    """The account.

    Args:
        folder: where bodies and the index live; made when it is not there.
        clock: the emulator's time.
        settings: lifetimes of URLs.
    """

    def __init__(self, folder: Path, clock: Clock, settings: Settings) -> None:
        self.base_url = ""
        """Set once the endpoint listens."""
        self._folder = folder
        self._clock = clock
        self._settings = settings
        (folder / "bodies").mkdir(parents=True, exist_ok=True)
        self.key = self._persisted_key()
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
        """Where the next body may be written; it is nobody's until it is committed."""
        return self._folder / "bodies" / uuid4().hex

    def write_url(self, name: str) -> str:
        """A URL that writes and reads `dmf/<name>`."""
        return self._url(WRITE, name, "rw", self._settings.write_url_seconds)

    def read_url(self, name: str) -> str:
        """A URL that reads `temporary-file/<name>`; a new one per call."""
        return self._url(READ, name, "r", self._settings.read_url_seconds)

    def find(self, container: str, name: str) -> Blob | None:
        """The committed blob, or None."""
        with self._lock:
            sql = "SELECT * FROM blobs WHERE container = ? AND name = ?"
            row = self._index.execute(sql, (container, name)).fetchone()
        return Blob(**{**dict(row), "modified": datetime.fromisoformat(row["modified"])}) if row else None

    def path(self, blob: Blob) -> Path:
        """Where the blob's body lies."""
        return self._folder / "bodies" / blob.file

    def commit(  # noqa: PLR0913, PLR0917 - what a blob has
        self,
        container: str,
        name: str,
        body: Path,
        content_type: str,
        md5: str = "",
        blocks: Sequence[tuple[str, int]] = (),
    ) -> Blob:
        """Make `body` the blob's content, in place of what was there; `blocks` are the ids and sizes it consists of."""
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
        """Keep `body` as an uncommitted block."""
        with self._lock:
            self._index.execute(
                "INSERT OR REPLACE INTO blocks VALUES (?, ?, ?, ?, ?)",
                (container, name, block_id, body.name, body.stat().st_size),
            )

    def blocks(self, container: str, name: str) -> tuple[list[Block], list[Block]]:
        """The blob's committed blocks in their order, and those that are staged, by id."""
        of = (container, name)
        with self._lock:
            blob = self.find(container, name)
            committed = self._index.execute(
                "SELECT id, start, size FROM committed WHERE container = ? AND name = ? ORDER BY ordinal", of
            ).fetchall()
            staged = self._index.execute(
                "SELECT id, file, size FROM blocks WHERE container = ? AND name = ? ORDER BY id", of
            ).fetchall()
        file = blob.file if blob else ""
        return (
            [Block(row["id"], row["size"], file, row["start"]) for row in committed],
            [Block(row["id"], row["size"], row["file"]) for row in staged],
        )

    def commit_blocks(
        self, container: str, name: str, wanted: list[tuple[str, str]], content_type: str
    ) -> Blob | None:
        """Join blocks in the given order; None when one of them is not there.

        Args:
            container: where.
            name: the blob's.
            wanted: block ids, each behind where it is looked for: Committed, Uncommitted, or Latest (the staged one first).
            content_type: the blob's.
        """
        committed, staged = ({one.id: one for one in found} for found in self.blocks(container, name))
        known = {"Committed": committed, "Uncommitted": staged, "Latest": committed | staged}
        chosen = [known.get(where, {}).get(block_id) for where, block_id in wanted]
        parts = [one for one in chosen if one]
        if len(parts) < len(chosen):
            return None
        body = self.new_body()
        with body.open("wb") as whole:
            for one in parts:
                with (self._folder / "bodies" / one.file).open("rb") as block:
                    block.seek(one.start)
                    for size in range(one.size, 0, -MIB):
                        whole.write(block.read(min(size, MIB)))
        return self.commit(container, name, body, content_type, blocks=[(one.id, one.size) for one in parts])

    def adopt(self, name: str, file: Path, content_type: str) -> None:
        """Move a file the engine made into `temporary-file/<name>`."""
        body = self.new_body()
        shutil.move(file, body)
        self.commit(READ, name, body, content_type)

    def opened_by(self, url: str) -> BinaryIO:
        """The body a SAS URL of this account opens, open for reading: it stays whole when the blob is replaced.

        Raises:
            PermissionError: the URL is another account's, or its SAS does not open it.
            FileNotFoundError: nothing was uploaded there.
        """
        parts = urlsplit(url)
        prefix = urlsplit(self.base_url).path + "/"
        resource = unquote(parts.path.removeprefix(prefix))
        if not url.startswith(self.base_url + "/"):
            raise PermissionError
        if sas.opens(self.key, resource, dict(parse_qsl(parts.query)), "r", self._clock.now()):
            raise PermissionError
        container, _, name = resource.partition("/")
        with self._lock:
            blob = self.find(container, name)
            if blob is None:
                raise FileNotFoundError
            return self.path(blob).open("rb")

    def expire(self, before: datetime) -> None:
        """Forget the blobs last written before a moment."""
        with self._lock:
            sql = "DELETE FROM blobs WHERE modified < ? RETURNING file"
            gone = self._index.execute(sql, (stamp(before),)).fetchall()
        for row in gone:
            (self._folder / "bodies" / row["file"]).unlink(missing_ok=True)

    def clear(self) -> None:
        """Forget every blob and block."""
        with self._lock:
            self._index.executescript("DELETE FROM blobs; DELETE FROM blocks; DELETE FROM committed;")
        for body in (self._folder / "bodies").iterdir():
            body.unlink(missing_ok=True)

    def download(self, name: str) -> Path | None:
        """The body of `temporary-file/<name>`, None when there is none."""
        found = self.find(READ, name)
        return self.path(found) if found else None

    def close(self) -> None:
        """Close the index."""
        self._index.close()

    def _url(self, container: str, name: str, permissions: str, seconds: int) -> str:
        query = sas.query(self.key, f"{container}/{name}", permissions, self._clock.now(), seconds)
        return f"{self.base_url}/{container}/{quote(name)}?{query}"

    def _drop_blocks(self, container: str, name: str) -> None:
        sql = "DELETE FROM blocks WHERE container = ? AND name = ? RETURNING file"
        for row in self._index.execute(sql, (container, name)).fetchall():
            (self._folder / "bodies" / row["file"]).unlink(missing_ok=True)
        self._index.execute("DELETE FROM committed WHERE container = ? AND name = ?", (container, name))

    def _persisted_key(self) -> bytes:
        file = self._folder / "account.key"
        if not file.exists():
            file.touch(mode=0o600)
            file.write_bytes(token_bytes(64))
        return file.read_bytes()
