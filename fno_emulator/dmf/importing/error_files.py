"""What F&O tells about failures: the error list, the staging error file, the error keys (fno-behaviour 4)."""

import json
import tempfile
from dataclasses import replace
from pathlib import Path
from uuid import uuid4

from fno_emulator.dmf import executions
from fno_emulator.dmf.environment import Environment
from fno_emulator.dmf.executions import EntityRun, Execution
from fno_emulator.dmf.formats import by_name
from fno_emulator.dmf.importing import staging, target


def errors(environment: Environment, execution: Execution) -> str:
    """All entities' errors as the text of a JSON list; with the switch on, as broken as the field has seen it."""
    sql = (
        "SELECT record, field, message FROM rejections WHERE execution = ? AND (? OR step <> 'staging' OR source <> '[]') "
        "ORDER BY ordinal, rowid"
    )
    of = (execution.seq, environment.settings.file_errors_listed)
    rows = environment.database.connection().execute(sql, of).fetchall()
    if environment.settings.broken_error_json:
        parts = (
            f'{{"RecordId":"{row["record"]}","Field":"{row["field"]}","ErrorMessage":"{row["message"]}"}}'
            for row in rows
        )
        return f"[{','.join(parts)}]"
    return json.dumps(
        [
            {"RecordId": str(one["record"]), "Field": one["field"], "ErrorMessage": one["message"]}
            for one in rows
        ],
        separators=(",", ":"),
        ensure_ascii=False,
    )


def staging_error_url(environment: Environment, execution: Execution, run: EntityRun) -> str:
    """A URL of the source rows that did not reach staging, in the input's own format; "" when there are none."""
    rows = list(staging.rejected_rows(environment.database, execution, run))
    if not rows or environment.catalogue.composite(run.entity):
        return ""
    entity = environment.entity(run.entity)
    source = staging.source_of(environment, execution, run)
    chosen = by_name(run.definition.source_format)
    columns, remaining = chosen.read(source)
    del remaining
    with tempfile.TemporaryDirectory(dir=environment.folder) as temporary:
        file = Path(temporary) / f"errors.{chosen.extension}"
        chosen.write(replace(source, path=file), columns, iter(rows))
        name = f"{{{str(uuid4()).upper()}}}/{entity.label}_Errors.{chosen.extension}"
        environment.blobs.adopt(name, file, "application/octet-stream")
    return environment.blobs.read_url(name)


def generate_error_keys(environment: Environment, execution: Execution, run: EntityRun) -> bool:
    """Start making the error-keys file; False when no record failed between staging and target."""
    sql = "SELECT 1 FROM rejections WHERE execution = ? AND ordinal = ? AND step = 'target' LIMIT 1"
    found = environment.database.connection().execute(sql, (execution.seq, run.ordinal)).fetchone()
    if environment.catalogue.composite(run.entity):
        return False
    if found:
        with environment.database.transaction() as connection:
            executions.update_entity(connection, execution, run.ordinal, keys_asks=0)
    return found is not None


def error_keys_url(environment: Environment, execution: Execution, run: EntityRun) -> str:
    """A URL of the error-keys file; "" before it was asked for and for the first asks after."""
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
        for keys in target.failed_keys(environment.database, execution, run, entity):
            text.write("\t".join(keys) + "\r\n")
    name = f"{{{str(uuid4()).upper()}}}/{entity.label}_ErrorKeys.txt"
    environment.blobs.adopt(name, file, "text/plain")
    return environment.blobs.read_url(name)
