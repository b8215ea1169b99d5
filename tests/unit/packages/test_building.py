"""Raw files become data packages that F&O will probably accept, with the same rows in them."""

import csv
import io
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import Workbook

from landfall.packages.archives import RefusedPackageError
from landfall.packages.budget import Budget
from landfall.packages.building import Package, Part, Template, read_template
from landfall.packages.checks import check_data_files, read_package
from landfall.packages.formats import read_rows
from landfall.packages.formats.raw_files import RawFile
from landfall.packages.manifest import Manifest, PackageEntity
from landfall.packages.manifest_writing import write_header, write_manifest
from tests.unit.made_packages import zipped

GROUPS = "CUSTOMERGROUPID,DESCRIPTION\r\n10,Wholesale\r\n20,Retail\r\n"
ROWS = [
    {"CUSTOMERGROUPID": "10", "DESCRIPTION": "Wholesale"},
    {"CUSTOMERGROUPID": "20", "DESCRIPTION": "Retail"},
]
XML = """<?xml version="1.0" encoding="utf-8"?><Document>
<G><CUSTOMERGROUPID>10</CUSTOMERGROUPID><DESCRIPTION>Wholesale</DESCRIPTION></G>
<G><CUSTOMERGROUPID>20</CUSTOMERGROUPID><DESCRIPTION>Retail</DESCRIPTION></G></Document>"""
ATTRIBUTES = "<Document><G CUSTOMERGROUPID='10' DESCRIPTION='Wholesale'/><G CUSTOMERGROUPID='20' DESCRIPTION='Retail'/></Document>"
CELLS = st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\0"), max_size=12)
FORMATS = st.sampled_from(["CSV", "CSV-Unicode", "Tab-delimited"])


class Built:
    """A package made from one raw file, opened and checked like any other package."""

    def __init__(self, content: bytes, raw: RawFile, template: Template | None = None) -> None:
        part = Part(replace(raw, entity="Customer groups"), lambda: io.BytesIO(content))
        package = Package("Groups", [part], template)
        self.content = b"".join(package)
        self.changes = package.changes[raw.name]
        file = io.BytesIO(self.content)
        self.manifest = read_package(file, len(self.content))
        self.archive = zipfile.ZipFile(file)
        check_data_files(self.archive, self.manifest, Budget(len(self.content)))

    @property
    def data(self) -> bytes:
        """The data file as F&O will read it."""
        return self.archive.read(self.manifest.entities[0].file)

    @property
    def rows(self) -> list[dict[str, str]]:
        """Its rows by staging field."""
        return [row.values for row in read_rows(self.archive, self.manifest.entities[0])]


def raw(source_format: str = "CSV", name: str = "groups.csv", **known: object) -> RawFile:
    """A raw file without further options."""
    return replace(RawFile(name, 100, source_format), **known)  # type: ignore[arg-type]


def refusal(content: bytes, file: RawFile, template: Template | None = None) -> str:
    """The message about a raw file that must not be sent."""
    with pytest.raises(RefusedPackageError) as raised:
        Built(content, file, template)
    return str(raised.value)


def workbook(*rows: list[object], sheet: str = "June") -> bytes:
    """An Excel file of one sheet."""
    book, held = Workbook(), io.BytesIO()
    book.worksheets[0].title = sheet
    for row in rows:
        book.worksheets[0].append(row)
    book.save(held)
    return held.getvalue()


