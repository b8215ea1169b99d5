"""A workbook's rows are counted whatever its author does to hide how long they are."""

import io
import zipfile

import pytest

from landfall.packages.formats.rows import UnreadableRowsError
from landfall.packages.formats.workbook_bounds import check_workbook
from tests.corpus.packages import workbook, zipped

SHEET = "xl/worksheets/sheet1.xml"
CELL = b"<c/>"


def book_of(row: bytes, name: str = SHEET, kind: str = "application/xml") -> io.BytesIO:
    """A workbook whose sheet, in a part of this name and kind, has one row."""
    with zipfile.ZipFile(io.BytesIO(workbook([["ID"]]))) as book:
        parts = {part: book.read(part) for part in book.namelist()}
    sheet = parts.pop(SHEET)
    old, new = SHEET.rpartition("/")[2].encode(), name.rpartition("/")[2].encode()
    for listing in ("xl/_rels/workbook.xml.rels", "[Content_Types].xml"):
        parts[listing] = parts[listing].replace(old, new)
    types = f'<Default Extension="dat" ContentType="{kind}"/></Types>'.encode()
    parts["[Content_Types].xml"] = parts["[Content_Types].xml"].replace(b"</Types>", types)
    parts[name] = sheet.replace(b"</sheetData>", b"<row>" + row + b"</row></sheetData>")
    return io.BytesIO(zipped([*parts.items()]))


@pytest.mark.parametrize(
    "book",
    [
        pytest.param(book_of(CELL * 200_000), id="plain"),
        pytest.param(book_of(b"<c/><!--</row>-->" * 100_000), id="rows end in comments"),
        pytest.param(book_of(b'<c t="str"><v>row></v></c>' * 50_000), id="rows end in values"),
        pytest.param(book_of(b"<c/><?x </row>?>" * 100_000), id="rows end in instructions"),
        pytest.param(book_of(CELL * 200_000, "xl/worksheets/sheet1.XML"), id="capital extension"),
        pytest.param(book_of(CELL * 200_000, "xl/worksheets/sheet1.dat", "image/png"), id="looks like a picture"),
    ],
)
def test_a_row_of_too_many_cells_is_refused(book: io.BytesIO) -> None:
    """Neither a part's name nor what stands in a row keeps its elements from being counted."""
    with pytest.raises(UnreadableRowsError, match="too many elements"):
        check_workbook(book)


@pytest.mark.parametrize("end", [b"</row>", b"</x:row>", b"</row >"])
def test_many_short_rows_pass(end: bytes) -> None:
    """Only a row's own elements count, however its end is written."""
    check_workbook(book_of((b"<c/>" * 1000 + end + b"<row>") * 1000))


def test_a_picture_is_not_counted() -> None:
    """A part that is not XML may have any bytes."""
    book = book_of(CELL)
    with zipfile.ZipFile(book, "a") as parts:
        parts.writestr("xl/media/image1.png", b"\x89PNG" + b"<" * 300_000)
    book.seek(0)
    check_workbook(book)
