"""The staging table and the target table of every entity.

A target row has `recid`, `company` ("" for shared entities), the entity's fields, `recversion` (counts the record's
writes; part of the etag) and `version` (counts the environment's writes; change tracking compares it).
A staging row has `recid`, `execution`, and the mapped fields.
"""

import sqlite3
from collections.abc import Sequence

from fno_emulator.dmf.database import Database, quoted
from fno_emulator.dmf.model.catalogue import Catalogue, Entity, Field
from fno_emulator.dmf.model.values import Value, default, parse

FIRST_RECID = 5637144576
"""The first record id in F&O."""


def target(entity: Entity) -> str:
    """The quoted name of the target table."""
    return quoted(f"target {entity.name}")


def staging(entity: Entity) -> str:
    """The quoted name of the staging table."""
    return quoted(f"staging {entity.name}")


def columns(fields: Sequence[Field]) -> str:
    """The quoted names of the fields' columns, separated by commas."""
    return ", ".join(quoted(one.name) for one in fields)


def company_of(entity: Entity, company: str) -> str:
    """The company that an entity's rows belong to: the session's, or "" for a shared entity (fno-behaviour 5.5)."""
    return "" if entity.shared else company


def make(database: Database, catalogue: Catalogue) -> None:
    """Create the tables that do not exist yet, and seed them."""
    with database.transaction() as connection:
        for entity in catalogue.entities:
            if _exists(connection, f"target {entity.name}"):
                _extend(connection, entity)
                continue
            _create(connection, entity)
            for company, rows in entity.rows.items():
                companies = catalogue.companies if company == "*" else (company,)
                for one in companies:
                    _seed(connection, entity, company_of(entity, one), rows)


def drop(connection: sqlite3.Connection, catalogue: Catalogue) -> None:
    """Drop the tables of every entity."""
    for entity in catalogue.entities:
        connection.execute(f"DROP TABLE IF EXISTS {target(entity)}")
        connection.execute(f"DROP TABLE IF EXISTS {staging(entity)}")


def next_version(connection: sqlite3.Connection) -> int:
    """The environment's next change version. Take it in the transaction that writes rows with it."""
    row = connection.execute("UPDATE versions SET last = last + 1 RETURNING last").fetchone()
    return int(row[0])


def upsert(entity: Entity, fields: Sequence[Field]) -> str:
    """The SQL to insert or update a row by key. Its parameters: company, version, `fields`, and `missing_defaults`."""
    given = {one.name for one in fields}
    others = [one for one in entity.fields if one.name not in given]
    every = [*fields, *others]
    changes = [f"{quoted(one.name)} = excluded.{quoted(one.name)}" for one in fields if one.name not in entity.key]
    changes += ["version = excluded.version", "recversion = recversion + 1"]
    return (
        f"INSERT INTO {target(entity)} (company, version, {columns(every)}) "  # noqa: S608 - names come from the catalogue
        f"VALUES ({', '.join('?' * (len(every) + 2))}) "
        f"ON CONFLICT (company, {columns(entity.key_fields)}) DO UPDATE SET {', '.join(changes)}"
    )


def missing_defaults(entity: Entity, fields: Sequence[Field]) -> list[Value]:
    """The defaults of the fields that are not in `fields`."""
    given = {one.name for one in fields}
    return [default(one) for one in entity.fields if one.name not in given]


def count(connection: sqlite3.Connection, entity: Entity, company: str) -> int:
    """The number of target rows in a company."""
    sql = f"SELECT count(*) FROM {target(entity)} WHERE company = ?"  # noqa: S608
    return int(connection.execute(sql, (company_of(entity, company),)).fetchone()[0])


def _exists(connection: sqlite3.Connection, name: str) -> bool:
    sql = "SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = ?"
    return connection.execute(sql, (name,)).fetchone() is not None


def _create(connection: sqlite3.Connection, entity: Entity) -> None:
    typed = ", ".join(f"{quoted(one.name)} {_column_type(one)}" for one in entity.fields)
    keys = columns(entity.key_fields)
    connection.execute(
        f"CREATE TABLE {target(entity)} (recid INTEGER PRIMARY KEY, company TEXT NOT NULL COLLATE NOCASE, "
        f"{typed}, recversion INTEGER NOT NULL DEFAULT 1, version INTEGER NOT NULL, UNIQUE (company, {keys}))"
    )
    connection.execute(
        f"CREATE TABLE {staging(entity)} (recid INTEGER PRIMARY KEY AUTOINCREMENT, execution INTEGER NOT NULL, "
        f"{typed}, UNIQUE (execution, {keys}))"
    )
    if len(entity.key) == 1:
        connection.execute(f"CREATE INDEX {quoted('key ' + entity.name)} ON {target(entity)} ({keys})")
    name = f"staging {entity.name}"
    connection.execute("INSERT INTO sqlite_sequence (name, seq) VALUES (?, ?)", (name, FIRST_RECID))


def _extend(connection: sqlite3.Connection, entity: Entity) -> None:
    """Add columns for the fields that were added to the catalogue later."""
    existing = {row["name"] for row in connection.execute(f"PRAGMA table_info({target(entity)})")}
    for one in entity.fields:
        if one.name not in existing:
            for table in (target(entity), staging(entity)):
                connection.execute(f"ALTER TABLE {table} ADD COLUMN {quoted(one.name)} {_column_type(one)}")
            sql = f"UPDATE {target(entity)} SET {quoted(one.name)} = ?"  # noqa: S608 - names come from the catalogue
            connection.execute(sql, (default(one),))


def _column_type(field: Field) -> str:
    return "INTEGER" if field.type == "int" else "TEXT COLLATE NOCASE"


def _seed(connection: sqlite3.Connection, entity: Entity, company: str, rows: list[dict[str, object]]) -> None:
    version = next_version(connection)
    for row in rows:
        fields = [one for one in entity.fields if one.name in row]
        values = [parse(one, str(row[one.name])) for one in fields]
        connection.execute(upsert(entity, fields), [company, version, *values, *missing_defaults(entity, fields)])