@pytest.mark.parametrize(
    ("content", "file", "changes"),
    [
        (GROUPS.encode(), raw(), ()),
        (GROUPS.encode("utf-8-sig"), raw(), ("the encoding UTF-8 with a byte order mark became UTF-8",)),
        (GROUPS.encode("utf-16"), raw(), ("the encoding UTF-16 became UTF-8",)),
        (GROUPS.encode("cp1252"), raw(encoding="windows-1252"), ("the encoding WINDOWS-1252 became UTF-8",)),
        (GROUPS.encode("utf-16"), raw("CSV-Unicode"), ()),
        (
            ("\ufeff" + GROUPS).encode("utf-16-be"),
            raw("CSV-Unicode"),
            ("the encoding UTF-16, big-endian became UTF-16",),
        ),
        (GROUPS.encode(), raw("CSV-Unicode"), ("the encoding UTF-8 became UTF-16",)),
        (GROUPS.replace("\r\n", "\n").encode(), raw(), ("line ends became CR LF",)),
        (GROUPS.replace("\r\n", "\r").encode(), raw(), ("line ends became CR LF",)),
        (GROUPS.replace(",", ";").encode(), raw(), ("semicolons became commas",)),
        (GROUPS.replace(",", "|").encode(), raw(), ("pipes became commas",)),
        (GROUPS.replace(",", "\t").encode(), raw("Tab-delimited"), ()),
        (GROUPS.encode(), raw("Tab-delimited"), ("commas became tabs",)),
        (GROUPS.replace(",", ";").encode(), raw(delimiter=";"), ("semicolons became commas",)),
        (GROUPS.title().encode(), raw(), ("column names were written in upper case",)),
        (f"{GROUPS}\r\n\r\n".encode(), raw(), ("2 blank lines at the end were left out",)),
        (XML.encode(), raw("XML-Element"), ()),
        (XML.replace("utf-8", "utf-16").encode("utf-16"), raw("XML-Element"), ()),
        (ATTRIBUTES.encode(), raw("XML-Attribute"), ()),
        (workbook(["CustomerGroupId", "Description"], [10, "Wholesale"], [20, "Retail"]), raw("EXCEL"), ()),
    ],
)
def test_every_kind_of_file_gives_the_same_rows(content: bytes, file: RawFile, changes: tuple[str, ...]) -> None:
    """Whatever is dropped, F&O gets the same rows in a form that it reads, and the changes are listed."""
    built = Built(content, file)
    assert built.rows == ROWS
    assert built.changes == changes
    assert (built.manifest.data_project, built.manifest.entities[0].file) == ("Groups", "groups.csv")


@given(
    st.lists(st.tuples(CELLS.filter(bool), CELLS), min_size=1, max_size=6),
    st.sampled_from([",", ";", "|", "\t"]),
    st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]),
    st.sampled_from(["\n", "\r\n"]),
    FORMATS,
)
def test_values_survive_whatever_they_hold(
    cells: list[tuple[str, str]], delimiter: str, encoding: str, end: str, source_format: str
) -> None:
    """Every conversion keeps delimiters, quotation marks and line breaks inside values."""
    text = io.StringIO(newline="")
    csv.writer(text, csv.excel, delimiter=delimiter, lineterminator=end, quoting=csv.QUOTE_ALL).writerows(
        [("ID", "NAME"), *cells]
    )

    built = Built(text.getvalue().encode(encoding), raw(source_format))

    assert [tuple(row.values()) for row in built.rows] == cells


def test_the_file_is_what_fno_wants() -> None:
    """CSV becomes UTF-8 without a byte order mark, CSV-Unicode UTF-16 with one; lines end in CR LF."""
    content = "id;name\n1;Grün\n".encode("utf-8-sig")
    assert Built(content, raw()).data == "ID,NAME\r\n1,Grün\r\n".encode()
    unicode = Built(content, raw("CSV-Unicode")).data
    assert unicode == b"\xff\xfe" + "ID,NAME\r\n1,Grün\r\n".encode("utf-16-le")


def test_line_breaks_inside_values_are_no_line_ends() -> None:
    """A line break inside a value stays as it is, and is not listed as a change."""
    content = b'ID,NAME\r\n1,"two\nlines"\r\n'
    assert (Built(content, raw()).data, Built(content, raw()).changes) == (content, ())


def test_xml_and_workbooks_are_sent_as_they_are() -> None:
    """XML files and workbooks keep every byte."""
    book = workbook(["ID"], [1])
    assert Built(book, raw("EXCEL", "June.xlsx")).data == book
    assert Built(XML.encode(), raw("XML-Element")).data == XML.encode()


