"""Composite entities: XML documents whose root records contain their lines, imported whole or not at all (fno-behaviour 3.9)."""

import json
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from xml.etree.ElementTree import Element, ParseError

from defusedxml.ElementTree import iterparse

from fno_emulator.dmf import executions
from fno_emulator.dmf.database import quoted
from fno_emulator.dmf.environment import Environment
from fno_emulator.dmf.errors import EntityFailed, ValueRefused
from fno_emulator.dmf.executions import EntityRun, Execution
from fno_emulator.dmf.importing.staging import DUPLICATE, Intake, reject, statement
from fno_emulator.dmf.importing.target import infolog, refuse
from fno_emulator.dmf.model import tables
from fno_emulator.dmf.model.catalogue import Composite, Entity
from fno_emulator.dmf.model.numbers import Numbers
from fno_emulator.dmf.model.validation import Validation
from fno_emulator.dmf.model.values import Value, parse


@dataclass(frozen=True)
class _Record:
    """One record of a document: its entity and its fields as text."""

    entity: Entity
    values: dict[str, str]


def stage(environment: Environment, execution: Execution, run: EntityRun, intake: Intake) -> None:
    """Stage every document's records; one that does not fit takes its whole document with it.

    Raises:
        EntityFailed: the file is no XML, holds no document, or has no element of one of the entities (fno-behaviour 3.11).
    """
    composite = _composite(environment, run)
    path = environment.packages / execution.package / run.definition.file
    missing = {one.label for one in composite.members}
    with environment.database.transaction() as connection:
        numbers = Numbers(connection)
        for document in _documents(composite, path, numbers):
            missing -= {one.entity.label for one in document}
            intake.sent += len(document)
            connection.execute("SAVEPOINT document")
            if why := _insert(connection, execution, document):
                connection.execute("ROLLBACK TO document")
                reject(connection, execution, run, [("", why, json.dumps([one.values for one in document]))])
                intake.refused += len(document)
            else:
                intake.staged += len(document)
            connection.execute("RELEASE document")
        numbers.keep()
    if not intake.sent:
        raise EntityFailed("DMF2053: The import file is empty.")
    if missing:
        raise EntityFailed(f"MAP011: The file has no element of {' and '.join(sorted(missing))}.")


def _insert(connection: sqlite3.Connection, execution: Execution, document: list[_Record]) -> str:
    """Stage a document's records; why that cannot be, or ""."""
    try:
        for one in document:
            fields = [field for field in one.entity.fields if field.name in one.values]
            values = [parse(field, one.values[field.name]) for field in fields]
            connection.execute(statement(one.entity, fields), [execution.seq, *values])
    except ValueRefused as error:
        return str(error)
    except sqlite3.IntegrityError:
        return DUPLICATE
    return ""


def write(environment: Environment, execution: Execution, run: EntityRun) -> None:
    """Move documents from staging to target: each whole or not at all."""
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
                    if (found := _put(environment, execution, entity, row, version))
                ),
                None,
            )
            if complaint:
                connection.execute("ROLLBACK TO document")
                refuse(
                    connection,
                    [(execution.seq, run.ordinal, head["recid"], complaint[0], infolog(complaint[1]))],
                )
                failed += len(records)
            else:
                written += len(records)
            connection.execute("RELEASE document")
        created = _count(connection, composite, execution) - before
        executions.update_entity(
            connection,
            execution,
            run.ordinal,
            created=created,
            updated=written - created,
            failed=run.failed + failed,
            target_status=executions.ERROR if failed or not run.staged else executions.FINISHED,
        )


def _composite(environment: Environment, run: EntityRun) -> Composite:
    found = environment.catalogue.composite(run.entity)
    if found is None:
        raise EntityFailed(f"Entity {run.entity} does not exist in the target environment")
    return found


def _documents(composite: Composite, path: Any, numbers: Numbers) -> Iterator[list[_Record]]:
    root, depth = composite.members[0], 0
    stack: list[Element] = []
    try:
        for event, node in iterparse(path, events=("start", "end")):
            if event == "start":
                stack.append(node)
                continue
            stack.pop()
            depth = len(stack)
            if depth == 1:
                if node.tag.upper() == root.name.upper() and _holds_anything(node):
                    yield list(_records(composite, root, node, {}, numbers))
                stack[0].remove(node)
    except ParseError as error:
        raise EntityFailed(
            f"XML is not in correct format and thus 0 {composite.label} records are inserted in staging. {error}"
        ) from None


def _holds_anything(document: Element) -> bool:
    """Whether there is a value in it; an export without records writes its elements empty (fno-behaviour 3.10)."""
    return any((node.text or "").strip() or any(node.attrib.values()) for node in document.iter())


def _records(
    composite: Composite, entity: Entity, node: Element, inherited: dict[str, str], numbers: Numbers
) -> Iterator[_Record]:
    """The node's record and those it contains, which inherit the key values they share with it."""
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


def _put(
    environment: Environment, execution: Execution, entity: Entity, row: sqlite3.Row, version: int
) -> tuple[str, str] | None:
    """Write one record; field and message of what is wrong with it, or None."""
    connection = environment.database.connection()
    fields = [one for one in entity.fields if row[one.name] is not None]
    values: list[Value] = [row[one.name] for one in fields]
    check = Validation(environment.catalogue, connection, entity, fields, execution.company)
    if complaint := check.complaint([0, *values]):
        return complaint
    home = tables.company_of(entity, execution.company)
    rest = tables.missing_defaults(entity, fields)
    connection.execute(tables.upsert(entity, fields), [home, version, *values, *rest])
    return None


def _count(connection: sqlite3.Connection, composite: Composite, execution: Execution) -> int:
    return sum(tables.count(connection, one, execution.company) for one in composite.members)
