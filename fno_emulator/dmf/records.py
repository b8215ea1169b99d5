"""Single target records: written one by one, as OData does it, under the rules an import has."""

import sqlite3
from typing import Any

from fno_emulator.dmf.database import quoted
from fno_emulator.dmf.environment import Environment
from fno_emulator.dmf.errors import ValueRefused
from fno_emulator.dmf.model import tables
from fno_emulator.dmf.model.catalogue import Entity, Field
from fno_emulator.dmf.model.validation import Validation
from fno_emulator.dmf.model.values import Value, parse


class WriteFailed(Exception):  # noqa: N818 - F&O's words
    """A record may not be written; the text is the log's."""


def find(environment: Environment, entity: Entity, company: str, key: dict[str, Any]) -> sqlite3.Row | None:
    """The record with these key values, or None."""
    values = [parse(one, str(key[one.name])) for one in entity.key_fields]
    where = " AND ".join(f"{quoted(one.name)} = ?" for one in entity.key_fields)
    sql = f"SELECT * FROM {tables.target(entity)} WHERE company = ? AND {where}"  # noqa: S608
    home = tables.company_of(entity, company)
    row: sqlite3.Row | None = environment.database.connection().execute(sql, (home, *values)).fetchone()
    return row


def insert(environment: Environment, entity: Entity, company: str, given: dict[str, Any]) -> sqlite3.Row:
    """Insert a record; fields not given take their defaults.

    Raises:
        WriteFailed: a value does not fit, a rule is broken, or the record is there already.
    """
    with environment.database.transaction() as connection:
        fields, values = _checked(environment, connection, entity, company, given)
        for one in entity.key_fields:
            given.setdefault(one.name, "")
        if find(environment, entity, company, given):
            raise _failed(
                entity, f"Error: Cannot create a record in {entity.label}. The record already exists."
            )
        _write(connection, entity, company, fields, values)
        made = find(environment, entity, company, given)
        if made is None:
            raise _failed(entity, "Error: The record was not created.")
        return made


def update(environment: Environment, entity: Entity, row: sqlite3.Row, given: dict[str, Any]) -> None:
    """Change fields of a record; key fields stay as they are.

    Raises:
        WriteFailed: a value does not fit, or a rule is broken.
    """
    changes = {
        **{name: row[name] for name in entity.key},
        **{k: v for k, v in given.items() if k not in entity.key},
    }
    with environment.database.transaction() as connection:
        fields, values = _checked(environment, connection, entity, row["company"], changes)
        _write(connection, entity, row["company"], fields, values)


def delete(environment: Environment, entity: Entity, row: sqlite3.Row) -> None:
    """Remove a record; change tracking does not see it (fno-behaviour 6.2)."""
    with environment.database.transaction() as connection:
        connection.execute(f"DELETE FROM {tables.target(entity)} WHERE recid = ?", (row["recid"],))  # noqa: S608


def _checked(
    environment: Environment,
    connection: sqlite3.Connection,
    entity: Entity,
    company: str,
    given: dict[str, Any],
) -> tuple[list[Field], list[Value]]:
    fields = [one for one in entity.fields if one.name in given]
    try:
        values = [parse(one, _text(given[one.name])) for one in fields]
    except ValueRefused as error:
        raise _failed(entity, f"Error: {error}") from None
    check = Validation(environment.catalogue, connection, entity, fields, company)
    if complaint := check.complaint([0, *values]):
        raise _failed(entity, f"Error: {complaint[1]}; validateWrite failed on data source '{entity.name}'")
    return fields, values


def _write(
    connection: sqlite3.Connection, entity: Entity, company: str, fields: list[Field], values: list[Value]
) -> None:
    version = tables.next_version(connection)
    rest = tables.missing_defaults(entity, fields)
    home = tables.company_of(entity, company)
    connection.execute(tables.upsert(entity, fields), [home, version, *values, *rest])


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "Yes" if value else "No"
    return "" if value is None else str(value)


def _failed(entity: Entity, log: str) -> WriteFailed:
    return WriteFailed(f"Write failed for table row of type '{entity.name}'. Infolog: {log}.")