def test_the_manifest_names_the_workbooks_sheet() -> None:
    """The manifest has the sheet's name, cut to 30 characters, with `$` after it."""
    built = Built(workbook(["ID"], [1], sheet="A name that is as long as it may"[:31]), raw("EXCEL"))
    assert built.manifest.entities[0].sheet == "A name that is as long as it m$"


def test_rows_keep_their_lines() -> None:
    """A row has the same line in the package as in the dropped file, even after blank lines."""
    content = b'ID;NAME\n1;"two\nlines"\n\n2;b\n\n\n'
    built = Built(content, raw())
    assert [row.line for row in read_rows(built.archive, built.manifest.entities[0])] == [2, 5]


def test_fields_of_any_record_are_columns() -> None:
    """The manifest maps the fields of every record, since XML leaves out empty ones."""
    content = b"<Document><G ID='1'/><G ID='2' NAME='b'/></Document>"
    assert Built(content, raw("XML-Attribute")).rows == [{"ID": "1"}, {"ID": "2", "NAME": "b"}]


def test_the_same_file_gives_the_same_package() -> None:
    """Building a package again gives the same bytes."""
    assert Built(GROUPS.encode(), raw()).content == Built(GROUPS.encode(), raw()).content


@pytest.mark.parametrize(
    ("content", "file", "said"),
    [
        (b"", raw(), "'groups.csv' has no header row"),
        (b"\r\n\r\n", raw(), "'groups.csv' has no header row"),
        (b"ID,NAME\r\n", raw(), "'groups.csv' has no data rows"),
        (b"ID,NAME\r\n,\r\n", raw(), "'groups.csv' has no data rows"),
        (workbook(["ID"]), raw("EXCEL"), "'groups.csv' has no data rows"),
        (workbook(), raw("EXCEL"), "'groups.csv' has no header row"),
        (b"<Document/>", raw("XML-Element"), "'groups.csv' has no data rows"),
        (
            b"Customer group,NAME\r\n1,a\r\n",
            raw(),
            "has a column 'Customer group', which cannot be a staging field",
        ),
        (b"A" * 129 + b"\r\n1\r\n", raw(), "which cannot be a staging field"),
        (b"ID,,NAME\r\n1,2,3\r\n", raw(), "Line 2 of 'groups.csv' has a value in column 2, which has no name"),
        (b"ID,id\r\n1,2\r\n", raw(), "has two columns ID"),
        (
            "ID,NAME\r\n1,Grün\r\n".encode("cp1252"),
            raw(),
            "is not valid UTF-8 near line 1. Set the file's encoding in its route",
        ),
        (b"ID\n1\n", raw(encoding="utf-16"), "is not valid UTF-16"),
        (b'ID,NAME\n1,"a"b\n', raw(), "'groups.csv' is not valid CSV: line 2"),
        (b'ID,NAME\n1,"a\n2,b\n', raw(), "'groups.csv' is not valid CSV: line 2"),
        (b"ID\n" + b"x" * (17 << 20), raw(), "is longer than"),
        (b"ID,NAME\n1,a\n", raw("EXCEL"), "'groups.csv' is not valid EXCEL"),
        (b"ID,NAME\n1,a\n", raw("XML-Element"), "'groups.csv' is not valid XML-Element"),
        (b"<!DOCTYPE a><Document/>", raw("XML-Element"), "document type declaration"),
        (
            b"<Document><H A='1'><L B='1'/></H></Document>",
            raw("XML-Attribute"),
            "Give its route a template",
        ),
        (GROUPS.encode(), raw("Fixed-width"), "cannot wrap 'groups.csv' in a package as Fixed-width"),
    ],
)
def test_what_must_not_be_sent_is_refused(content: bytes, file: RawFile, said: str) -> None:
    """The message tells whoever dropped the file what is wrong with it, in one sentence and not in another's words."""
    message = refusal(content, file)
    assert said in message
    assert message.count(file.name) <= 1


