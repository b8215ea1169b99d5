"""Delimited text: CSV, CSV-Unicode and tab-delimited, with the complaints F&O makes about them."""

import csv
from collections.abc import Iterator
from dataclasses import replace
from uuid import uuid4

from fno_emulator.dmf.errors import EntityFailed
from fno_emulator.dmf.formats.source import Rows, Source

_UTF16_BOM = b"\xff\xfe"
_LONGEST_HEADER = 1 << 20


def read(source: Source, delimiter: str) -> tuple[list[str], Rows]:
    """Columns and rows of a file whose records end in CR LF.

    Raises:
        EntityFailed: the header cannot be read: another encoding, or lines that end in LF (fno-behaviour 2.10).
    """
    _check_line_ends(source)
    rows = _rows(source, delimiter)
    columns = next(rows, [])
    if not columns:
        raise EntityFailed("DMF2053: The import file is empty.")
    return [one.strip() for one in columns], rows


def read_unicode(source: Source) -> tuple[list[str], Rows]:
    """Columns and rows of a comma-separated UTF-16 LE file.

    Raises:
        EntityFailed: no UTF-16 LE byte order mark (fno-behaviour 2.9), and what `read` raises.
    """
    with source.path.open("rb") as file:
        if file.read(2) != _UTF16_BOM:
            raise EntityFailed("Selected file is not Unicode")
    return read(replace(source, encoding="utf-16"), ",")


def write(source: Source, columns: list[str], rows: Rows, delimiter: str) -> int:
    """Write header and rows, CR LF at every end; gives the number of rows."""
    written = 0
    with source.path.open("w", encoding=source.encoding.removesuffix("-sig"), newline="") as file:
        if source.encoding == "utf-16-le":
            file.write("\ufeff")
        writer = csv.writer(file, delimiter=delimiter, lineterminator="\r\n")
        writer.writerow(columns)
        for written, row in enumerate(rows, 1):  # noqa: B007 - the count is what is wanted
            writer.writerow(row)
    return written


def write_unicode(source: Source, columns: list[str], rows: Rows) -> int:
    """Comma-separated, UTF-16 LE with byte order mark."""
    return write(replace(source, encoding="utf-16-le"), columns, rows, ",")


def _check_line_ends(source: Source) -> None:
    with source.path.open("rb") as file:
        start = file.read(_LONGEST_HEADER)
    wide = source.encoding.startswith("utf-16")
    header, newline, _ = start.partition(b"\n\x00" if wide else b"\n")
    if newline and not header.endswith(b"\r\x00" if wide else b"\r"):
        raise _mapping_is_incorrect(source.entity)


def _rows(source: Source, delimiter: str) -> Iterator[list[str]]:
    try:
        with source.path.open(encoding=source.encoding, newline="") as file:
            for row in csv.reader(file, delimiter=delimiter, strict=True):
                if row:
                    yield row
    except UnicodeError:
        raise _mapping_is_incorrect(source.entity) from None
    except csv.Error as error:
        raise EntityFailed(f"DMF2050: Error skipping data rows. File format error. {error}") from None


def _mapping_is_incorrect(entity: str) -> EntityFailed:
    field = f"{{{str(uuid4()).upper()}}}"
    return EntityFailed(f"the mapping is incorrect for entity {entity} and field {field}")
