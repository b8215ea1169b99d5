"""Staging to target: validated row by row, written by key, one entity at a time as one transaction."""

import sqlite3
from collections.abc import Iterator
from functools import lru_cache

from emulator.dmf import executions, tables
from emulator.dmf.catalogue import Catalogue, Entity, Field
from emulator.dmf.database import Database, quoted
from emulator.dmf.environment import Environment
from emulator.dmf.executions import EntityRun, Execution
from emulator.dmf.staging import CHUNK, mapped_fields
from emulator.dmf.values import default, is_empty

_LOOKUPS = 50_000


class _Validation:
    """What F&O checks of a staged row before it writes it: mandatory fields and references (fno-behaviour 4.2)."""

    def __init__(
        self,
        catalogue: Catalogue,
        connection: sqlite3.Connection,
        entity: Entity,
        fields: list[Field],
        company: str,
    ) -> None:
        self._connection = connection
        self._company = company
        mapped = {one.name: position for position, one in enumerate(fields)}
        self._mandatory = [
            (mapped[one.name], one) for one in entity.fields if one.mandatory and one.name in mapped
        ]
        self._absent = [one for one in entity.fields if one.mandatory and one.name not in mapped]
        self._references = [
            (mapped[one.name], one, related, default(one))
            for one in entity.fields
            if one.name in mapped and (related := catalogue.by_label(one.references))
        ]
        self._related = {related.label: related for _, _, related, _ in self._references}
        self._found = lru_cache(_LOOKUPS)(self._look_up)
        keys = [one.name for one in entity.key_fields if one.name in mapped]
        self._key = [mapped[one] for one in keys]
        where = " AND ".join(f"{quoted(one)} = ?" for one in keys) or "0"
        self._exists = f"SELECT 1 FROM {tables.target(entity)} WHERE company = ? AND {where}"  # noqa: S608

    def complaint(self, row: sqlite3.Row) -> tuple[str, str] | None:
        """Field and message of the first thing wrong with the row (its values come after recid), or None."""
        for position, field in self._mandatory:
            if is_empty(field, row[position + 1]):
                return field.staging, f"Field '{field.label}' must be filled in"
        for position, field, related, empty in self._references:
            value = row[position + 1]
            if value != empty and not self._found(related.label, value):
                return (
                    field.staging,
                    f"The value '{value}' in field '{field.label}' is not found in the related table '{related.label}'",
                )
        if self._absent and not self._is_update(row):
            return self._absent[0].staging, f"Field '{self._absent[0].label}' must be filled in"
        return None

    def _is_update(self, row: sqlite3.Row) -> bool:
        key = [row[position + 1] for position in self._key]
        return self._connection.execute(self._exists, (self._company, *key)).fetchone() is not None

    def _look_up(self, label: str, value: str) -> bool:
        related = self._related[label]
        sql = f"SELECT 1 FROM {tables.target(related)} WHERE company = ? AND {quoted(related.key[0])} = ?"  # noqa: S608
        company = "" if related.shared else self._company
        return self._connection.execute(sql, (company, value)).fetchone() is not None


def write(environment: Environment, execution: Execution, run: EntityRun, *, truncate: bool) -> None:
    """Move one entity from staging to target and write counts, rejections and status; all of it or nothing."""
    entity = environment.entity(run.entity)
    company = tables.company_of(entity, execution.company)
    with environment.database.transaction() as connection:
        if truncate:
            connection.execute(f"DELETE FROM {tables.target(entity)} WHERE company = ?", (company,))  # noqa: S608
        before = tables.count(connection, entity, company)
        written, failed = _move(environment, connection, execution, run) if run.staged else (0, 0)
        created = tables.count(connection, entity, company) - before
        executions.update_entity(
            connection,
            execution,
            run.ordinal,
            created=created,
            updated=written - created,
            failed=run.failed + failed,
            target_status=executions.ERROR
            if failed or (run.sent and not run.staged)
            else executions.FINISHED,
        )


def _move(
    environment: Environment, connection: sqlite3.Connection, execution: Execution, run: EntityRun
) -> tuple[int, int]:
    """Validate and write chunk by chunk; gives the number of rows written and of rows that failed."""
    entity = environment.entity(run.entity)
    company = tables.company_of(entity, execution.company)
    fields = mapped_fields(entity, run)
    check = _Validation(environment.catalogue, connection, entity, fields, execution.company)
    version = tables.next_version(connection)
    rest = tables.missing_defaults(entity, fields)
    written = failed = 0
    for chunk in _staged(connection, execution, entity, fields):
        good, bad = [], []
        for row in chunk:
            complaint = check.complaint(row) if run.definition.validate else None
            if complaint:
                bad.append((execution.seq, run.ordinal, row[0], complaint[0], _infolog(complaint[1])))
            else:
                good.append((company, version, *row[1:], *rest))
        connection.executemany(tables.upsert(entity, fields), good)
        connection.executemany(
            "INSERT INTO rejections (execution, ordinal, step, record, field, message, source) "
            "VALUES (?, ?, 'target', ?, ?, ?, '')",
            bad,
        )
        written += len(good)
        failed += len(bad)
    return written, failed


def failed_keys(
    database: Database, execution: Execution, run: EntityRun, entity: Entity
) -> Iterator[list[str]]:
    """The key values of the records that failed between staging and target, in the file's order."""
    sql = (
        f"SELECT {tables.columns(entity.key_fields)} FROM {tables.staging(entity)} WHERE recid IN "  # noqa: S608
        "(SELECT record FROM rejections WHERE execution = ? AND ordinal = ? AND step = 'target') ORDER BY recid"
    )
    for row in database.connection().execute(sql, (execution.seq, run.ordinal)):
        yield ["" if value is None else str(value) for value in row]


def _staged(
    connection: sqlite3.Connection, execution: Execution, entity: Entity, fields: list[Field]
) -> Iterator[list[sqlite3.Row]]:
    sql = (
        f"SELECT recid, {tables.columns(fields)} FROM {tables.staging(entity)} "  # noqa: S608
        "WHERE execution = ? AND recid > ? ORDER BY recid LIMIT ?"
    )
    last = 0
    while chunk := connection.execute(sql, (execution.seq, last, CHUNK)).fetchall():
        yield chunk
        last = chunk[-1][0]


def _infolog(message: str) -> str:
    """The lines F&O's log shows for a record that was not written (fno-behaviour 4.2)."""
    return f"\n {message}\r\n Validations failed while writing entity record\r\n"
