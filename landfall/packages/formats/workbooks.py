"""Excel workbooks: the rows of a sheet as text, one at a time, and copies of chosen rows."""

import contextlib
import shutil
import tempfile
import zipfile
from collections.abc import Generator, Iterator, Sequence
from typing import IO, TYPE_CHECKING, Any

from landfall.packages.archives import check_entries
from landfall.packages.formats.raw_files import Pieces, RawFile, Wrapped, map_columns
from landfall.packages.formats.rows import Line, Table, UnreadableRowsError, Wanted, check_has_rows
from landfall.packages.manifest import PackageEntity

if TYPE_CHECKING:
    from openpyxl import Workbook
    from openpyxl.worksheet._write_only import WriteOnlyWorksheet

IN_MEMORY = 8 * 1024 * 1024
"""Bytes of a workbook kept in memory; a larger one is read from a temporary file."""
PIECE = 1 << 20
LONGEST_SHEET_NAME = 30
"""31 characters with the `$` that manifests put after it (fno-behaviour 3.5)."""
HEADER = 1
"""The row that names the columns."""
GENERAL = "General"
"""The number format of a cell that has none of its own."""


class Workbooks(Table):
    """The format of Excel workbooks, which are sent unchanged."""

    options: frozenset[str] = frozenset()

    def lines(self, content: IO[bytes], entity: PackageEntity) -> Generator[Line, None, None]:
        """The rows of the entity's sheet."""
        return sheet_lines(content, entity.sheet)

    def wrap(self, raw: RawFile, content: IO[bytes]) -> Pieces:
        """The workbook unchanged; if it lacks the template's sheet, the manifest names its first sheet instead."""
        with tempfile.SpooledTemporaryFile(IN_MEMORY) as book:
            shutil.copyfileobj(content, book)
            with open_workbook(book) as opened:
                names = [name[:LONGEST_SHEET_NAME] for name in opened.sheetnames]
            wanted = raw.sheet.removesuffix("$")
            sheet = wanted if wanted in names else names[0]
            book.seek(0)
            with contextlib.closing(sheet_lines(book, sheet)) as lines:
                _, header = next(lines, (0, []))
                columns = map_columns(raw, header)
                check_has_rows(raw.name, has_rows=any(any(cells) for _, cells in lines))
            book.seek(0)
            while piece := book.read(PIECE):
                yield piece
        changes = (f"the sheet {sheet} took the place of {wanted}",) if wanted not in {"", sheet} else ()
        return Wrapped(columns, f"{sheet}$", changes)

    def copy_rows(
        self, content: IO[bytes], chosen: Sequence[tuple[PackageEntity, Iterator[int]]], target: IO[bytes]
    ) -> None:
        """Write a workbook with each entity's sheet, its header and the rows, cell by cell with types and formats."""
        from openpyxl import Workbook  # noqa: PLC0415  slow to import, and few packages need it

        with tempfile.SpooledTemporaryFile(IN_MEMORY) as source, tempfile.TemporaryFile() as written:
            shutil.copyfileobj(content, source)
            copy = Workbook(write_only=True)
            with open_workbook(source) as book:
                for entity, positions in chosen:
                    title = _find_sheet(book, entity.sheet)
                    page, wanted = copy.create_sheet(title), Wanted(positions)
                    for number, cells in enumerate(book[title].iter_rows(), start=1):
                        if number == HEADER or wanted.has(number):
                            page.append([_copy_cell(page, cell) for cell in cells])
            # Saved to a file first: in a zip entry, which cannot seek, some readers could not find the lengths.
            copy.save(written)
            written.seek(0)
            shutil.copyfileobj(written, target)


def sheet_lines(content: IO[bytes], sheet: str = "") -> Generator[Line, None, None]:
    """The rows of a sheet, by default the first one, with their numbers; raises UnreadableRowsError.

    `sheet` may be cut short and end in `$`, as in manifests.
    """
    with tempfile.SpooledTemporaryFile(IN_MEMORY) as seekable:
        shutil.copyfileobj(content, seekable)
        with open_workbook(seekable) as book:
            page = book[_find_sheet(book, sheet)]
            for line, cells in enumerate(page.iter_rows(values_only=True), start=1):
                yield line, ["" if cell is None else str(cell) for cell in cells]


@contextlib.contextmanager
def open_workbook(content: IO[bytes]) -> Iterator["Workbook"]:
    """A workbook to be read row by row, from a seekable file; raises UnreadableRowsError, also while it is read."""
    from openpyxl import load_workbook  # noqa: PLC0415  slow to import, and few packages need it

    try:
        with zipfile.ZipFile(content) as parts:
            check_entries(parts.infolist())
        with contextlib.closing(load_workbook(content, read_only=True, data_only=True)) as book:
            for page in book.worksheets:
                page.reset_dimensions()  # writers may declare fewer rows and columns than there are
            yield book
    except UnreadableRowsError:
        raise
    except Exception as error:  # noqa: BLE001  openpyxl raises any error for a damaged workbook
        raise UnreadableRowsError(f"the workbook cannot be read ({error})") from None


def _find_sheet(book: "Workbook", sheet: str) -> str:
    """The full name of a sheet that a manifest names, or of the first one; raises UnreadableRowsError."""
    names = {name[:LONGEST_SHEET_NAME]: name for name in book.sheetnames}
    wanted = sheet.removesuffix("$")[:LONGEST_SHEET_NAME]
    if wanted and wanted not in names:
        raise UnreadableRowsError(f"it has no sheet {wanted!r}; its sheets are {', '.join(book.sheetnames)}")
    return names[wanted] if wanted else str(book.worksheets[0].title)


def _copy_cell(page: "WriteOnlyWorksheet", cell: Any) -> Any:
    from openpyxl.cell import WriteOnlyCell  # noqa: PLC0415  slow to import, and few packages need it

    if cell.value is None:
        return None
    copied = WriteOnlyCell(page, cell.value)
    if isinstance(cell.value, str):
        copied.data_type = cell.data_type  # text that begins with "=" is not a formula
    if cell.number_format not in {GENERAL, None}:
        copied.number_format = cell.number_format
    return copied
