"""errors.csv opens correctly in a spreadsheet, and runs nothing there."""

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from landfall.packages.errors_csv import PIECE, STARTS_FORMULA, to_csv
from landfall.packages.manifest import PackageEntity
from landfall.packages.rejections import Rejection

GROUPS = PackageEntity("Groups", "g.csv", "CSV", {"CUSTOMERGROUPID": "GROUPID", "LINENUMBER": "LINE"})
TERMS = PackageEntity("Terms", "t.csv", "CSV", {"GROUP": "GROUPID", "TERM": "TERM"})
HEADER = ["entity", "line", "key", "field", "message", "stage"]


def rejection(entity: int | None = 0, **told: str) -> Rejection:
    """A rejection of a row with these values."""
    return Rejection(entity, 2 if entity is not None else None, "1", "F", "no", "target", told)


def table(*lines: Rejection, shown: tuple[int, ...] = (0, 1)) -> list[list[str]]:
    """The cells of errors.csv."""
    written = b"".join(to_csv(lines, [GROUPS, TERMS], shown))
    return list(csv.reader(io.StringIO(written.decode("utf-8-sig"), newline="")))


def test_values_have_columns_of_their_own() -> None:
    """Each column of the data files has a column, which entities share by name; fixed columns keep their own names."""
    lines = (
        rejection(0, CUSTOMERGROUPID="10", LINENUMBER="7"),
        rejection(1, GROUP="20", TERM="N30"),
        rejection(None),
    )
    assert table(*lines) == [
        [*HEADER, "GROUPID", "LINE (value)", "TERM"],
        ["Groups", "2", "1", "F", "no", "target", "10", "7", ""],
        ["Terms", "2", "1", "F", "no", "target", "20", "", "N30"],
        ["", "", "1", "F", "no", "target", "", "", ""],
    ]


def test_a_column_that_feeds_several_fields_is_one_column() -> None:
    """The value stands once, under the heading of its column."""
    entity = PackageEntity("Groups", "g.csv", "CSV", {"CUSTOMERGROUPID": "ID", "SEARCHNAME": "ID"})
    line = rejection(0, CUSTOMERGROUPID="10", SEARCHNAME="10")
    written = b"".join(to_csv([line], [entity], [0])).decode("utf-8-sig")
    assert [row[6:] for row in csv.reader(io.StringIO(written, newline=""))] == [["ID"], ["10"]]


def test_full_width_signs_are_no_formulas() -> None:
    """Spreadsheets in East Asian settings read full-width signs as the plain ones; the text stays as it was."""
    values = {"CUSTOMERGROUPID": "\uff1d1+1", "LINENUMBER": "\uff201"}
    assert table(rejection(0, **values), shown=(0,))[1][6:] == ["'\uff1d1+1", "'\uff201"]


def test_control_characters_are_shown() -> None:
    """A character that cuts a cell short in a spreadsheet is shown by its picture."""
    assert table(rejection(0, CUSTOMERGROUPID="a\0b\x1a\tc"))[1][6] == "a\u2400b\u241a\tc"


def test_entities_without_refused_rows_have_no_columns() -> None:
    """Only entities with errors have columns."""
    assert table(rejection(1, TERM="N30"), shown=(1,))[0] == [*HEADER, "GROUPID", "TERM"]


def test_excel_reads_it_right() -> None:
    """The file has a byte order mark and CR LF, and commas, quotation marks and line breaks stay within their cell."""
    written = b"".join(to_csv([rejection(0, CUSTOMERGROUPID='é,"b"\nc')], [GROUPS], [0]))
    assert written.startswith(b"\xef\xbb\xbfentity,line,key,field,message,stage,GROUPID,LINE (value)\r\n")
    assert written.endswith('"é,""b""\nc",\r\n'.encode())


@pytest.mark.parametrize("start", STARTS_FORMULA)
def test_no_cell_is_a_formula(start: str) -> None:
    """A cell that a spreadsheet would run as a formula begins with an apostrophe, in every column."""
    evil = f"{start}HYPERLINK(1)"
    line = Rejection(0, 2, evil, evil, evil, "target", {"CUSTOMERGROUPID": evil})
    entity = PackageEntity(evil, "g.csv", "CSV", {"CUSTOMERGROUPID": evil})
    written = b"".join(to_csv([line], [entity], [0])).decode("utf-8-sig")
    cells = [cell for row in csv.reader(io.StringIO(written, newline="")) for cell in row]
    assert cells.count(f"'{evil}") == 6
    assert evil not in cells


@given(st.text(st.characters()))
def test_any_value_can_be_written(value: str) -> None:
    """No cell begins a formula, every value can be written, and text stays unchanged after the apostrophe."""
    cell = table(rejection(0, CUSTOMERGROUPID=value))[1][6]
    assert not cell.startswith(STARTS_FORMULA)
    if value.isprintable():
        assert cell.removeprefix("'") == value.removeprefix("'")


def test_bytes_that_were_no_text_are_shown_as_windows_does() -> None:
    """Windows-1252 bytes become their letters, and a lone surrogate a question mark."""
    assert table(rejection(0, CUSTOMERGROUPID="M\udcfcller \ud83d"))[1][6] == "Müller ?"


def test_a_large_file_comes_in_pieces() -> None:
    """The file comes in pieces, so that memory does not grow with its lines."""
    pieces = [*to_csv((rejection(0, CUSTOMERGROUPID="x" * 100) for _ in range(5000)), [GROUPS], [0])]
    assert len(pieces) > 5
    assert max(map(len, pieces)) < 2 * PIECE
