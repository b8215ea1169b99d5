"""Reads the rows of a package's data files, one at a time, with the line each stands on."""

import contextlib
import csv
import io
import shutil
import tempfile
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import IO
from xml.etree.ElementTree import ParseError

from landfall.packages.manifest import PackageEntity

TEXT_FORMATS = {"CSV": ",", "CSV-UNICODE": ",", "TAB-DELIMITED": "\t"}
"""Source formats that are delimited text, and what delimits them by default."""
EXCEL = "EXCEL"
IN_MEMORY = 8 * 1024 * 1024
"""Bytes of a workbook kept in memory; a larger one is read from a temporary file."""
csv.field_size_limit(16 * 1024 * 1024)


class UnreadableRowsError(Exception):
    """The rows of this file cannot be read here: its format is unknown to us, or it is not of its format."""


@dataclass(frozen=True)
class Row:
    """A row of a data file: the line it starts on (the header is line 1), and its values by staging field."""

    line: int
    values: dict[str, str]


def read_rows(archive: zipfile.ZipFile, entity: PackageEntity) -> Iterator[Row]:
    """The rows of an entity's data file, with the columns that the manifest maps; UnreadableRowsError otherwise."""
    kind = entity.source_format.upper()
    with archive.open(entity.file) as content:
        if kind in TEXT_FORMATS:
            lines = _text_lines(content, TEXT_FORMATS[kind])
        elif kind == EXCEL:
            lines = sheet_lines(content)
        else:
            raise UnreadableRowsError(f"{entity.file}: {entity.source_format} is not read here")
        yield from _mapped(lines, entity)


def _mapped(lines: Iterator[tuple[int, list[str]]], entity: PackageEntity) -> Iterator[Row]:
    columns = {column.upper(): field for column, field in entity.columns.items()}
    _, header = next(lines, (0, []))
    fields = [columns.get(name.strip().upper()) for name in header]
    for line, cells in lines:
        if any(cells):
            yield Row(line, {field: cell for field, cell in zip(fields, cells, strict=False) if field})


def _text_lines(content: IO[bytes], delimiter: str) -> Iterator[tuple[int, list[str]]]:
    reader = csv.reader(_decoded(content), delimiter=delimiter)
    start = 1
    try:
        for cells in reader:
            yield start, cells
            start = reader.line_num + 1
    except (csv.Error, UnicodeDecodeError) as error:
        raise UnreadableRowsError(f"line {start}: {error}") from None


def _decoded(content: IO[bytes]) -> io.TextIOWrapper:
    """By its byte order mark; without one UTF-8, as F&O's CSV source is mostly set, with strange bytes kept."""
    buffered = io.BufferedReader(content)  # type: ignore[type-var]
    mark = buffered.peek(3)[:3]
    if mark.startswith((b"\xff\xfe", b"\xfe\xff")):
        return io.TextIOWrapper(buffered, "utf-16", newline="")
    return io.TextIOWrapper(buffered, "utf-8-sig", errors="surrogateescape", newline="")


def sheet_lines(content: IO[bytes]) -> Iterator[tuple[int, list[str]]]:
    """The rows of a workbook's first sheet as text, with their numbers; UnreadableRowsError for what is none."""
    from openpyxl import load_workbook  # noqa: PLC0415  slow to import, and few packages need it

    with tempfile.SpooledTemporaryFile(IN_MEMORY) as seekable:
        shutil.copyfileobj(content, seekable)
        try:
            with contextlib.closing(load_workbook(seekable, read_only=True, data_only=True)) as book:
                for line, cells in enumerate(book.worksheets[0].iter_rows(values_only=True), start=1):
                    yield line, ["" if cell is None else str(cell) for cell in cells]
        except (zipfile.BadZipFile, zlib.error, ParseError, LookupError, ValueError, OSError) as error:
            raise UnreadableRowsError(f"no Excel workbook: {error}") from None
