"""Excel workbooks: the rows of a sheet as text, one at a time, and copies of chosen rows."""

import collections
import contextlib
import shutil
import tempfile
from collections.abc import Generator, Iterator, Sequence
from typing import IO, TYPE_CHECKING, Any
from zipfile import is_zipfile

from landfall.fno.redaction import listed
from landfall.packages.archives import RefusedPackageError
from landfall.packages.formats.raw_files import NamedColumns, Pieces, RawFile, Wrapped, map_columns
from landfall.packages.formats.rows import Line, Table, UnreadableRowsError, Wanted, check_has_rows, check_width
from landfall.packages.formats.workbook_bounds import check_workbook
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
MAX_ROWS = 1 << 20
"""The last row that Excel has: a cell below it would have openpyxl make up all rows above."""
MAX_CELLS = 50_000_000
"""The most cells of a sheet, with the empty ones left of a row's last: reading more takes minutes."""
SAVE_AS = "save it in Excel as Excel Workbook (*.xlsx), without a password"
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
                sheet, changes = _choose_sheet(opened, raw)
                lines = _lines(opened, sheet)
                _, header = next(lines, (0, []))
                mapping, named = map_columns(raw, header), NamedColumns(raw, header)
                rows = (any(named.keep(cells, line)) for line, cells in lines)
                check_has_rows(raw.name, has_rows=any(rows))
                if named.nameless:
                    collections.deque(rows, maxlen=0)  # the other rows may have values there too
            book.seek(0)
            while piece := book.read(PIECE):
                yield piece
        return Wrapped(mapping, f"{sheet}$", changes)

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
                    for number, cells in _bounded(book[title].iter_rows()):
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
            yield from _lines(book, sheet)


@contextlib.contextmanager
def open_workbook(content: IO[bytes]) -> Iterator["Workbook"]:
    """A workbook to be read row by row, from a seekable file; raises UnreadableRowsError, also while it is read."""
    from openpyxl import load_workbook  # noqa: PLC0415  slow to import, and few packages need it

    if not is_zipfile(content):  # as old and protected workbooks, and tables of web pages
        raise UnreadableRowsError(f"it is no workbook in the format xlsx; {SAVE_AS}")
    try:
        check_workbook(content)
        with contextlib.closing(load_workbook(content, read_only=True, data_only=True, keep_links=False)) as book:
            _prepare(book)
            yield book
    except (UnreadableRowsError, RefusedPackageError):
        raise
    except Exception as error:  # noqa: BLE001  openpyxl raises any error for a damaged workbook
        raise UnreadableRowsError(f"it cannot be read ({error}); {SAVE_AS}") from None


def _prepare(book: "Workbook") -> None:
    """Have every row and column read, as writers may declare fewer of them; UnreadableRowsError without a worksheet."""
    for page in book.worksheets:
        page.reset_dimensions()
    if not book.worksheets:  # as in "Strict Open XML"
        raise UnreadableRowsError(f"it has no worksheet in the usual form; {SAVE_AS}")


def _lines(book: "Workbook", sheet: str) -> Iterator[Line]:
    page = book[_find_sheet(book, sheet)]
    for line, cells in _bounded(page.iter_rows(values_only=True)):
        yield line, ["" if cell is None else str(cell) for cell in cells]


def _bounded(rows: Iterator[tuple[Any, ...]]) -> Iterator[tuple[int, tuple[Any, ...]]]:
    """The rows with their numbers; raises UnreadableRowsError for more of them than Excel has, or F&O takes."""
    total = 0
    for number, cells in enumerate(rows, start=1):
        check_width(cells, number)
        total += len(cells)
        if number > MAX_ROWS or total > MAX_CELLS:
            raise UnreadableRowsError(
                f"it reaches to row {number} and has {total} cells; delete what is far from the data"
            )
        yield number, cells


def _choose_sheet(book: "Workbook", raw: RawFile) -> tuple[str, tuple[str, ...]]:
    """The sheet of a raw file to import, and a clause for the receipt where the file does not name it.

    The template's sheet; else the one that F&O would name after the entity (fno-behaviour 3.7); else the first visible.
    """
    visible = [page.title for page in book.worksheets if page.sheet_state == "visible"]
    names = [name[:LONGEST_SHEET_NAME] for name in visible or [page.title for page in book.worksheets]]
    wanted = raw.sheet.removesuffix("$")
    if wanted in names:
        return wanted, ()
    own = next((name for name in names if _is_named_after(name, raw.entity)), None)
    if wanted:
        return own or names[0], (f"the sheet {own or names[0]} took the place of {wanted}",)
    if own or len(names) == 1:
        return own or names[0], ()
    return names[0], (f"only the sheet {names[0]} was read, since none is named after {raw.entity}",)


def _is_named_after(sheet: str, entity: str) -> bool:
    """Whether a sheet has the entity's label as its name, or the form of it that F&O writes."""
    written = entity.replace(" ", "_").replace("/", "")
    return sheet.casefold() in {name[:LONGEST_SHEET_NAME].casefold() for name in (entity, written)}


def _find_sheet(book: "Workbook", sheet: str) -> str:
    """The full name of a sheet that a manifest names, or of the first one; raises UnreadableRowsError."""
    names = {name[:LONGEST_SHEET_NAME]: name for name in book.sheetnames}
    wanted = sheet.removesuffix("$")[:LONGEST_SHEET_NAME]
    if wanted and wanted not in names:
        raise UnreadableRowsError(f"it has no sheet {wanted!r}; its sheets are {listed(book.sheetnames)}")
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
