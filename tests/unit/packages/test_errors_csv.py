"""errors.csv opens in a spreadsheet as it is meant, and runs nothing there."""

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from landfall.packages.errors_csv import PIECE, STARTS_FORMULA, to_csv
from landfall.packages.manifest import PackageEntity
from landfall.packages.rejections import Rejection

GROUPS = PackageEntity("Groups", "g.csv", "CSV", {"GROUPID": "CUSTOMERGROUPID", "LINE": "LINENUMBER"})
TERMS = PackageEntity("Terms", "t.csv", "CSV", {"GROUPID": "GROUP", "TERM": "TERM"})
HEADER = ["entity", "line", "key", "field", "message", "stage"]


def rejection(entity: int | None = 0, **told: str) -> Rejection:
    """A line about a row with these values."""
    return Rejection(entity, 2 if entity is not None else None, "1", "F", "no", "target", told)


def table(*lines: Rejection, shown: tuple[int, ...] = (0, 1)) -> list[list[str]]:
    """The file's cells."""
    written = b"".join(to_csv(lines, [GROUPS, TERMS], shown))
    return list(csv.reader(io.StringIO(written.decode("utf-8-sig"), newline="")))


def test_values_have_columns_of_their_own() -> None:
    """Each column of the data files can be filtered; entities share a name; ours are told apart from theirs."""
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


def test_entities_without_refused_rows_have_no_columns() -> None:
    """A package of many entities, one of them with errors, gives a table of that one."""
    assert table(rejection(1, TERM="N30"), shown=(1,))[0] == [*HEADER, "GROUPID", "TERM"]


def test_excel_reads_it_right() -> None:
    """A byte order mark, CR LF, and values with commas, quotes and line breaks in one cell."""
    written = b"".join(to_csv([rejection(0, CUSTOMERGROUPID='é,"b"\nc')], [GROUPS], [0]))
    assert written.startswith(b"\xef\xbb\xbfentity,line,key,field,message,stage,GROUPID,LINE (value)\r\n")
    assert written.endswith('"é,""b""\nc",\r\n'.encode())


@pytest.mark.parametrize("start", STARTS_FORMULA)
def test_no_cell_is_a_formula(start: str) -> None:
    """What a spreadsheet would run is text, wherever it stands."""
    evil = f"{start}HYPERLINK(1)"
    line = Rejection(0, 2, evil, evil, evil, "target", {"CUSTOMERGROUPID": evil})
    entity = PackageEntity(evil, "g.csv", "CSV", {evil: "CUSTOMERGROUPID"})
    written = b"".join(to_csv([line], [entity], [0])).decode("utf-8-sig")
    cells = [cell for row in csv.reader(io.StringIO(written, newline="")) for cell in row]
    assert cells.count(f"'{evil}") == 6
    assert evil not in cells


@given(st.text(st.characters()))
def test_any_value_can_be_written(value: str) -> None:
    """No cell starts a formula, none costs the file, and what is text stays as it is behind the apostrophe."""
    cell = table(rejection(0, CUSTOMERGROUPID=value))[1][6]
    assert not cell.startswith(STARTS_FORMULA)
    if value.isprintable():
        assert cell.removeprefix("'") == value.removeprefix("'")


def test_bytes_that_were_no_text_are_shown_as_windows_does() -> None:
    """A file of Windows code page 1252 keeps its letters, and half a character is a question mark."""
    assert table(rejection(0, CUSTOMERGROUPID="M\udcfcller \ud83d"))[1][6] == "Müller ?"


def test_a_large_file_comes_in_pieces() -> None:
    """Memory does not grow with the lines."""
    pieces = [*to_csv((rejection(0, CUSTOMERGROUPID="x" * 100) for _ in range(5000)), [GROUPS], [0])]
    assert len(pieces) > 5
    assert max(map(len, pieces)) < 2 * PIECE
