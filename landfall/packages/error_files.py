"""Reads the files in which F&O lists failed rows or their keys."""

import csv
from collections.abc import Generator, Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import IO

from landfall.packages.formats.delimited import Delimited
from landfall.packages.formats.rows import MAX_FIELD, Line, Table, UnreadableRowsError, fields_of
from landfall.packages.formats.text import bounded_lines, open_text, records
from landfall.packages.formats.workbook_bounds import BEFORE_XML
from landfall.packages.formats.workbooks import Workbooks
from landfall.packages.formats.xml import read_records
from landfall.packages.manifest import Dialect, PackageEntity

ZIP_MARK = b"PK\x03\x04"
NONE, DELIMITERS = "\x1f", ",\t;|"
"""The first one, which no text contains, divides a file of one column."""


def read_failed_rows(file: Path, entity: PackageEntity, *, whole: bool) -> Iterator[dict[str, str]]:
    """The rows of a file of an entity's failed rows, or of their keys unless they are `whole`, by staging field.

    The layout is not published (fno-behaviour 9.1). This function reads workbooks, XML, and delimited text whose first
    line names columns of the data file or staging fields; a name that is both is a column of whole rows and a field of
    keys. A file with another layout gives no rows. An empty key is a key, also on a line of its own.
    """
    by_column, by_field = fields_of(entity), [(field, field.upper()) for field in entity.mapping]
    with suppress(UnreadableRowsError, UnicodeError), file.open("rb", buffering=0) as content:
        table = _table_of(file, entity.dialect or Dialect(), whole=whole)
        if table:
            namings = [by_column, by_field] if whole else [by_field, by_column]
            yield from (row.values for row, _ in table.read_all(content, replace(entity, sheet=""), namings))
            return
        empty = dict.fromkeys(entity.mapping, "") if whole else {}  # XML leaves empty fields out
        for record in read_records(content.read):
            values = {name.upper(): value for name, value in record.fields.items()}
            names = (*by_field, *by_column) if whole else (*by_column, *by_field)
            if found := empty | {field: values[name] for field, name in names if name in values}:
                yield found


def _table_of(file: Path, usual: Dialect, *, whole: bool) -> Table | None:
    """The format that the beginning of a file shows; None for XML."""
    with file.open("rb") as content:
        start = content.read(len(ZIP_MARK) * 2)
    if start.lstrip(BEFORE_XML).startswith(b"<"):
        return None
    if start.startswith(ZIP_MARK):
        return Workbooks()
    with open_text(file.open("rb", buffering=0), usual.encoding) as text:
        line = text.readline(MAX_FIELD)
    dialect = replace(usual, delimiter=max((NONE, usual.delimiter, *DELIMITERS), key=line.count))
    return Delimited(dialect) if whole or _is_quoted(file, dialect) else _Unquoted(dialect)


def _is_quoted(file: Path, dialect: Dialect) -> bool:
    """Whether the quotation marks of a file are text qualifiers; otherwise one could swallow the keys behind it."""
    try:
        with open_text(file.open("rb", buffering=0), dialect.encoding) as text:
            return all(True for _ in records(bounded_lines(text), dialect, strict=True))
    except UnreadableRowsError:
        return False


class _Unquoted(Delimited):
    """Text whose quotation marks belong to the values."""

    def lines(self, content: IO[bytes], _: PackageEntity) -> Generator[Line, None, None]:
        """The lines of the file."""
        try:
            with open_text(content, self.dialect.encoding) as text:
                for number, line in enumerate(bounded_lines(text), 1):
                    yield number, line.rstrip("\r\n").split(self.dialect.delimiter)
        except csv.Error as error:
            raise UnreadableRowsError(str(error)) from None
