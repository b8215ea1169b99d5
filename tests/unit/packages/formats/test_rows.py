"""Rows of data files are read with the line that each starts on."""

import csv
import io
import re
import zipfile
from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import Workbook

from landfall.packages.formats import count_rows, read_rows
from landfall.packages.formats.rows import Row, UnreadableRowsError
from landfall.packages.manifest import PackageEntity

MAPPING = {"CUSTOMERGROUPID": "GROUPID", "NAME": "NAME"}
TEN, TWENTY = {"CUSTOMERGROUPID": "10", "NAME": "Wholesale"}, {"CUSTOMERGROUPID": "20", "NAME": "Retail"}
CELLS = st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\0"), max_size=20)


def rows(content: bytes, source_format: str = "CSV", mapping: dict[str, str] = MAPPING) -> list[Row]:
    """The rows read from a data file with this content; counting them gives the same number."""
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("data", content)
    with zipfile.ZipFile(held) as archive:
        entity = PackageEntity("Groups", "data", source_format, mapping)
        found = list(read_rows(archive, entity))
        assert count_rows(archive, entity) == sum(1 for row in found if row.records)
        return found


def workbook(*lines: list[object]) -> bytes:
    """An Excel file whose first sheet has these lines."""
    book, held = Workbook(), io.BytesIO()
    for line in lines:
        book.worksheets[0].append(line)
    book.create_sheet("other").append(["GROUPID"])
    book.save(held)
    return held.getvalue()


def declaring(book: bytes, dimension: str) -> bytes:
    """The workbook with another `<dimension>` in its first sheet, as writers other than Excel declare it."""
    held = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(book)) as source, zipfile.ZipFile(held, "w") as target:
        for name in source.namelist():
            part = source.read(name)
            if name == "xl/worksheets/sheet1.xml":
                part = re.sub(rb'<dimension ref="[^"]*"', f'<dimension ref="{dimension}"'.encode(), part)
            target.writestr(name, part)
    return held.getvalue()


@pytest.mark.parametrize(
    ("content", "source_format"),
    [
        (b"GROUPID,NAME\r\n10,Wholesale\r\n20,Retail\r\n", "CSV"),
        (b"\xef\xbb\xbfGROUPID,NAME\n10,Wholesale\n20,Retail", "CSV"),
        ("GROUPID,NAME\r\n10,Wholesale\r\n20,Retail\r\n".encode("utf-16"), "CSV-Unicode"),
        ("\ufeffGROUPID,NAME\r\n10,Wholesale\r\n20,Retail\r\n".encode("utf-16-be"), "CSV-UNICODE"),
        (b"GROUPID\tNAME\r\n10\tWholesale\r\n20\tRetail\r\n", "Tab-delimited"),
        (b'"groupid", name \r\n"10","Wholesale"\r\n20,Retail\r\n', "CSV"),
        (workbook(["GROUPID", "NAME"], [10, "Wholesale"], ["20", "Retail"]), "EXCEL"),
        (
            b"<Document>\n<G><GROUPID>10</GROUPID><NAME>Wholesale</NAME></G>\n<G><NAME>Retail</NAME><GROUPID>20</GROUPID></G></Document>",
            "XML-Element",
        ),
        (
            b"<Document>\n<G GROUPID='10' NAME='Wholesale'/>\n<G NAME='Retail' GROUPID='20' OTHER='x'/></Document>",
            "XML-Attribute",
        ),
    ],
)
def test_every_format_gives_the_same_rows(content: bytes, source_format: str) -> None:
    """The rows are the same whatever the format, encoding, byte order mark, line ends and case of the header."""
    assert [(row.line, row.values) for row in rows(content, source_format)] == [(2, TEN), (3, TWENTY)]


def test_records_within_a_record_are_counted() -> None:
    """A record of a composite entity counts with the records inside it."""
    content = b"<Document><H GROUPID='10'><L NAME='a'/><L NAME='b'/></H><H GROUPID='20'/></Document>"
    assert [(row.values["CUSTOMERGROUPID"], row.records) for row in rows(content, "XML-Attribute")] == [
        ("10", 3),
        ("20", 1),
    ]


def test_only_mapped_columns_count() -> None:
    """A row has a value only for each column that the file has and the manifest maps."""
    assert rows(b"REMARK,NAME\r\nx,Retail\r\n") == [Row(2, 2, {"NAME": "Retail"})]


def test_lines_are_those_of_an_editor() -> None:
    """Quoted line breaks and empty lines count as lines, and a row has the line that it starts on."""
    content = b'GROUPID,NAME\r\n10,"Whole\r\nsale"\r\n\r\n20,Retail\r\n'
    assert [(row.line, row.values["CUSTOMERGROUPID"]) for row in rows(content)] == [(2, "10"), (5, "20")]


def test_lines_of_a_sheet_count_empty_ones() -> None:
    """A row has the number that Excel shows."""
    content = workbook(["GROUPID", "NAME"], [], [10, "Wholesale"], [None, None], [20, "Retail"])
    assert [row.line for row in rows(content, "EXCEL")] == [3, 5]


def test_cells_of_a_sheet_are_text() -> None:
    """Numbers and dates become text, and empty cells empty text."""
    content = workbook(["GROUPID", "NAME"], [10.5, None], ["", datetime(2026, 3, 1)])  # noqa: DTZ001  Excel knows no zones
    assert [list(row.values.values()) for row in rows(content, "EXCEL")] == [
        ["10.5", ""],
        ["", "2026-03-01 00:00:00"],
    ]


