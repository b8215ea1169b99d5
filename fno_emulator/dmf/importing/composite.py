"""Imports of composite entities: XML documents, root record and lines, each imported as a whole (fno-behaviour 3.9)."""

import json
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from xml.etree.ElementTree import Element

from fno_emulator.dmf import executions, rejections
from fno_emulator.dmf.database import quoted
from fno_emulator.dmf.environment import Environment
from fno_emulator.dmf.errors import EntityFailed, ValueRefused
from fno_emulator.dmf.executions import ERROR, FINISHED, EntityRun, Execution
from fno_emulator.dmf.formats import xml
from fno_emulator.dmf.importing.staging import DUPLICATE, Counts, insert_statement
from fno_emulator.dmf.model import tables
from fno_emulator.dmf.model.catalogue import Composite, Entity
from fno_emulator.dmf.model.numbers import Numbers
from fno_emulator.dmf.model.validation import Validation
from fno_emulator.dmf.model.values import Value, parse


@dataclass(frozen=True)
class _Record:
    """One record of a document, with its fields as text."""

    entity: Entity
    values: dict[str, str]


def stage(environment: Environment, execution: Execution, run: EntityRun, counts: Counts) -> None:
    """Stage the documents of a file; a rejected record rejects its whole document.

    Raises:
        EntityFailed: the file is not XML, has no document, or has no element of an entity (fno-behaviour 3.11).
    """
    composite = _composite(environment, run)
    path = environment.packages / execution.package / run.definition.file
    missing = {one.label for one in composite.members}
    with environment.database.transaction() as connection:
        numbers = Numbers(connection)
        for document in _documents(composite, path, numbers):
            missing -= {one.entity.label for one in document}
            counts.sent += len(document)
            connection.execute("SAVEPOINT document")
            if message := _insert(connection, execution, document):
                connection.execute("ROLLBACK TO document")
                source = json.dumps([one.values for one in document])
                rejections.add_rows(environment.database, execution, run, [("", message, source)])
                counts.rejected += len(document)
            else:
                counts.staged += len(document)
            connection.execute("RELEASE document")
        numbers.keep()
    if not counts.sent:
        raise EntityFailed("DMF2053: The import file is empty.")
    if missing:
        raise EntityFailed(f"MAP011: The file has no element of {' and '.join(sorted(missing))}.")


def _insert(connection: sqlite3.Connection, execution: Execution, document: list[_Record]) -> str:
    """Stage a document's records; returns the error message, or ""."""
    try:
        for one in document:
            fields = [field for field in one.entity.fields if field.name in one.values]
            values = [parse(field, one.values[field.name]) for field in fields]
            connection.execute(insert_statement(one.entity, fields), [execution.seq, *values])
    except ValueRefused as error:
        return str(error)
    except sqlite3.IntegrityError:
        return DUPLICATE
    return ""


def write(environment: Environment, execution: Execution, run: EntityRun) -> None:
    """Write the staged documents to the target, each as a whole or not at all."""
    composite = _composite(environment, run)
    root = composite.members[0]
    failed = written = 0
    with environment.database.transaction() as connection:
        before = _count(connection, composite, execution)
        version = tables.next_version(connection)
        sql = f"SELECT * FROM {tables.staging(root)} WHERE execution = ? ORDER BY recid"  # noqa: S608
        for head in connection.execute(sql, (execution.seq,)).fetchall():
            records = [(root, head), *_lines(connection, composite, execution, head)]
            connection.execute("SAVEPOINT document")
            complaint = next(
                (
                    found
                    for entity, row in records
                    if (found := _write_record(environment, execution, entity, row, version))
                ),
                None,
            )
            if complaint:
                connection.execute("ROLLBACK TO document")
                rejections.add_records(environment.database, execution, run, [(head["recid"], *complaint)])
                failed += len(records)
            else:
                written += len(records)
            connection.execute("RELEASE document")
        created = _count(connection, composite, execution) - before
        executions.update_entity(
            environment.database,
            execution,
            run,
            created=created,
            updated=written - created,
            failed=run.failed + failed,
            target_status=ERROR if failed or not run.staged else FINISHED,
        )


def _composite(environment: Environment, run: EntityRun) -> Composite:
    found = environment.catalogue.composite(run.entity)
    if found is None:
        raise EntityFailed(f"Entity {run.entity} does not exist in the target environment")
    return found


def _documents(composite: Composite, path: Path, numbers: Numbers) -> Iterator[list[_Record]]:
    root = composite.members[0]
    for node in xml.records(path, root.name, composite.label):
        if _has_values(node):
            yield list(_records(composite, root, node, {}, numbers))


def _has_values(document: Element) -> bool:
    """Whether a document has any value. An export without records writes empty elements (fno-behaviour 3.10)."""
    return any((node.text or "").strip() or any(node.attrib.values()) for node in document.iter())


def _records(
    composite: Composite, entity: Entity, node: Element, inherited: dict[str, str], numbers: Numbers
) -> Iterator[_Record]:
    """The node's record and the records inside it, which inherit the key values that they lack."""
    members = {one.name.upper(): one for one in composite.members}
    given = {name.upper(): value for name, value in node.attrib.items()}
    given |= {child.tag.upper(): child.text or "" for child in node if child.tag.upper() not in members}
    values = {one.name: given[one.staging] for one in entity.fields if one.staging in given}
    for one in entity.fields:
        if not values.get(one.name) and one.name in inherited:
            values[one.name] = inherited[one.name]
        elif not values.get(one.name) and one.numbered:
            values[one.name] = numbers.take(one.numbered)
    yield _Record(entity, values)
    for child in node:
        if member := members.get(child.tag.upper()):
            keys = {one.name: values[one.name] for one in entity.key_fields if one.name in values}
            yield from _records(composite, member, child, keys, numbers)


def _lines(
    connection: sqlite3.Connection, composite: Composite, execution: Execution, head: sqlite3.Row
) -> Iterator[tuple[Entity, sqlite3.Row]]:
    root = composite.members[0]
    for member in composite.members[1:]:
        where = " AND ".join(f"{quoted(name)} = ?" for name in root.key)
        sql = f"SELECT * FROM {tables.staging(member)} WHERE execution = ? AND {where} ORDER BY recid"  # noqa: S608
        for row in connection.execute(sql, (execution.seq, *(head[name] for name in root.key))):
            yield member, row


def _write_record(
    environment: Environment, execution: Execution, entity: Entity, row: sqlite3.Row, version: int
) -> tuple[str, str] | None:
    """Write one record; returns field and message if it is invalid."""
    connection = environment.database.connection()
    fields = [one for one in entity.fields if row[one.name] is not None]
    values: list[Value] = [row[one.name] for one in fields]
    validation = Validation(environment.catalogue, connection, entity, fields, execution.company)
    if complaint := validation.complaint([0, *values]):
        return complaint
    company = tables.company_of(entity, execution.company)
    defaults = tables.missing_defaults(entity, fields)
    connection.execute(tables.upsert(entity, fields), [company, version, *values, *defaults])
    return None


def _count(connection: sqlite3.Connection, composite: Composite, execution: Execution) -> int:
    return sum(tables.count(connection, one, execution.company) for one in composite.members)
