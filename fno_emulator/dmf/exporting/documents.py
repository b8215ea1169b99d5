"""Exports of composite entities: XML documents of a root record and its lines (fno-behaviour 3.9, 3.10)."""

import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from xml.sax.saxutils import XMLGenerator

from fno_emulator.dmf.database import quoted
from fno_emulator.dmf.formats import xml
from fno_emulator.dmf.model import tables
from fno_emulator.dmf.model.catalogue import Composite, Entity
from fno_emulator.dmf.model.values import to_text


@dataclass(frozen=True)
class Documents:
    """The documents of a composite to export: those of a company that changed after a version."""

    composite: Composite
    company: str
    since: int
    limit: int
    """The most documents; -1 exports all."""
    schema_when_empty: bool
    """Whether a file without documents contains each element once, empty."""

    def write(self, connection: sqlite3.Connection, file: Path, source_format: str) -> int:
        """Write the file; returns the number of records, counting roots and lines.

        Raises:
            EntityFailed: the format is not XML, or XML cannot represent a value.
        """
        written = 0
        start = xml.start_of(source_format, self.composite.label)
        with xml.document(file) as out:
            for root in self._roots(connection):
                written += self._write_document(connection, out, start, root)
            if not written and self.schema_when_empty:
                self._write_schema(out, start)
        return written

    def _write_document(
        self, connection: sqlite3.Connection, out: XMLGenerator, start: xml.Start, root: sqlite3.Row
    ) -> int:
        head, *members = self.composite.members
        written = 1
        start(out, head.name.upper(), _values(head, root))
        for member in members:
            for line in self._lines(connection, member, root):
                start(out, member.name.upper(), _values(member, line))
                out.endElement(member.name.upper())
                written += 1
        out.endElement(head.name.upper())
        return written

    def _write_schema(self, out: XMLGenerator, start: xml.Start) -> None:
        names = [
            (one.name.upper(), dict.fromkeys((field.staging for field in one.fields), ""))
            for one in self.composite.members
        ]
        start(out, *names[0])
        for name, values in names[1:]:
            start(out, name, values)
            out.endElement(name)
        out.endElement(names[0][0])

    def _roots(self, connection: sqlite3.Connection) -> Iterator[sqlite3.Row]:
        """The roots that changed, or of which a line changed."""
        root = self.composite.members[0]
        changed = "".join(
            f" OR EXISTS (SELECT 1 FROM {tables.target(one)} AS line WHERE line.company = root.company AND "  # noqa: S608
            f"{_same(root, 'line', 'root')} AND line.version > :since)"
            for one in self.composite.members[1:]
        )
        sql = (
            f"SELECT * FROM {tables.target(root)} AS root WHERE company = :company "  # noqa: S608
            f"AND (version > :since{changed}) ORDER BY recid LIMIT :limit"
        )
        return iter(connection.execute(sql, {"company": self.company, "since": self.since, "limit": self.limit}))

    def _lines(self, connection: sqlite3.Connection, member: Entity, root: sqlite3.Row) -> Iterator[sqlite3.Row]:
        key = self.composite.members[0].key
        where = " AND ".join(f"{quoted(one)} = ?" for one in key)
        sql = f"SELECT * FROM {tables.target(member)} WHERE company = ? AND {where} ORDER BY recid"  # noqa: S608
        return iter(connection.execute(sql, (self.company, *(root[one] for one in key))))


def _same(root: Entity, left: str, right: str) -> str:
    return " AND ".join(f"{left}.{quoted(one)} = {right}.{quoted(one)}" for one in root.key)


def _values(entity: Entity, row: sqlite3.Row) -> dict[str, str]:
    return xml.to_xml({one.staging: to_text(one, row[one.name]) for one in entity.fields})
