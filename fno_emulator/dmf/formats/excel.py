"""Workbooks: each entity has a sheet whose first row names the fields (fno-behaviour 3.7)."""

import zipfile
from collections.abc import Iterator
from datetime import date, datetime
from typing import Any

import openpyxl
from openpyxl.cell import Cell, WriteOnlyCell
from openpyxl.utils import get_column_letter
from openpyxl.utils.exceptions import InvalidFileException
from openpyxl.workbook.defined_name import DefinedName

from fno_emulator.dmf.errors import EntityFailed
from fno_emulator.dmf.formats.source import Rows, Source

LONGEST_SHEET_NAME = 30
"""31 characters together with the `$` that manifests append."""


def sheet_name(entity: str) -> str:
    """The name of the sheet to which F&O writes an entity."""
    return entity.replace(" ", "_").replace("/", "")[:LONGEST_SHEET_NAME]


def read(source: Source) -> tuple[list[str], Rows]:
    """Columns and rows of the sheet that the manifest names, or of the first sheet.

    Raises:
        EntityFailed: the file is not a workbook, the sheet does not exist, or the sheet is empty.
    """
    try:
        book = openpyxl.load_workbook(source.path, read_only=True, data_only=True)
    except (zipfile.BadZipFile, InvalidFileException, KeyError, OSError) as error:
        raise EntityFailed(f"DMF2050: Error skipping data rows. File format error. {error}") from None
    name = source.sheet.removesuffix("$")
    if name and name not in book.sheetnames:
        book.close()
        raise EntityFailed(f"The worksheet {source.sheet} does not exist in the file.")
    rows = _rows(book, name or book.sheetnames[0])
    columns = next(rows, [])
    if not any(columns):
        raise EntityFailed("DMF2053: The import file is empty.")
    width = len(columns)  # openpyxl cuts empty cells at the end of a row
    return columns, ((row + [""] * (width - len(row)))[:width] for row in rows)


def write(source: Source, columns: list[str], rows: Rows) -> int:
    """Write a workbook with one sheet and its defined name, without empty cells; returns the number of rows."""
    book = openpyxl.Workbook(write_only=True)
    name = sheet_name(source.entity)
    sheet = book.create_sheet(name)
    sheet.append(columns)
    written = 0
    for written, row in enumerate(rows, 1):  # noqa: B007 - only the count is needed
        sheet.append([_cell(sheet, value) for value in row])
    reference = f"'{name}'!$A$1:${get_column_letter(len(columns))}${written + 1}"
    book.defined_names[name] = DefinedName(name, attr_text=reference)
    book.save(source.path)
    return written


def _rows(book: openpyxl.Workbook, name: str) -> Iterator[list[str]]:
    sheet = book[name]
    sheet.reset_dimensions()  # a sheet may declare fewer rows and columns than it has
    try:
        for row in sheet.iter_rows(values_only=True):
            values = [_text(one) for one in row]
            if any(values):
                yield values
    finally:
        book.close()


def _cell(sheet: Any, value: str) -> Cell | None:
    if not value:
        return None
    cell = WriteOnlyCell(sheet, value)
    cell.data_type = "s"  # text that starts with "=" is not a formula
    return cell


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "Yes" if value else "No"
    if isinstance(value, datetime):
        return value.strftime("%Y-%m-%d %H:%M:%S")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)
