"""What F&O reports about failures: the error list, the staging error file and the error-keys file (fno-behaviour 4)."""

import json
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from uuid import uuid4

from fno_emulator.dmf import executions, rejections
from fno_emulator.dmf.environment import Environment
from fno_emulator.dmf.executions import EntityRun, Execution
from fno_emulator.dmf.formats import by_name
from fno_emulator.dmf.importing import staging
from fno_emulator.dmf.model import tables


def errors(environment: Environment, execution: Execution) -> str:
    """The errors of all entities as a JSON list; invalid JSON, as F&O was seen to send it, if the settings say so."""
    settings = environment.settings
    rows = rejections.errors(environment.database, execution, with_files=settings.file_errors_listed)
    if settings.broken_error_json:
        parts = (
            f'{{"RecordId":"{row["record"]}","Field":"{row["field"]}","ErrorMessage":"{row["message"]}"}}'
            for row in rows
        )
        return f"[{','.join(parts)}]"
    return json.dumps(
        [{"RecordId": str(row["record"]), "Field": row["field"], "ErrorMessage": row["message"]} for row in rows],
        separators=(",", ":"),
        ensure_ascii=False,
    )


def staging_error_url(environment: Environment, execution: Execution, run: EntityRun) -> str:
    """A URL of the source rows that staging rejected, in the source's format; "" if there are none."""
    rows = list(rejections.source_rows(environment.database, execution, run))
    if not rows or environment.catalogue.composite(run.entity):
        return ""
    source = staging.source_of(environment, execution, run)
    source_format = by_name(run.definition.source_format)
    columns, _ = source_format.read(source)
    with tempfile.TemporaryDirectory(dir=environment.folder) as temporary:
        file = Path(temporary) / f"errors.{source_format.extension}"
        source_format.write(replace(source, path=file), columns, iter(rows))
        name = f"{source.entity}_Errors.{source_format.extension}"
        blob = environment.blobs.offer(file, name, "application/octet-stream")
    return environment.urls.read_url(blob)


def generate_error_keys(environment: Environment, execution: Execution, run: EntityRun) -> bool:
    """Start to generate the error-keys file; returns False if the target rejected no record."""
    if environment.catalogue.composite(run.entity):
        return False
    sql = "SELECT 1 FROM rejections WHERE execution = ? AND ordinal = ? AND step = 'target' LIMIT 1"
    found = environment.database.connection().execute(sql, (execution.seq, run.ordinal)).fetchone()
    if found:
        executions.update_entity(environment.database, execution, run, keys_asks=0)
    return found is not None


def error_keys_url(environment: Environment, execution: Execution, run: EntityRun) -> str:
    """A URL of the error-keys file; "" if it was not generated, and for the first calls after that."""
    with environment.database.transaction() as connection:
        row = connection.execute(
            "UPDATE execution_entities SET keys_asks = keys_asks + 1 WHERE execution = ? AND ordinal = ? RETURNING keys_asks",
            (execution.seq, run.ordinal),
        ).fetchone()
    if row[0] is None or row[0] <= environment.settings.error_keys_empty_asks:
        return ""
    entity = environment.entity(run.entity)
    file = environment.folder / uuid4().hex
    with file.open("w", encoding="utf-8", newline="") as text:
        text.write("\t".join(one.staging for one in entity.key_fields) + "\r\n")
        for keys in _failed_keys(environment, execution, run):
            text.write("\t".join(keys) + "\r\n")
    return environment.urls.read_url(environment.blobs.offer(file, f"{entity.label}_ErrorKeys.txt", "text/plain"))


def _failed_keys(environment: Environment, execution: Execution, run: EntityRun) -> Iterator[list[str]]:
    """The keys of the records that the target rejected, in the file's order."""
    entity = environment.entity(run.entity)
    sql = (
        f"SELECT {tables.columns(entity.key_fields)} FROM {tables.staging(entity)} WHERE recid IN "  # noqa: S608
        "(SELECT record FROM rejections WHERE execution = ? AND ordinal = ? AND step = 'target') ORDER BY recid"
    )
    for row in environment.database.connection().execute(sql, (execution.seq, run.ordinal)):
        yield ["" if value is None else str(value) for value in row]
