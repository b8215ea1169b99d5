"""XML-Element and XML-Attribute: records under `Document`, named by the entity's AOT name (fno-behaviour 3.7)."""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from xml.etree.ElementTree import Element, ParseError
from xml.sax.saxutils import XMLGenerator
from xml.sax.xmlreader import AttributesImpl

from defusedxml.ElementTree import iterparse

from fno_emulator.dmf.errors import EntityFailed
from fno_emulator.dmf.formats.source import Rows, Source

_ILLEGAL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")

_PLAIN: "AttributesImpl[str]" = AttributesImpl({})
Start = Callable[[XMLGenerator, str, dict[str, str]], None]
"""Begins a record of a name with its fields; whoever calls it may put records inside, and ends it."""


def read_elements(source: Source) -> tuple[list[str], Rows]:
    """Columns and rows of records whose fields are child elements.

    Raises:
        EntityFailed: not well-formed.
    """
    return _read(source, lambda record: {one.tag: one.text or "" for one in record})


def read_attributes(source: Source) -> tuple[list[str], Rows]:
    """Columns and rows of records whose fields are attributes.

    Raises:
        EntityFailed: not well-formed.
    """
    return _read(source, lambda record: record.attrib)


def write_elements(source: Source, columns: list[str], rows: Rows) -> int:
    """Fields as child elements, empty ones too: an import wants every mapped field to occur."""
    return _write(source, columns, rows, _start_elements)


def write_attributes(source: Source, columns: list[str], rows: Rows) -> int:
    """Fields as attributes, empty ones too."""
    return _write(source, columns, rows, _start_attributes)


def start_of(source_format: str, entity: str) -> Start:
    """How a record begins in a format.

    Raises:
        EntityFailed: the format is no XML.
    """
    found = {"xml-element": _start_elements, "xml-attribute": _start_attributes}.get(source_format.lower())
    if found is None:
        raise EntityFailed(f"The composite entity {entity} is exported as XML, not as {source_format}.")
    return found


@contextmanager
def document(path: Path) -> Iterator[XMLGenerator]:
    """A file whose records go under `Document`."""
    with path.open("w", encoding="utf-8", newline="") as file:
        out = XMLGenerator(file, encoding="utf-8", short_empty_elements=True)
        out.startDocument()
        out.startElement("Document", _PLAIN)
        yield out
        out.endElement("Document")


def checked(values: dict[str, str]) -> dict[str, str]:
    """Values as XML can hold them.

    Raises:
        EntityFailed: one has a control character.
    """
    if any(map(_ILLEGAL.search, values.values())):
        raise EntityFailed("DMF2055: Control characters other than tab aren't allowed in XML files.")
    return {name: value.replace("\r", "\n") for name, value in values.items()}


def _start_elements(out: XMLGenerator, name: str, values: dict[str, str]) -> None:
    out.startElement(name, _PLAIN)
    for field, value in values.items():
        out.startElement(field, _PLAIN)
        out.characters(value)
        out.endElement(field)


def _start_attributes(out: XMLGenerator, name: str, values: dict[str, str]) -> None:
    out.startElement(name, AttributesImpl(values))


def _read(source: Source, fields: Callable[[Element], dict[str, str]]) -> tuple[list[str], Rows]:
    """Two passes, so that a file of any size gets by without being held: first the columns, then the rows."""
    columns: dict[str, None] = {}
    for record in _records(source):
        columns.update(dict.fromkeys(fields(record)))
    names = list(columns)
    return names, ([found.get(name, "") for name in names] for found in map(fields, _records(source)))


def _records(source: Source) -> Iterator[Element]:
    name, depth, stack = source.aot_name.upper(), 0, []
    try:
        for event, node in iterparse(source.path, events=("start", "end")):
            if event == "start":
                stack.append(node)
                depth += 1
                continue
            stack.pop()
            depth -= 1
            if depth == 1:
                if node.tag.upper() == name:
                    yield node
                stack[0].remove(node)
    except ParseError as error:
        raise EntityFailed(
            f"XML is not in correct format and thus 0 {source.entity} records are inserted in staging. {error}"
        ) from None


def _write(source: Source, columns: list[str], rows: Rows, start: Start) -> int:
    written = 0
    name = source.aot_name.upper()
    with document(source.path) as out:
        for written, row in enumerate(rows, 1):  # noqa: B007 - the count is what is wanted
            start(out, name, checked(dict(zip(columns, row, strict=True))))
            out.endElement(name)
    return written
