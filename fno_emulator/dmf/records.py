"""Single target records, which OData writes one by one under the rules of an import."""

import sqlite3
from typing import Any

from fno_emulator.dmf.database import quoted
from fno_emulator.dmf.environment import Environment
from fno_emulator.dmf.errors import ValueRefused
from fno_emulator.dmf.model import tables
from fno_emulator.dmf.model.catalogue import Entity, Field
from fno_emulator.dmf.model.validation import Validation
from fno_emulator.dmf.model.values import Value, parse


class WriteFailed(Exception):  # noqa: N818 - F&O's own words
    """A record cannot be written; the message is the text in F&O's log."""


def find(environment: Environment, entity: Entity, company: str, key: dict[str, Any]) -> sqlite3.Row | None:
    """The record with these key values; None if there is none."""
    values = [parse(one, str(key[one.name])) for one in entity.key_fields]
    where = " AND ".join(f"{quoted(one.name)} = ?" for one in entity.key_fields)
    sql = f"SELECT * FROM {tables.target(entity)} WHERE company = ? AND {where}"  # noqa: S608
    company = tables.company_of(entity, company)
    row: sqlite3.Row | None = environment.database.connection().execute(sql, (company, *values)).fetchone()
    return row


def insert(environment: Environment, entity: Entity, company: str, given: dict[str, Any]) -> sqlite3.Row:
    """Insert a record, with defaults for the fields that are not given; returns the record.

    Raises:
        WriteFailed: a value is invalid, a rule is violated, or the record exists.
    """
    with environment.database.transaction() as connection:
        fields, values = _parse(environment, connection, entity, company, given)
        for one in entity.key_fields:
            given.setdefault(one.name, "")
        if find(environment, entity, company, given):
            raise _failed(entity, f"Error: Cannot create a record in {entity.label}. The record already exists.")
        _write(connection, entity, company, fields, values)
        made = find(environment, entity, company, given)
        if made is None:
            raise _failed(entity, "Error: The record was not created.")
        return made


def update(environment: Environment, entity: Entity, row: sqlite3.Row, given: dict[str, Any]) -> None:
    """Change fields of a record, except its key.

    Raises:
        WriteFailed: a value is invalid, or a rule is violated.
    """
    changes = {**{name: row[name] for name in entity.key}, **{k: v for k, v in given.items() if k not in entity.key}}
    with environment.database.transaction() as connection:
        fields, values = _parse(environment, connection, entity, row["company"], changes)
        _write(connection, entity, row["company"], fields, values)


def delete(environment: Environment, entity: Entity, row: sqlite3.Row) -> None:
    """Delete a record. Change tracking does not notice it (fno-behaviour 6.2)."""
    with environment.database.transaction() as connection:
        connection.execute(f"DELETE FROM {tables.target(entity)} WHERE recid = ?", (row["recid"],))  # noqa: S608


def _parse(
    environment: Environment, connection: sqlite3.Connection, entity: Entity, company: str, given: dict[str, Any]
) -> tuple[list[Field], list[Value]]:
    fields = [one for one in entity.fields if one.name in given]
    try:
        values = [parse(one, _text(given[one.name])) for one in fields]
    except ValueRefused as error:
        raise _failed(entity, f"Error: {error}") from None
    validation = Validation(environment.catalogue, connection, entity, fields, company)
    if complaint := validation.complaint([0, *values]):
        raise _failed(entity, f"Error: {complaint[1]}; validateWrite failed on data source '{entity.name}'")
    return fields, values


def _write(
    connection: sqlite3.Connection, entity: Entity, company: str, fields: list[Field], values: list[Value]
) -> None:
    version = tables.next_version(connection)
    defaults = tables.missing_defaults(entity, fields)
    company = tables.company_of(entity, company)
    connection.execute(tables.upsert(entity, fields), [company, version, *values, *defaults])


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "Yes" if value else "No"
    return "" if value is None else str(value)


def _failed(entity: Entity, log: str) -> WriteFailed:
    return WriteFailed(f"Write failed for table row of type '{entity.name}'. Infolog: {log}.")
