"""XML-Element and XML-Attribute: records under `Document`, named by the entity's AOT name (fno-behaviour 3.7)."""

import re
from collections.abc import Callable, Iterator
from xml.etree.ElementTree import Element, ParseError
from xml.sax.saxutils import XMLGenerator
from xml.sax.xmlreader import AttributesImpl

from defusedxml.ElementTree import iterparse

from emulator.dmf.errors import EntityFailed
from emulator.dmf.formats.source import Rows, Source

_ILLEGAL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")

_PLAIN: "AttributesImpl[str]" = AttributesImpl({})


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

    def record(out: XMLGenerator, name: str, values: dict[str, str]) -> None:
        out.startElement(name, _PLAIN)
        for field, value in values.items():
            out.startElement(field, _PLAIN)
            out.characters(value)
            out.endElement(field)
        out.endElement(name)

    return _write(source, columns, rows, record)


def write_attributes(source: Source, columns: list[str], rows: Rows) -> int:
    """Fields as attributes, empty ones too."""

    def record(out: XMLGenerator, name: str, values: dict[str, str]) -> None:
        out.startElement(name, AttributesImpl(values))
        out.endElement(name)

    return _write(source, columns, rows, record)


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


def _write(
    source: Source,
    columns: list[str],
    rows: Rows,
    record: Callable[[XMLGenerator, str, dict[str, str]], None],
) -> int:
    written = 0
    with source.path.open("w", encoding="utf-8", newline="") as file:
        out = XMLGenerator(file, encoding="utf-8", short_empty_elements=True)
        out.startDocument()
        out.startElement("Document", _PLAIN)
        for written, row in enumerate(rows, 1):  # noqa: B007 - the count is what is wanted
            values = {name: value.replace("\r", "\n") for name, value in zip(columns, row, strict=True)}
            if any(map(_ILLEGAL.search, values.values())):
                raise EntityFailed("DMF2055: Control characters other than tab aren't allowed in XML files.")
            record(out, source.aot_name.upper(), values)
        out.endElement("Document")
    return written