@given(st.lists(st.tuples(CELLS.filter(bool), CELLS), max_size=6))
def test_whatever_csv_writes_is_read_back(cells: list[tuple[str, str]]) -> None:
    """Quotation marks, commas and line breaks inside values are read unchanged."""
    text = io.StringIO(newline="")
    csv.writer(text).writerows([("GROUPID", "NAME"), *cells])
    assert [tuple(row.values.values()) for row in rows(text.getvalue().encode())] == cells


@given(st.lists(st.tuples(CELLS.filter(bool), CELLS), max_size=6))
def test_lines_point_at_their_row(cells: list[tuple[str, str]]) -> None:
    """Reading the file from a row's line gives that row first."""
    text = io.StringIO(newline="")
    csv.writer(text).writerows([("GROUPID", "NAME"), *cells])
    lines = io.StringIO(text.getvalue(), newline="").readlines()
    for row in rows(text.getvalue().encode()):
        rest = csv.reader(io.StringIO("".join(lines[row.line - 1 :]), newline=""))
        assert next(rest) == list(row.values.values())


def test_strange_bytes_are_kept() -> None:
    """A file that is not UTF-8 is read, and its values stay distinct."""
    found = rows("GROUPID,NAME\r\n10,Grün\r\n20,Grau\r\n".encode("cp1252"))
    assert [row.line for row in found] == [2, 3]
    assert found[0].values["NAME"] != found[1].values["NAME"]


@pytest.mark.parametrize("content", [b"", b"\r\n", b"GROUPID,NAME\r\n"])
def test_a_file_without_rows_has_none(content: bytes) -> None:
    """An empty file and a file of only a header have no rows."""
    assert rows(content) == []


BROKEN_SHEET = io.BytesIO()
with (
    zipfile.ZipFile(io.BytesIO(workbook(["GROUPID"], [1]))) as whole,
    zipfile.ZipFile(BROKEN_SHEET, "w") as archive,
):
    for each in whole.namelist():
        archive.writestr(each, whole.read(each)[: 200 if "sheet1" in each else None])

STRANGE_BOOK = io.BytesIO()
with (
    zipfile.ZipFile(io.BytesIO(workbook(["GROUPID"], [1]))) as whole,
    zipfile.ZipFile(STRANGE_BOOK, "w") as archive,
):
    for each in whole.namelist():
        archive.writestr(each, whole.read(each).replace(b"ContentType=", b"tType="))


@pytest.mark.parametrize(
    ("content", "source_format"),
    [
        (b"GROUPID", "Fixed width"),
        (b"GROUPID,NAME", "XML-Element"),
        (b"<Document><A><B>1</B></A>", "XML-Element"),
        (b"<!DOCTYPE a><Document/>", "XML-Attribute"),
        (b"GROUPID,NAME", "EXCEL"),
        (b"PK\x05\x06" + bytes(18), "EXCEL"),
        (BROKEN_SHEET.getvalue(), "EXCEL"),
        (STRANGE_BOOK.getvalue(), "EXCEL"),
        (b"\xff\xfeG\x00R", "CSV-Unicode"),
        (b'GROUPID,NAME\r\n10,"' + b"x" * (17 * 1024 * 1024), "CSV"),
    ],
)
def test_unreadable_files_are_one_kind_of_error(content: bytes, source_format: str) -> None:
    """An unknown format and a file that is not of its format raise the same error."""
    with pytest.raises(UnreadableRowsError):
        rows(content, source_format)


@pytest.mark.parametrize("dimension", ["A1", "A1:B1", "A1:A3", "A1:B2", "A1:XFD1048576", "B2:B2"])
def test_a_sheet_is_read_as_it_is_whatever_it_declares(dimension: str) -> None:
    """A declared size that is too small loses no row and no column, and one that is too large adds none."""
    book = workbook(["GROUPID", "NAME"], [10, "Wholesale"], ["20", "Retail"])
    assert [row.values for row in rows(declaring(book, dimension), "EXCEL")] == [TEN, TWENTY]


@pytest.mark.parametrize("source_format", ["XML-Element", "XML-Attribute"])
def test_attributes_of_other_namespaces_are_no_fields(source_format: str) -> None:
    """What .NET, SSIS and BizTalk write for null, and xml:space, make a field neither a record nor a value."""
    schema = b'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"'
    group = b"<GROUPID xml:space='preserve'>10</GROUPID><NAME xsi:nil='true'/>"
    if source_format == "XML-Attribute":
        content = b"<Document %s><G GROUPID='10' NAME='' xsi:nil='true' xml:space='default'/></Document>" % schema
    else:
        content = b"<Document %s><G xsi:type='Group'>%s</G></Document>" % (schema, group)
    (row,) = rows(content, source_format)
    assert (row.values, row.records) == ({"CUSTOMERGROUPID": "10", "NAME": ""}, 1)


@pytest.mark.parametrize(
    ("content", "source_format"),
    [
        (b"GROUPID\r\n10\r\n", "CSV"),
        (b"<Document><G GROUPID='10'/></Document>", "XML-Attribute"),
        (workbook(["GROUPID"], [10]), "EXCEL"),
    ],
)
def test_one_column_may_feed_two_fields(content: bytes, source_format: str) -> None:
    """A column that is mapped twice gives its value to both staging fields."""
    found = rows(content, source_format, {"CUSTOMERGROUPID": "GROUPID", "NAME": "GROUPID"})
    assert [row.values for row in found] == [{"CUSTOMERGROUPID": "10", "NAME": "10"}]


def test_a_row_of_empty_values_may_be_a_record() -> None:
    """F&O may refuse such a row, so it is found; whether it counts is for F&O to say."""
    assert [(row.line, row.records) for row in rows(b"GROUPID,NAME\r\n,\r\n\r\n10,x\r\n")] == [(2, 0), (4, 1)]
