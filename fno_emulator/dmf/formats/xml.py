"""XML-Element and XML-Attribute: elements below `Document`, named like the entity in the AOT (fno-behaviour 3.7)."""

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

_NO_ATTRIBUTES: "AttributesImpl[str]" = AttributesImpl({})
Start = Callable[[XMLGenerator, str, dict[str, str]], None]
"""Starts a record's element and writes its fields. The caller may nest records in the element, and ends it."""


def read_elements(source: Source) -> tuple[list[str], Rows]:
    """Columns and rows of records whose fields are child elements.

    Raises:
        EntityFailed: the file is not well-formed.
    """
    return _read(source, lambda record: {one.tag: one.text or "" for one in record})


def read_attributes(source: Source) -> tuple[list[str], Rows]:
    """Columns and rows of records whose fields are attributes.

    Raises:
        EntityFailed: the file is not well-formed.
    """
    return _read(source, lambda record: record.attrib)


def write_elements(source: Source, columns: list[str], rows: Rows) -> int:
    """Write fields as child elements, empty ones too, as an import expects all mapped fields. Returns the row count."""
    return _write(source, columns, rows, _start_elements)


def write_attributes(source: Source, columns: list[str], rows: Rows) -> int:
    """Write fields as attributes, empty ones too; returns the number of rows."""
    return _write(source, columns, rows, _start_attributes)


def start_of(source_format: str, entity: str) -> Start:
    """The function that starts a record in a format.

    Raises:
        EntityFailed: the format is not an XML format.
    """
    found = {"xml-element": _start_elements, "xml-attribute": _start_attributes}.get(source_format.lower())
    if found is None:
        raise EntityFailed(f"The composite entity {entity} is exported as XML, not as {source_format}.")
    return found


@contextmanager
def document(path: Path) -> Iterator[XMLGenerator]:
    """Open a file to write records into its element `Document`."""
    with path.open("w", encoding="utf-8", newline="") as file:
        out = XMLGenerator(file, encoding="utf-8", short_empty_elements=True)
        out.startDocument()
        out.startElement("Document", _NO_ATTRIBUTES)
        yield out
        out.endElement("Document")


def to_xml(values: dict[str, str]) -> dict[str, str]:
    """The values as XML can represent them.

    Raises:
        EntityFailed: a value contains a control character.
    """
    if any(map(_ILLEGAL.search, values.values())):
        raise EntityFailed("DMF2055: Control characters other than tab aren't allowed in XML files.")
    return {name: value.replace("\r", "\n") for name, value in values.items()}


def _start_elements(out: XMLGenerator, name: str, values: dict[str, str]) -> None:
    out.startElement(name, _NO_ATTRIBUTES)
    for field, value in values.items():
        out.startElement(field, _NO_ATTRIBUTES)
        out.characters(value)
        out.endElement(field)


def _start_attributes(out: XMLGenerator, name: str, values: dict[str, str]) -> None:
    out.startElement(name, AttributesImpl(values))


def _read(source: Source, fields: Callable[[Element], dict[str, str]]) -> tuple[list[str], Rows]:
    """Columns and rows, read in two passes so that a file of any size fits into memory."""
    columns: dict[str, None] = {}
    for record in records(source.path, source.aot_name, source.entity):
        columns.update(dict.fromkeys(fields(record)))
    names = list(columns)
    found = map(fields, records(source.path, source.aot_name, source.entity))
    return names, ([one.get(name, "") for name in names] for one in found)


def records(path: Path, aot_name: str, label: str) -> Iterator[Element]:
    """The elements of an entity's records, one at a time; an element is valid until the next one is read.

    Raises:
        EntityFailed: the file is not well-formed.
    """
    stack: list[Element] = []
    try:
        for event, node in iterparse(path, events=("start", "end")):
            if event == "start":
                stack.append(node)
                continue
            stack.pop()
            if len(stack) == 1:
                if node.tag.upper() == aot_name.upper():
                    yield node
                stack[0].remove(node)
    except ParseError as error:
        raise EntityFailed(
            f"XML is not in correct format and thus 0 {label} records are inserted in staging. {error}"
        ) from None


def _write(source: Source, columns: list[str], rows: Rows, start: Start) -> int:
    written = 0
    name = source.aot_name.upper()
    with document(source.path) as out:
        for written, row in enumerate(rows, 1):  # noqa: B007 - only the count is needed
            start(out, name, to_xml(dict(zip(columns, row, strict=True))))
            out.endElement(name)
    return written