TEMPLATE_MAPPING = {"CUSTOMERGROUPID": "Group", "DESCRIPTION": "Text", "CREATED": "Made"}


@pytest.fixture
def template(tmp_path: Path) -> Template:
    """A template with two entities; the first one maps other names and one generated column."""
    entities = (
        PackageEntity("Customer groups", "old.csv", "CSV", TEMPLATE_MAPPING, "", frozenset({"Made"})),
        PackageEntity("Vendor groups", "vendors.csv", "CSV", {"ID": "ID"}),
    )
    file = tmp_path / "template.zip"
    files = {
        "Manifest.xml": write_manifest(Manifest("Template", entities), "utf-16"),
        "PackageHeader.xml": write_header("Template"),
        "old.csv": b"",
        "vendors.csv": b"ID\r\n1\r\n",
        "Resources/map.xslt": b"<x/>",
    }
    file.write_bytes(zipped(files))
    return read_template(file)


def of_template(template: Template, **known: object) -> RawFile:
    """A raw file with the format and mapping of the template's entity."""
    return raw(**known).mapped_as(template.entities["Customer groups"])


def test_a_templates_mapping_is_kept(template: Template) -> None:
    """The dropped file replaces the template's, under its own name; the package has no other entities."""
    built = Built(b"text;GROUP\nWholesale;10\nRetail;20\n", of_template(template, name="June.csv"), template)
    assert built.rows == [dict(sorted(row.items(), reverse=True)) for row in ROWS]
    assert [(each.label, each.file) for each in built.manifest.entities] == [("Customer groups", "June.csv")]
    assert built.manifest.data_project == "Groups"
    assert set(built.archive.namelist()) == {
        "June.csv",
        "Manifest.xml",
        "PackageHeader.xml",
        "Resources/map.xslt",
    }


def test_a_file_that_does_not_fit_its_template_is_refused(template: Template) -> None:
    """The file must have every column that the template maps, except those that F&O generates."""
    said = refusal(b"GROUP,OTHER\r\n1,2\r\n", of_template(template), template)
    assert said == (
        "'groups.csv' has no column Text, which its template maps. "
        "Its columns are GROUP, OTHER: rename them or correct the mapping."
    )


def test_a_templates_sheet_gives_way_to_the_workbooks() -> None:
    """The manifest names a sheet that the workbook has, and the change is listed."""
    file = raw("EXCEL", mapping={"CUSTOMERGROUPID": "ID"}, sheet="Customer_groups$")
    built = Built(workbook(["ID"], [1]), file)
    assert built.manifest.entities[0].sheet == "June$"
    assert built.changes == ("the sheet June took the place of Customer_groups",)


def test_xml_of_other_fields_does_not_fit_its_template(template: Template) -> None:
    """XML with none of the fields that the template maps is refused."""
    file = raw("XML-Attribute", mapping=TEMPLATE_MAPPING)
    assert "has no column Group, Text, Made" in refusal(b"<Document><G A='1'/></Document>", file, template)


def test_two_files_are_one_package() -> None:
    """The package has an entity for each file, in the order given."""
    parts = [
        Part(raw(name="groups.csv", entity="Customer groups"), lambda: io.BytesIO(GROUPS.encode())),
        Part(raw(name="customers.csv", entity="Customers V3"), lambda: io.BytesIO(b"ID;NAME\n1;a\n")),
    ]
    package = Package("Both", parts)
    content = b"".join(package)
    manifest = read_package(io.BytesIO(content), len(content))
    assert [(each.label, each.file) for each in manifest.entities] == [
        ("Customer groups", "groups.csv"),
        ("Customers V3", "customers.csv"),
    ]
    assert package.changes == {
        "groups.csv": (),
        "customers.csv": ("line ends became CR LF", "semicolons became commas"),
    }
