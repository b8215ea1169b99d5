"""Files that are plainly good are taken, however spreadsheets and other tools have saved them."""

import io
import zipfile

import pytest
from openpyxl import Workbook

from landfall.packages.archives import RefusedPackageError
from landfall.packages.budget import Budget
from landfall.packages.building import Package, Part
from landfall.packages.checks import check_data_files, read_package
from landfall.packages.file_names import data_file_name
from landfall.packages.formats import count_rows
from landfall.packages.formats.rows import UnreadableRowsError
from landfall.packages.manifest import Manifest
from tests.unit.made_packages import GROUPS_CSV, MadeEntity, files_of, manifest_xml, zipped
from tests.unit.packages.test_building import ROWS, Built, raw, refusal, workbook


def admitted(files: dict[str, bytes]) -> Manifest:
    """The manifest of a package whose files pass the checks."""
    content = io.BytesIO(zipped(files))
    manifest = read_package(content, len(content.getvalue()))
    with zipfile.ZipFile(content) as archive:
        check_data_files(archive, manifest, Budget(1))
    return manifest


def sheets(**rows: list[list[object]]) -> bytes:
    """An Excel file with these sheets; those whose names begin with `hidden` are hidden."""
    book, held = Workbook(), io.BytesIO()
    book.remove(book.worksheets[0])
    for title, lines in rows.items():
        page = book.create_sheet(title)
        page.sheet_state = "hidden" if title.startswith("hidden") else "visible"
        for line in lines:
            page.append(line)
    book.save(held)
    return held.getvalue()


ROW_LIST: list[list[object]] = [["CUSTOMERGROUPID", "DESCRIPTION"], [10, "Wholesale"], [20, "Retail"]]
NOTES: list[list[object]] = [["Read me"], ["Fill in the other sheet"]]


@pytest.mark.parametrize(
    ("content", "source_format", "changes"),
    [
        (b"CUSTOMERGROUPID;DESCRIPTION;\n10;Wholesale;\n20;Retail;\n", "CSV", 3),
        (b"CUSTOMERGROUPID,,DESCRIPTION\r\n10,,Wholesale\r\n20, ,Retail\r\n", "CSV", 1),
        (b"sep=;\r\nCUSTOMERGROUPID;DESCRIPTION\r\n10;Wholesale\r\n20;Retail\r\n", "CSV", 2),
        (b'"sep=^"\r\nCUSTOMERGROUPID^DESCRIPTION\r\n10^Wholesale\r\n20^Retail\r\n', "CSV", 2),
        (workbook(["CUSTOMERGROUPID", "DESCRIPTION", None], [10, "Wholesale", " "], [20, "Retail"]), "EXCEL", 0),
        (sheets(Notes=NOTES, Customer_groups=ROW_LIST), "EXCEL", 0),
        (sheets(Notes=NOTES, **{"customer groups": ROW_LIST}), "EXCEL", 0),
        (sheets(hidden=NOTES, June=ROW_LIST), "EXCEL", 0),
        (sheets(June=ROW_LIST, Notes=NOTES), "EXCEL", 1),
    ],
)
def test_a_raw_file_is_read_as_its_sender_means_it(content: bytes, source_format: str, changes: int) -> None:
    """Empty columns without a name, a line `sep=`, and sheets beside the entity's own cost no row and are told."""
    built = Built(content, raw(source_format))
    assert built.rows == ROWS
    assert len(built.changes) == changes, built.changes


@pytest.mark.parametrize(
    ("content", "source_format"),
    [
        (b"CUSTOMERGROUPID;DESCRIPTION;\n10;Wholesale;\n20;Retail;lost\n", "CSV"),
        (workbook(["CUSTOMERGROUPID", "DESCRIPTION", " "], [10, "Wholesale"], [20, "Retail", "lost"]), "EXCEL"),
    ],
)
def test_a_value_without_a_column_is_not_dropped(content: bytes, source_format: str) -> None:
    """A value in a column without a name is refused with its line, because F&O would ignore it."""
    assert "Line 3 of 'groups.csv' has a value in column 3, which has no name" in refusal(content, raw(source_format))


def test_blank_lines_are_not_held_in_memory() -> None:
    """Rows keep their lines also behind very many blank ones."""
    content = b"CUSTOMERGROUPID,DESCRIPTION\n10,Wholesale\n" + b"\n" * 3_000_000 + b"20,Retail\n"
    pieces = [len(piece) for piece in Package("Groups", [Part(raw(), lambda: io.BytesIO(content))])]
    assert max(pieces) < 1 << 20


