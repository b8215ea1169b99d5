"""Every format reads what it writes, whatever the rows contain."""

import io
import string
import zipfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fno_emulator.dmf.errors import EntityFailed
from fno_emulator.dmf.formats import FORMATS, by_name
from fno_emulator.dmf.formats.source import Source
from tests.contract.conftest import Caller
from tests.contract.package_files import Part, package
from tests.unit.packages.formats.test_rows import declaring

COLUMNS = ["MAJORTYPEID", "DESCRIPTION", "AMOUNT"]
TEXT = st.text(
    st.characters(exclude_categories=("Cs", "Cc", "Cn", "Co")) | st.sampled_from("\n\t\"',;|=0"), max_size=30
).map(str.strip)
ROW = st.tuples(st.text(string.digits + string.ascii_letters, min_size=1, max_size=8), TEXT, TEXT).map(list)


@pytest.mark.parametrize("name", list(FORMATS))
@given(rows=st.lists(ROW, min_size=1, max_size=5))
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_what_is_written_is_read(tmp_path: Path, name: str, rows: list[list[str]]) -> None:
    """Unicode, quotes, separators, line breaks and leading zeros are read as they were written."""
    chosen = by_name(name)
    source = Source(tmp_path / f"data.{chosen.extension}", "Fixed asset major type", "AssetMajorTypeEntity")
    assert chosen.write(source, COLUMNS, iter(rows)) == len(rows)
    columns, found = chosen.read(source)
    assert columns == COLUMNS
    assert list(found) == rows


@pytest.mark.parametrize("dimension", ["A1", "A1:B2", "A1:XFD1048576"])
def test_a_workbook_is_read_whatever_size_it_declares(tmp_path: Path, dimension: str) -> None:
    """The size that a sheet declares neither hides rows and columns nor adds any."""
    source = Source(tmp_path / "data.xlsx", "Fixed asset major type", "AssetMajorTypeEntity")
    rows = [["M1", "Machine", "1"], ["M2", "Car", "2"]]
    by_name("EXCEL").write(source, COLUMNS, iter(rows))
    source.path.write_bytes(declaring(source.path.read_bytes(), dimension))
    columns, found = by_name("EXCEL").read(source)
    assert (columns, list(found)) == (COLUMNS, rows)


@pytest.mark.parametrize("name", ["XML-Element", "XML-Attribute"])
def test_xml_refuses_control_characters(tmp_path: Path, name: str) -> None:
    """A control character in the data cannot be written as XML (fno-behaviour 3.7)."""
    source = Source(tmp_path / "data.xml", "Fixed asset major type", "AssetMajorTypeEntity")
    with pytest.raises(EntityFailed, match="DMF2055"):
        by_name(name).write(source, ["A"], iter([["\b"]]))


ELEMENTS = (
    "<Document><ASSETMAJORTYPEENTITY><MAJORTYPEID>X1</MAJORTYPEID><DESCRIPTION>a &amp; b</DESCRIPTION>"
    "</ASSETMAJORTYPEENTITY></Document>"
)
ATTRIBUTES = '<Document><ASSETMAJORTYPEENTITY MAJORTYPEID="X1" DESCRIPTION="a &amp; b"/></Document>'


@pytest.mark.parametrize(
    ("source_format", "content"), [("XML-Attribute", ATTRIBUTES.encode()), ("XML-Element", ELEMENTS.encode())]
)
def test_xml_import(fno: Caller, source_format: str, content: bytes) -> None:
    """The elements of records have the entity's AOT name in upper case (fno-behaviour 3.7)."""
    columns = ["MAJORTYPEID", "DESCRIPTION"]
    assert (
        fno.run_import(package(Part("Fixed asset major type", columns, content, source_format, "x.xml")))[1]
        == "Succeeded"
    )
    assert fno.rows("AssetMajorTypes", "&$filter=MajorTypeId eq 'X1'")[0]["Description"] == "a & b"


def test_xml_that_is_not_well_formed(fno: Caller) -> None:
    """A file that is not well-formed XML fails with F&O's message."""
    broken = Part("Fixed asset major type", ["MAJORTYPEID"], b"<Document><ASSET", "XML-Element", "x.xml")
    execution, status = fno.run_import(package(broken))
    assert status == "Failed"
    assert "XML is not in correct format" in fno.value("GetExecutionErrors", executionId=execution)


def test_unknown_format(fno: Caller) -> None:
    """An import in an unknown format fails."""
    execution, status = fno.run_import(package(Part("Fixed asset major type", ["MAJORTYPEID"], b"x", "JSON")))
    assert status == "Failed"
    assert "JSON" in fno.value("GetExecutionErrors", executionId=execution)


def test_exported_zip_opens(fno: Caller) -> None:
    """The package of an export is a valid zip file."""
    with zipfile.ZipFile(io.BytesIO(fno.download(fno.run_export("Vendors export")[0]))) as whole:
        assert whole.testzip() is None


def test_a_line_that_ends_in_lf_alone_is_not_read(tmp_path: Path) -> None:
    """Every line of a CSV file ends in CR LF, not the header alone (fno-behaviour 2.10)."""
    source = Source(tmp_path / "data.csv", "Fixed asset major type", "AssetMajorTypeEntity")
    source.path.write_bytes(b'MAJORTYPEID,DESCRIPTION\r\nM1,"Two\nlines"\r\nM2,Car\nM3,Bus\r\n')
    _, rows = by_name("CSV").read(source)
    assert next(rows) == ["M1", "Two\nlines"]
    with pytest.raises(EntityFailed, match="DMF2050"):
        list(rows)
