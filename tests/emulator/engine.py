"""The emulator's import engine in this process, without servers, threads and waiting."""

import io
import json
import re
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

from fno_emulator.blobs.store import WRITE, BlobStore
from fno_emulator.blobs.urls import SignedUrls
from fno_emulator.clock import Clock
from fno_emulator.dmf import executions, runner
from fno_emulator.dmf.database import Database
from fno_emulator.dmf.environment import Environment
from fno_emulator.dmf.executions import EntityRun, Execution
from fno_emulator.dmf.framework import Framework
from fno_emulator.dmf.importing import error_files
from fno_emulator.dmf.model import tables
from fno_emulator.dmf.model.catalogue import SHIPPED, load
from fno_emulator.settings import Settings

COMPANY = "USMF"


class Engine:
    """An environment in a folder."""

    def __init__(self, folder: Path) -> None:
        settings, clock = Settings(execution_seconds=0, queue_seconds=0, error_keys_empty_asks=0), Clock()
        self._blobs = BlobStore(folder / "blobs", clock)
        self._urls = SignedUrls(self._blobs, folder / "blobs", clock, settings)
        self._urls.base_url = "http://engine"
        database = Database(folder / "environment.sqlite", durable=False)
        self._environment = Environment(database, load(SHIPPED), self._blobs, self._urls, clock, settings, folder)
        self._framework = Framework(self._environment)

    def run_import(self, package: bytes) -> "Imported":
        """Import a package as a project of its own, to its end."""
        body, name = self._blobs.new_body(), uuid4().hex
        body.write_bytes(package)
        self._blobs.commit(WRITE, name, body, "application/zip")
        execution = self._framework.starter.import_from_package(
            self._urls.write_url(name), name, "", COMPANY, execute=True, overwrite=True
        )
        runner.run(self._environment, executions.find(self._environment.database, execution))
        return Imported(self._environment, executions.find(self._environment.database, execution))


class Imported:
    """An import that has ended: what F&O tells of it, and what really happened."""

    def __init__(self, environment: Environment, execution: Execution) -> None:
        self._environment = environment
        self._execution = execution

    @property
    def entities(self) -> list[EntityRun]:
        """Its entities with their counts."""
        return executions.entities(self._environment.database, self._execution)

    def messages(self) -> str:
        """F&O's list of messages."""
        return error_files.errors(self._environment, self._execution)

    def staging_errors(self, run: EntityRun) -> bytes:
        """The file of an entity's rows that did not reach staging; nothing if there are none."""
        return self._read(error_files.staging_error_url(self._environment, self._execution, run))

    def error_keys(self, run: EntityRun) -> bytes:
        """The file of the keys of rows that did not reach the target; nothing if there are none."""
        if not error_files.generate_error_keys(self._environment, self._execution, run):
            return b""
        return self._read(error_files.error_keys_url(self._environment, self._execution, run))

    def refused(self, run: EntityRun, names: list[str]) -> dict[str, str]:
        """The messages about the refused rows by their names: the first cell of each row, here in the file's order."""
        staging, target = {}, {}
        sql = "SELECT step, record, message, source FROM rejections WHERE execution = ? AND ordinal = ?"
        for step, record, message, source in self._query(sql, self._execution.seq, run.ordinal):
            text = re.sub(r"\s*[\r\n]+\s*", " ", message).strip()
            if step == "staging":
                staging[json.loads(source)[0]] = text
            else:
                target[record] = text
        table = tables.staging(self._environment.entity(run.entity))
        records = self._query(f"SELECT recid FROM {table} WHERE execution = ? ORDER BY recid", self._execution.seq)  # noqa: S608  a table of the catalogue
        staged = [name for name in names if name not in staging]
        of_target = {name: target[record] for name, (record,) in zip(staged, records, strict=True) if record in target}
        return staging | of_target

    def _query(self, sql: str, *values: int) -> Iterator[tuple[str, ...]]:
        return (tuple(row) for row in self._environment.database.connection().execute(sql, values))

    def _read(self, url: str) -> bytes:
        if not url:
            return b""
        with self._environment.urls.open(url) as content:
            return io.BytesIO(content.read()).getvalue()
