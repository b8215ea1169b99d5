"""Delimited text: CSV, CSV-Unicode and Tab-delimited, with the errors that F&O reports for them."""

import csv
from collections.abc import Iterator
from dataclasses import replace

from fno_emulator.dmf.errors import EntityFailed
from fno_emulator.dmf.formats.source import Rows, Source
from fno_emulator.guids import new_guid

_UTF16_BOM = b"\xff\xfe"
_LONGEST_HEADER = 1 << 20


def read(source: Source) -> tuple[list[str], Rows]:
    """Columns and rows of a file whose records end in CR LF.

    Raises:
        EntityFailed: the file has another encoding or other line ends (fno-behaviour 2.10), or is empty.
    """
    _check_line_ends(source)
    rows = _rows(source)
    columns = next(rows, [])
    if not columns:
        raise EntityFailed("DMF2053: The import file is empty.")
    return [one.strip() for one in columns], rows


def read_unicode(source: Source) -> tuple[list[str], Rows]:
    """Columns and rows of a comma-separated file in UTF-16 LE.

    Raises:
        EntityFailed: the file has no UTF-16 LE byte order mark (fno-behaviour 2.9), or see `read`.
    """
    with source.path.open("rb") as file:
        if file.read(2) != _UTF16_BOM:
            raise EntityFailed("Selected file is not Unicode")
    return read(replace(source, encoding="utf-16", delimiter=",", qualifier='"'))


def read_tabs(source: Source) -> tuple[list[str], Rows]:
    """Columns and rows of a file with tabs between the columns; raises as `read` does."""
    return read(replace(source, delimiter="\t", qualifier='"'))


def write(source: Source, columns: list[str], rows: Rows) -> int:
    """Write a header and rows that end in CR LF; returns the number of rows."""
    written = 0
    with source.path.open("w", encoding=source.encoding.removesuffix("-sig"), newline="") as file:
        if source.encoding == "utf-16-le":
            file.write("\ufeff")
        writer = csv.writer(file, delimiter=source.delimiter, quotechar=source.qualifier, lineterminator="\r\n")
        writer.writerow(columns)
        for written, row in enumerate(rows, 1):  # noqa: B007 - only the count is needed
            writer.writerow(row)
    return written


def write_unicode(source: Source, columns: list[str], rows: Rows) -> int:
    """Write a comma-separated file in UTF-16 LE with a byte order mark; returns the number of rows."""
    return write(replace(source, encoding="utf-16-le", delimiter=",", qualifier='"'), columns, rows)


def write_tabs(source: Source, columns: list[str], rows: Rows) -> int:
    """Write a file with tabs between the columns; returns the number of rows."""
    return write(replace(source, delimiter="\t", qualifier='"'), columns, rows)


def _check_line_ends(source: Source) -> None:
    with source.path.open("rb") as file:
        start = file.read(_LONGEST_HEADER)
    wide = source.encoding.startswith("utf-16")
    header, newline, _ = start.partition(b"\n\x00" if wide else b"\n")
    if newline and not header.endswith(b"\r\x00" if wide else b"\r"):
        raise _incorrect_mapping(source.entity)


def _rows(source: Source) -> Iterator[list[str]]:
    try:
        # Only CR LF ends a line, so a line that ends in LF alone runs into the next one, which is an error.
        with source.path.open(encoding=source.encoding, newline="\r\n") as file:
            for row in csv.reader(file, delimiter=source.delimiter, quotechar=source.qualifier, strict=True):
                if row:
                    yield row
    except UnicodeError:
        raise _incorrect_mapping(source.entity) from None
    except csv.Error as error:
        raise EntityFailed(f"DMF2050: Error skipping data rows. File format error. {error}") from None


def _incorrect_mapping(entity: str) -> EntityFailed:
    return EntityFailed(f"the mapping is incorrect for entity {entity} and field {new_guid()}")
