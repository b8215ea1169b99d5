"""Excel workbooks: the rows of a sheet as text, one at a time."""

import contextlib
import shutil
import tempfile
import zipfile
from collections.abc import Generator, Iterator
from typing import IO, TYPE_CHECKING

from landfall.packages.archives import check_entries
from landfall.packages.delimited import UnreadableRowsError

if TYPE_CHECKING:
    from openpyxl import Workbook

EXCEL = "EXCEL"
IN_MEMORY = 8 * 1024 * 1024
"""Bytes of a workbook kept in memory; a larger one is read from a temporary file."""
LONGEST_SHEET_NAME = 30
"""31 characters with the `$` that manifests put behind it (fno-behaviour 3.5)."""


def sheet_lines(content: IO[bytes], sheet: str = "") -> Generator[tuple[int, list[str]], None, None]:
    """The rows of a sheet (the first one, when no name is given) with their numbers.

    `sheet` may be cut and end in `$`, as manifests write it. Raises UnreadableRowsError for what is no workbook or
    has no such sheet.
    """
    with tempfile.SpooledTemporaryFile(IN_MEMORY) as seekable:
        shutil.copyfileobj(content, seekable)
        with open_workbook(seekable) as book:
            page = book[find_sheet(book, sheet)]
            for line, cells in enumerate(page.iter_rows(values_only=True), start=1):
                yield line, ["" if cell is None else str(cell) for cell in cells]


def find_sheet(book: "Workbook", sheet: str) -> str:
    """The full name of a sheet as manifests name it, the first one's for no name; UnreadableRowsError for none."""
    names = {name[:LONGEST_SHEET_NAME]: name for name in book.sheetnames}
    wanted = sheet.removesuffix("$")[:LONGEST_SHEET_NAME]
    if wanted and wanted not in names:
        raise UnreadableRowsError(f"no sheet is named {wanted!r}; there are {', '.join(book.sheetnames)}")
    return names[wanted] if wanted else str(book.worksheets[0].title)


def sheet_names(content: IO[bytes]) -> list[str]:
    """The names of a workbook's sheets, read from a file that can be sought; UnreadableRowsError when it is none."""
    with open_workbook(content) as book:
        return list(book.sheetnames)


@contextlib.contextmanager
def open_workbook(content: IO[bytes]) -> Iterator["Workbook"]:
    """A workbook to be read row by row, from a file that can be sought; UnreadableRowsError when it is none."""
    from openpyxl import load_workbook  # noqa: PLC0415  slow to import, and few packages need it

    try:
        with zipfile.ZipFile(content) as parts:
            check_entries(parts.infolist())
        with contextlib.closing(load_workbook(content, read_only=True, data_only=True)) as book:
            yield book
    except UnreadableRowsError:
        raise
    except Exception as error:  # noqa: BLE001  openpyxl raises whatever a damaged workbook makes it stumble over
        raise UnreadableRowsError(f"no Excel workbook: {error}") from None