@pytest.mark.parametrize(
    ("name", "sent"),
    [
        ("june.csv", "june.csv"),
        ("export 2026-11-30T10:15:00.csv", "export 2026-11-30T10-15-00.csv"),
        ('what?*|<x>"y".csv', "what----x--y-.csv"),
        ("in\\cust.csv", "in-cust.csv"),
        ("Manifest.xml", "Manifest_.xml"),
        ("PACKAGEHEADER.XML", "PACKAGEHEADER_.XML"),
        ("con.csv", "con_.csv"),
        ("Aux .csv", "Aux_.csv"),
        ("lpt².csv", "lpt²_.csv"),
        ("COM1.tar.csv", "COM1_.tar.csv"),
        ("june.csv. ", "june.csv"),
        ("n" * 300 + ".csv", "n" * 155 + ".csv"),
    ],
)
def test_a_file_gets_a_name_that_windows_can_hold(name: str, sent: str) -> None:
    """F&O unpacks packages on Windows, so a name that cannot be there gives way to one that can, and is told."""
    built = Built(GROUPS_CSV.replace(b"GROUPID,NAME", b"CUSTOMERGROUPID,DESCRIPTION"), raw(name=name))
    assert built.manifest.entities[0].file == data_file_name(name) == sent
    assert built.changes == ((f"it was sent as {sent}",) if sent != name else ())
    assert built.rows == ROWS


def test_two_names_that_become_one_stay_two() -> None:
    """No data file takes the place of another whose name Windows could not hold either."""
    parts = [Part(raw(name=name, entity=name), lambda: io.BytesIO(b"ID\n1\n")) for name in ("a?.csv", "a*.csv")]
    content = b"".join(Package("Groups", parts))
    assert [each.file for each in read_package(io.BytesIO(content), len(content)).entities] == ["a-.csv", "2-a-.csv"]


GOOD = files_of(MadeEntity())


@pytest.mark.parametrize(
    "files",
    [
        {"manifest.XML": GOOD["Manifest.xml"], "packageheader.xml": GOOD["PackageHeader.xml"], "CUSTOMER Groups.CSV": GROUPS_CSV},
        {**GOOD, "__MACOSX/._Customer groups.csv": b"\0", "__MACOSX/": b"", ".DS_Store": b"", "._x.csv": b"", "Thumbs.db": b"", "~$Customer groups.xlsx": b""},
    ],
    ids=["names in another case", "what macOS and Windows leave in archives"],
)  # fmt: skip
def test_a_package_is_read_as_windows_reads_it(files: dict[str, bytes]) -> None:
    """Names in another case are the same names, and litter is no folder and no data file."""
    assert admitted(files).entities[0].file in files


TRANSFORM = (
    "<EntityTransformList><EntityTransform><XsltFileName>t.xslt</XsltFileName></EntityTransform></EntityTransformList>"
)


@pytest.mark.parametrize("data", [b"<a><b><c/></b></a>", b"<Rows><Row Key='1'/></Rows>", b"no XML"])
def test_a_file_that_fno_transforms_is_not_judged(data: bytes) -> None:
    """Only F&O knows the rows of a file that a style sheet of the package changes (fno-behaviour 3.15)."""
    xml = manifest_xml(MadeEntity(file="Groups.xml", source_format="XML-Element"))
    files = {
        "Manifest.xml": xml.replace("<EntityName>", f"{TRANSFORM}<EntityName>").encode(),
        "PackageHeader.xml": GOOD["PackageHeader.xml"],
        "Groups.xml": data,
        "Resources/t.xslt": b"<x/>",
    }
    entity = admitted(files).entities[0]
    with zipfile.ZipFile(io.BytesIO(zipped(files))) as archive, pytest.raises(UnreadableRowsError, match="transforms"):
        count_rows(archive, entity)


def test_a_name_that_windows_cannot_hold_is_refused_in_a_package() -> None:
    """A package is not changed, so its sender is told which name it can have."""
    with pytest.raises(RefusedPackageError, match=r"Rename the file, for example to 'a-b\.csv'"):
        admitted(files_of(MadeEntity(file="a|b.csv")))


def strict() -> bytes:
    """A workbook as Excel saves it under "Strict Open XML Spreadsheet"."""
    with zipfile.ZipFile(io.BytesIO(sheets(Data=ROW_LIST))) as book:
        parts = {name: book.read(name) for name in book.namelist()}
    for form, place in (("spreadsheetml", "2006/main"), ("officeDocument", "2006/relationships")):
        usual = f"http://schemas.openxmlformats.org/{form}/{place}"
        other = f"http://purl.oclc.org/ooxml/{form}/{place.removeprefix('2006/')}"
        parts = {name: part.replace(usual.encode(), other.encode()) for name, part in parts.items()}
    return zipped(parts)


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(strict(), id="strict"),
        pytest.param(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(2000), id="old, or with a password"),
        pytest.param(b"<html><table><tr><td>CUSTOMERGROUPID</td></tr></table></html>", id="a web page's table"),
        pytest.param(zipped({"[Content_Types].xml": b"<Types/>", "xl/workbook.bin": b"x"}), id="binary"),
        pytest.param(zipped({"mimetype": b"application/vnd.oasis.opendocument.spreadsheet"}), id="OpenDocument"),
    ],
)
def test_what_is_no_usual_workbook_is_refused_with_the_way_out(content: bytes) -> None:
    """The sender learns how to save it, and not only what a library has missed in it."""
    assert "save it in Excel as Excel Workbook (*.xlsx), without a password" in refusal(content, raw("EXCEL"))
