"""Data files of every format, written from rows, and read again to be corrected."""

import csv
import io
from collections.abc import Sequence
from xml.etree.ElementTree import Element, SubElement, fromstring, tostring

from openpyxl import Workbook, load_workbook

Rows = list[list[str]]
TEXTS = {"CSV": (",", "utf-8"), "CSV-Unicode": (",", "utf-16"), "Tab-delimited": ("\t", "utf-8")}
FORMATS = [*TEXTS, "XML-Element", "XML-Attribute", "EXCEL"]


def write(source_format: str, columns: Sequence[str], rows: Rows, record: str) -> bytes:
    """A data file; `record` is the name of a record's element. In XML, only the first record has its empty fields."""
    if source_format in TEXTS:
        delimiter, encoding = TEXTS[source_format]
        text = io.StringIO(newline="")
        csv.writer(text, delimiter=delimiter).writerows([columns, *rows])
        return text.getvalue().encode(encoding)
    if source_format == "EXCEL":
        return _workbook([columns, *rows])
    root = Element("Document")
    for number, row in enumerate(rows):
        fields = {name: cell for name, cell in zip(columns, row, strict=False) if cell or not number}
        if source_format == "XML-Attribute":
            SubElement(root, record, fields)
            continue
        element = SubElement(root, record)
        for name, cell in fields.items():
            SubElement(element, name).text = cell
    return bytes(tostring(root, encoding="utf-8"))


def read(source_format: str, content: bytes) -> Rows:
    """The lines of a data file, its header first; in XML, each record as a line of its first fields."""
    if source_format in TEXTS:
        delimiter, encoding = TEXTS[source_format]
        return [*csv.reader(io.StringIO(content.decode(encoding), newline=""), delimiter=delimiter)]
    if source_format == "EXCEL":
        pages = load_workbook(io.BytesIO(content)).worksheets
        return [[str(cell or "") for cell in line] for line in pages[0].iter_rows(values_only=True)]
    records = list(fromstring(content))  # noqa: S314  our own
    if source_format == "XML-Attribute":
        return [[], *([*record.attrib.values()] for record in records)]
    return [[], *([field.text or "" for field in record] for record in records)]


def _workbook(lines: Sequence[Sequence[str]]) -> bytes:
    book, held = Workbook(), io.BytesIO()
    for number, line in enumerate(lines, 1):
        for column, value in enumerate(line, 1):
            if value:
                cell = book.worksheets[0].cell(number, column)
                cell.value, cell.data_type = value, "s"
    book.save(held)
    return held.getvalue()
