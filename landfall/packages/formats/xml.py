"""XML-Element and XML-Attribute: the records under a file's root, one at a time (fno-behaviour 3.7, 3.9)."""

import heapq
from collections.abc import Callable, Collection, Generator, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from typing import IO, Any
from xml.etree.ElementTree import ParseError

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import XMLParser

from landfall.packages.archives import RefusedPackageError
from landfall.packages.formats.raw_files import TEMPLATE_MAPS, Pieces, RawFile, Wrapped, map_columns
from landfall.packages.formats.rows import (
    MAX_FIELD,
    Row,
    UnreadableRowsError,
    check_has_rows,
    fields_of,
    missing_columns,
    refuse_columns,
)
from landfall.packages.formats.xml_slices import cut
from landfall.packages.manifest import MAX_DEPTH, PackageEntity

PIECE = 1 << 16
"""Bytes parsed at once."""
RECORD, FIELD = 2, 3
"""Depth of a record's element, and of its fields' elements."""
MAX_ELEMENTS = 500_000
"""Elements of a record: enough for a document of 10,000 lines."""


@dataclass
class Record:
    """A record: the line its element starts on and its fields, whether written as attributes or as elements.

    `records` counts it and the records inside it, which only a composite entity's file has.
    """

    line: int = 0
    fields: dict[str, str] = field(default_factory=dict)
    records: int = 1


class Xml:
    """The two XML formats, which are read alike and sent unchanged: every XML parser reads every encoding."""

    options: frozenset[str] = frozenset()
    nests = True

    def read(self, content: IO[bytes], entity: PackageEntity) -> Iterator[Row]:
        """The records, with the fields that the manifest maps."""
        mapped = fields_of(entity)
        for number, record in enumerate(read_records(content.read)):
            values = {name.upper(): value for name, value in record.fields.items()}
            found = {field: values[name] for field, name in mapped if name in values}
            yield Row(record.line, number, found, record.records)

    def count(self, content: IO[bytes], _: PackageEntity) -> int:
        """The number of records directly under the root."""
        return sum(1 for _ in read_records(content.read))

    def check(self, open_file: Callable[[], IO[bytes]], entity: PackageEntity) -> None:
        """Raise RefusedPackageError unless the file has a record with a mapped field."""
        with open_file() as content, closing(read_records(content.read)) as records:
            first = next(records, None)
        check_has_rows(entity.file, has_rows=first is not None)
        if first and _lacks_all(first.fields, entity.mapping.values()):
            mapping = f"Manifest.xml maps for {entity.label}"
            refuse_columns(entity.file, first.fields, entity.mapping.values(), mapping)

    def wrap(self, raw: RawFile, content: IO[bytes]) -> Pieces:
        """The file unchanged."""
        kept = bytearray()
        names: dict[str, None] = {}
        has_rows = False

        def read(size: int) -> bytes:
            piece = content.read(size)
            kept.extend(piece)
            if len(kept) > MAX_FIELD + PIECE:
                raise UnreadableRowsError(f"more than {MAX_FIELD} bytes pass without a whole record")
            return piece

        for record in read_records(read):
            has_rows = True
            names.update(dict.fromkeys(record.fields))
            if record.records > 1 and raw.mapping is None:
                raise RefusedPackageError(
                    f"{raw.name!r} contains a composite entity, which Landfall cannot map by itself. "
                    "Give its route a template."
                )
            if kept:
                yield bytes(kept)
                kept.clear()
        yield bytes(kept)
        check_has_rows(raw.name, has_rows=has_rows)
        if raw.mapping is None:
            return Wrapped(map_columns(raw, list(names)))
        if raw.mapping and _lacks_all(names, raw.mapping.values()):
            refuse_columns(raw.name, names, raw.mapping.values(), TEMPLATE_MAPS)
        return Wrapped(dict(raw.mapping))

    def copy_rows(
        self, content: IO[bytes], chosen: Sequence[tuple[PackageEntity, Iterator[int]]], target: IO[bytes]
    ) -> None:
        """Copy the records, and everything around them, byte for byte."""
        target.writelines(cut(content, heapq.merge(*(positions for _, positions in chosen))))


def read_records(read: Callable[[int], bytes]) -> Generator[Record, None, None]:
    """The records of an XML file; `read` gives its next bytes, at most so many.

    Raises UnreadableRowsError for a file that is not well-formed or has a document type declaration.
    """
    target = _Target()
    parser: Any = XMLParser(target=target, forbid_dtd=True)
    target.parser = parser.parser
    try:
        fed = 0
        while piece := read(PIECE):
            parser.feed(piece)
            fed += len(piece)
            if fed - target.parser.CurrentByteIndex > MAX_FIELD:
                raise UnreadableRowsError(f"an element, a comment or a value is longer than {MAX_FIELD} bytes")
            yield from target.take()
        parser.close()
    except DefusedXmlException:
        raise UnreadableRowsError("remove its document type declaration") from None
    except (ParseError, ValueError, LookupError) as error:
        raise UnreadableRowsError(f"it is not well-formed XML ({error})") from None
    yield from target.take()


def _lacks_all(names: Collection[str], columns: Collection[str]) -> bool:
    """XML leaves empty fields out, so a file need not have every mapped column."""
    return len(missing_columns(names, columns)) == len(columns)


class _Target:
    """Collects records from the parser's events."""

    def __init__(self) -> None:
        self.parser: Any = None
        self._nests: list[bool] = []
        """For each open element, whether it contains fields."""
        self._done: list[Record] = []
        self._record = Record()
        self._text: list[str] = []
        self._length = self._elements = 0

    def take(self) -> list[Record]:
        """The records completed since the last call."""
        done, self._done = self._done, []
        return done

    def start(self, _: str, attributes: dict[str, str]) -> None:
        """An element opens, which makes the one around it a record."""
        # Attributes of another namespace, such as xsi:nil and xml:space, say something about a field and are none.
        fields = {name: value for name, value in attributes.items() if not name.startswith("{")}
        if self._nests:
            self._nests[-1] = True
        self._nests.append(bool(fields))
        if len(self._nests) == RECORD:
            self._record = Record(self.parser.CurrentLineNumber, fields)
            self._length = self._elements = 0
        self._elements += 1
        if self._elements > MAX_ELEMENTS:
            raise UnreadableRowsError(f"a record has more than {MAX_ELEMENTS} elements")
        if len(self._nests) > MAX_DEPTH:
            raise UnreadableRowsError(f"its elements are nested more than {MAX_DEPTH} deep")
        self._text = []

    def data(self, text: str) -> None:
        """Text follows."""
        if len(self._nests) >= FIELD:
            self._text.append(text)
            self._length += len(text)
            if self._length > MAX_FIELD:
                raise UnreadableRowsError(f"a record is longer than {MAX_FIELD} characters")

    def end(self, tag: str) -> None:
        """An element closes: a record, one of its fields, or a record inside it."""
        depth, nests = len(self._nests), self._nests.pop()
        if depth == RECORD:
            self._done.append(self._record)
        elif depth >= FIELD and nests:
            self._record.records += 1
        elif depth == FIELD:
            self._record.fields[tag] = "".join(self._text)

    def close(self) -> None:
        """The parser requires this method."""
