"""Copies chosen rows of a workbook's sheets into a new workbook, cell by cell with their types and formats."""

import shutil
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from typing import IO, TYPE_CHECKING, Any

from landfall.packages.workbooks import IN_MEMORY, find_sheet, open_workbook

if TYPE_CHECKING:
    from openpyxl.worksheet._write_only import WriteOnlyWorksheet

HEADER = 1
"""The row that names the columns."""
GENERAL = "General"
"""The format of a cell that has none."""


class Wanted:
    """Ascending numbers, asked for in ascending order: never more than the next one is held."""

    def __init__(self, numbers: Iterable[int]) -> None:
        self._numbers = iter(numbers)
        self._next = next(self._numbers, None)

    def has(self, number: int) -> bool:
        """Whether the number is among them."""
        while self._next is not None and self._next < number:
            self._next = next(self._numbers, None)
        return self._next == number


def copy_sheets(content: IO[bytes], sheets: Sequence[tuple[str, Iterator[int]]], target: IO[bytes]) -> None:
    """Write a workbook of these sheets (named as manifests do), each with its header and the rows given by number.

    Raises UnreadableRowsError for what is no workbook or lacks a sheet.
    """
    from openpyxl import Workbook  # noqa: PLC0415  slow to import, and few packages need it

    with tempfile.SpooledTemporaryFile(IN_MEMORY) as source, tempfile.TemporaryFile() as written:
        shutil.copyfileobj(content, source)
        copy = Workbook(write_only=True)
        with open_workbook(source) as book:
            for name, numbers in sheets:
                title = find_sheet(book, name)
                page, wanted = copy.create_sheet(title), Wanted(numbers)
                for number, cells in enumerate(book[title].iter_rows(), start=1):
                    if number == HEADER or wanted.has(number):
                        page.append([_copied(page, cell) for cell in cells])
        # Saved to a file first: a zip within a zip that cannot be sought would hide its lengths from some readers.
        copy.save(written)
        written.seek(0)
        shutil.copyfileobj(written, target)


def _copied(page: "WriteOnlyWorksheet", cell: Any) -> Any:
    from openpyxl.cell import WriteOnlyCell  # noqa: PLC0415  the same

    if cell.value is None:
        return None
    copied = WriteOnlyCell(page, cell.value)
    if isinstance(cell.value, str):
        copied.data_type = cell.data_type  # text that begins with "=" is no formula
    if cell.number_format not in {GENERAL, None}:
        copied.number_format = cell.number_format
    return copied
