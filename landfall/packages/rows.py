"""Reads the rows of a package's data files, one at a time, with the line each stands on."""

import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from typing import IO

from landfall.packages.delimited import TEXT_FORMATS, UnreadableRowsError, text_lines
from landfall.packages.manifest import PackageEntity
from landfall.packages.workbooks import EXCEL, sheet_lines
from landfall.packages.xml_records import XML_FORMATS, read_records


@dataclass(frozen=True)
class Row:
    """A row of a data file: the line it starts on (a header is line 1), and its values by staging field.

    `records` is how many records it is: more than one in a composite entity's file, whose records contain others.
    """

    line: int
    values: dict[str, str]
    records: int = 1


def read_rows(archive: zipfile.ZipFile, entity: PackageEntity) -> Iterator[Row]:
    """The rows of an entity's data file, with the columns that the manifest maps; UnreadableRowsError otherwise."""
    kind = entity.source_format.upper()
    with archive.open(entity.file) as content:
        if kind in TEXT_FORMATS:
            yield from _mapped(text_lines(content, TEXT_FORMATS[kind]), entity)
        elif kind == EXCEL:
            yield from _mapped(sheet_lines(content, entity.sheet), entity)
        elif kind in XML_FORMATS:
            yield from _records(content, entity)
        else:
            raise UnreadableRowsError(f"{entity.file}: {entity.source_format} is not read here")


def count_rows(archive: zipfile.ZipFile, entity: PackageEntity) -> int:
    """How many rows `read_rows` would give; raises the same."""
    kind = entity.source_format.upper()
    if kind not in TEXT_FORMATS:
        return sum(1 for _ in read_rows(archive, entity))
    with archive.open(entity.file) as content:
        lines = text_lines(content, TEXT_FORMATS[kind])
        next(lines, None)
        return sum(1 for _, cells in lines if any(cells))


def _mapped(lines: Iterator[tuple[int, list[str]]], entity: PackageEntity) -> Iterator[Row]:
    columns = {column.upper(): field for column, field in entity.columns.items()}
    _, header = next(lines, (0, []))
    fields = [columns.get(name.strip().upper()) for name in header]
    for line, cells in lines:
        if any(cells):
            yield Row(line, {field: cell for field, cell in zip(fields, cells, strict=False) if field})


def _records(content: IO[bytes], entity: PackageEntity) -> Iterator[Row]:
    columns = {column.upper(): field for column, field in entity.columns.items()}
    for each in read_records(content):
        values = {name.upper(): value for name, value in each.fields.items()}
        mapped = {field: values[name] for name, field in columns.items() if name in values}
        yield Row(each.line, mapped, each.records)
