"""F&O's files of failed rows are read in every layout that Landfall recognises."""

import csv
import io
import tempfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import Workbook

from landfall.packages.error_files import read_failed_rows
from landfall.packages.manifest import PackageEntity

ENTITY = PackageEntity("Customer groups", "", "CSV", {"CUSTOMERGROUPID": "GROUPID", "NAME": "NAME"})
PLAIN = st.text(st.characters(exclude_categories=("Cs", "Cc")), max_size=30)


def parse_rows(content: bytes) -> list[dict[str, str]]:
    """All rows of a file with this content."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "failed"
        file.write_bytes(content)
        return list(read_failed_rows(file, ENTITY))


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_rows_of_xml_are_read(encoding: str) -> None:
    """XML is read with fields as attributes and as elements, as F&O lists the staging errors of XML entities."""
    content = '<Document><G GROUPID="10" NAME="Whole&amp;sale"/><G><CUSTOMERGROUPID>20</CUSTOMERGROUPID></G></Document>'
    assert parse_rows(content.encode(encoding)) == [
        {"CUSTOMERGROUPID": "10", "NAME": "Whole&sale"},
        {"CUSTOMERGROUPID": "20"},
    ]


@given(st.text(max_size=200))
def test_no_text_is_an_error(raw: str) -> None:
    """No text makes reading fail."""
    parse_rows(raw.encode())


@pytest.mark.parametrize(
    "content",
    [
        b"GROUPID,NAME\r\n10,Wholesale\r\n",
        b"\xef\xbb\xbfGROUPID;NAME\n10;Wholesale",
        "CUSTOMERGROUPID\tNAME\r\n10\tWholesale\r\n".encode("utf-16"),
        b"groupid|error|name\r\n10|no|Wholesale\r\n\r\n",
    ],
)
def test_rows_are_read_however_they_are_delimited(content: bytes) -> None:
    """Delimited text may have columns or staging fields as header, any usual delimiter or encoding, extra columns."""
    assert parse_rows(content) == [{"CUSTOMERGROUPID": "10", "NAME": "Wholesale"}]


def test_rows_of_a_workbook_are_read() -> None:
    """A workbook is read, as F&O lists the staging errors of Excel entities."""
    book, held = Workbook(), io.BytesIO()
    book.worksheets[0].append(["GROUPID", "NAME"])
    book.worksheets[0].append([10, "Wholesale"])
    book.save(held)
    assert parse_rows(held.getvalue()) == [{"CUSTOMERGROUPID": "10", "NAME": "Wholesale"}]


@pytest.mark.parametrize("content", [b"", b"something else entirely\r\n1\r\n", b"PK\x03\x04broken", b"\n\n"])
def test_another_layout_gives_no_rows(content: bytes) -> None:
    """A file in an unknown layout gives no rows."""
    assert parse_rows(content) == []


def test_short_rows_have_empty_values() -> None:
    """A row with too few cells has empty values in the other fields."""
    assert parse_rows(b"REMARK,GROUPID,NAME\r\ntotal\r\nx,10\r\n") == [
        {"CUSTOMERGROUPID": "", "NAME": ""},
        {"CUSTOMERGROUPID": "10", "NAME": ""},
    ]


@given(st.lists(st.tuples(PLAIN.filter(str.strip), st.text("ab\u2028\x85\x0c'\"\n,;", max_size=9)), max_size=5))
def test_whatever_is_written_as_csv_is_read_back(cells: list[tuple[str, str]]) -> None:
    """Neither quoted line breaks nor Unicode's other line breaks divide a row."""
    text = io.StringIO(newline="")
    csv.writer(text).writerows([("GROUPID", "NAME"), *cells])
    read = parse_rows(text.getvalue().encode())
    assert [tuple(row.values()) for row in read] == cells


@pytest.mark.parametrize(
    ("content", "keys"),
    [
        (b"CUSTOMERGROUPID\r\n10\r\n\r\n20\r\n", ["10", "", "20"]),
        (b"CUSTOMERGROUPID\r\n\r\n", [""]),
        (b"CUSTOMERGROUPID\tNAME\r\n\t\r\n", [""]),
        (b"GROUPID,NAME\r\n,\r\n,x\r\n", ["", ""]),
        (b"<Document><G/><G NAME='x'/></Document>", ["", None]),
    ],
)
def test_rows_with_an_empty_key_are_rows(content: bytes, keys: list[str | None]) -> None:
    """A record that failed because its key is empty is listed like any other."""
    assert [row.get("CUSTOMERGROUPID") for row in parse_rows(content)] == keys
