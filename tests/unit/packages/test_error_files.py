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
from landfall.packages.formats.rows import MAX_FIELD
from landfall.packages.manifest import PackageEntity

MAPPING = {"CUSTOMERGROUPID": "GROUPID", "NAME": "NAME"}
PLAIN = st.text(st.characters(exclude_categories=("Cs", "Cc")), max_size=30)


def parse_rows(content: bytes, mapping: dict[str, str], *, whole: bool = True) -> list[dict[str, str]]:
    """All rows of a file with this content, by default one of whole rows."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "failed"
        file.write_bytes(content)
        return list(read_failed_rows(file, PackageEntity("", "", "", mapping), whole=whole))


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_rows_of_xml_are_read(encoding: str) -> None:
    """XML is read with fields as attributes and as elements, as F&O lists the staging errors of XML entities."""
    content = '<Document><G GROUPID="10" NAME="Whole&amp;sale"/><G><CUSTOMERGROUPID>20</CUSTOMERGROUPID></G></Document>'
    assert parse_rows(content.encode(encoding), MAPPING) == [
        {"CUSTOMERGROUPID": "10", "NAME": "Whole&sale"},
        {"CUSTOMERGROUPID": "20", "NAME": ""},
    ]


def test_xml_leaves_empty_fields_out() -> None:
    """A whole row in XML has all fields, also those that are empty; keys have only the fields that are there."""
    content = b"<Document><G/><G GROUPID='10'/></Document>"
    assert parse_rows(content, MAPPING) == [
        {"CUSTOMERGROUPID": "", "NAME": ""},
        {"CUSTOMERGROUPID": "10", "NAME": ""},
    ]
    assert parse_rows(content, MAPPING, whole=False) == [{"CUSTOMERGROUPID": "10"}]


@given(st.one_of(st.text(max_size=200).map(str.encode), st.binary(max_size=200)), st.booleans())
def test_no_file_is_an_error(content: bytes, whole: bool) -> None:  # noqa: FBT001  the case's value
    """Nothing that a file holds makes reading fail."""
    parse_rows(content, MAPPING, whole=whole)
    parse_rows(b"\xff\xfe" + content, MAPPING, whole=whole)


def test_a_line_without_end_is_no_error() -> None:
    """A file with a line that is too long gives the keys before it."""
    content = b'CUSTOMERGROUPID\r\n"10\r\n' + b"x" * MAX_FIELD
    assert parse_rows(content, MAPPING, whole=False) == [{"CUSTOMERGROUPID": '"10'}]


def test_quotation_marks_may_belong_to_keys() -> None:
    """A quotation mark that ends nowhere does not swallow the keys behind it."""
    content = b'GROUPID\tNAME\r\n"10\tA "big" one\r\n20\t\r\n'
    assert parse_rows(content, MAPPING, whole=False) == [
        {"CUSTOMERGROUPID": '"10', "NAME": 'A "big" one'},
        {"CUSTOMERGROUPID": "20", "NAME": ""},
    ]
    assert parse_rows(b'CUSTOMERGROUPID\r\n"a\r\n\r\nb\r\n', MAPPING, whole=False) == [
        {"CUSTOMERGROUPID": key} for key in ('"a', "", "b")
    ]
    assert parse_rows(b'CUSTOMERGROUPID\r\n"a ""b"""\r\n', MAPPING, whole=False) == [{"CUSTOMERGROUPID": 'a "b"'}]


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
    assert parse_rows(content, MAPPING) == [{"CUSTOMERGROUPID": "10", "NAME": "Wholesale"}]


def test_rows_of_a_workbook_are_read() -> None:
    """A workbook is read, as F&O lists the staging errors of Excel entities."""
    book, held = Workbook(), io.BytesIO()
    book.worksheets[0].append(["GROUPID", "NAME"])
    book.worksheets[0].append([10, "Wholesale"])
    book.save(held)
    assert parse_rows(held.getvalue(), MAPPING) == [{"CUSTOMERGROUPID": "10", "NAME": "Wholesale"}]


@pytest.mark.parametrize("content", [b"", b"something else entirely\r\n1\r\n", b"PK\x03\x04broken", b"\n\n"])
def test_another_layout_gives_no_rows(content: bytes) -> None:
    """A file in an unknown layout gives no rows."""
    assert parse_rows(content, MAPPING) == []


def test_short_rows_have_empty_values() -> None:
    """A row with too few cells has empty values in the other fields."""
    assert parse_rows(b"REMARK,GROUPID,NAME\r\ntotal\r\nx,10\r\n", MAPPING) == [
        {"CUSTOMERGROUPID": "", "NAME": ""},
        {"CUSTOMERGROUPID": "10", "NAME": ""},
    ]


@given(st.lists(st.tuples(PLAIN, st.text("ab\u2028\x85\x0c'\"\n,;", max_size=9)), max_size=5))
def test_whatever_is_written_as_csv_is_read_back(cells: list[tuple[str, str]]) -> None:
    """Neither quoted line breaks nor Unicode's other line breaks divide a row."""
    text = io.StringIO(newline="")
    csv.writer(text).writerows([("GROUPID", "NAME"), *cells])
    read = parse_rows(text.getvalue().encode(), MAPPING)
    assert [tuple(row.values()) for row in read] == cells


@pytest.mark.parametrize(
    ("content", "keys"),
    [
        (b"CUSTOMERGROUPID\r\n10\r\n\r\n20\r\n", ["10", "", "20"]),
        (b"CUSTOMERGROUPID\r\n\r\n", [""]),
        (b'CUSTOMERGROUPID\r\n""\r\n" "', ["", " "]),
        (b"CUSTOMERGROUPID\r\nA,B\r\nA;B\tC|D\r\n", ["A,B", "A;B\tC|D"]),
    ],
)
def test_a_line_of_one_column_is_a_key(content: bytes, keys: list[str]) -> None:
    """In a file of one column, an empty line is an empty key, and no sign within a line divides it."""
    assert parse_rows(content, MAPPING, whole=False) == [{"CUSTOMERGROUPID": key} for key in keys]


def test_keys_of_several_columns_may_be_empty() -> None:
    """A line of only delimiters is a record whose values are empty."""
    assert parse_rows(b"GROUPID\tNAME\r\n\t\r\n", MAPPING, whole=False) == [{"CUSTOMERGROUPID": "", "NAME": ""}]


def test_a_column_may_feed_several_fields() -> None:
    """Each field that a column feeds has its value."""
    mapping = {"GROUPID": "ID", "SEARCHNAME": "ID"}
    assert parse_rows(b"id\r\n10\r\n", mapping) == [{"GROUPID": "10", "SEARCHNAME": "10"}]
    assert parse_rows(b"GROUPID,SEARCHNAME\r\n10,20\r\n", mapping) == [{"GROUPID": "10", "SEARCHNAME": "20"}]


def test_a_name_is_a_column_of_whole_rows_and_a_field_of_keys() -> None:
    """Where columns and fields have each other's names, the kind of file decides which one a heading means."""
    mapping = {"A": "B", "B": "A"}
    assert parse_rows(b"A,B\r\n1,2\r\n", mapping) == [{"B": "1", "A": "2"}]
    assert parse_rows(b"A,B\r\n1,2\r\n", mapping, whole=False) == [{"A": "1", "B": "2"}]
