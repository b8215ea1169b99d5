"""Reads the files in which F&O lists failed rows or their keys."""

from collections.abc import Iterator, Mapping
from contextlib import suppress
from itertools import zip_longest
from pathlib import Path
from typing import IO

from landfall.packages.formats.rows import MAX_FIELD, Line, UnreadableRowsError
from landfall.packages.formats.text import open_text, records
from landfall.packages.formats.workbooks import sheet_lines
from landfall.packages.formats.xml import read_records

ZIP_MARK = b"PK\x03\x04"
DELIMITERS = ",\t;|"
BEFORE_XML = b"\xef\xbb\xbf\xfe\xff\0 \t\r\n"
"""Bytes of byte order marks, UTF-16 and white space, which may come before the first `<` of a file."""


def read_failed_rows(file: Path, columns: Mapping[str, str]) -> Iterator[dict[str, str]]:
    """The rows of a file of failed rows or of their keys, one at a time, by staging field.

    The layout is not published (fno-behaviour 9.1). This function reads workbooks, XML, and delimited text whose first
    line names columns of the data file or staging fields. A file with another layout gives no rows.
    """
    fields = {
        **{column.upper(): field for column, field in columns.items()},
        **{field.upper(): field for field in columns.values()},
    }
    with file.open("rb") as content:
        start = content.read(len(ZIP_MARK) * 2)
    with suppress(UnreadableRowsError), file.open("rb", buffering=0) as content:
        if start.translate(None, BEFORE_XML).startswith(b"<"):
            yield from _of_xml(content, fields)
        elif start.startswith(ZIP_MARK):
            yield from _of_table(sheet_lines(content), fields)
        else:
            with open_text(content) as text:
                delimiter = max(DELIMITERS, key=text.readline(MAX_FIELD).count)
            with open_text(file.open("rb", buffering=0)) as text:
                yield from _of_table(records(text, delimiter), fields)


def _of_xml(content: IO[bytes], fields: Mapping[str, str]) -> Iterator[dict[str, str]]:
    for record in read_records(content):
        named = {name.upper(): value for name, value in record.fields.items()}
        if row := {field: named[name] for name, field in fields.items() if name in named}:
            yield row


def _of_table(lines: Iterator[Line], fields: Mapping[str, str]) -> Iterator[dict[str, str]]:
    _, names = next(lines, (0, []))
    header = [fields.get(name.strip().upper()) for name in names]
    if not any(header):
        return
    for _, cells in lines:
        if any(cells):
            row = zip_longest(header, cells[: len(header)], fillvalue="")
            yield {field: cell for field, cell in row if field}
