"""Exports (fno-behaviour 6)."""

import io
import zipfile

import requests
from defusedxml.ElementTree import fromstring
from openpyxl import load_workbook

from tests.contract.conftest import Caller
from tests.contract.package_files import NAMESPACE, package, part
from tests.contract.test_odata import send

PROJECT = "Customer groups export"


def lines_of(content: bytes, name: str = "Customer groups.csv") -> list[str]:
    """The lines of a data file."""
    with zipfile.ZipFile(io.BytesIO(content)) as whole:
        return whole.read(name).decode().splitlines()


def test_package_is_what_fno_writes(fno: Caller) -> None:
    """A package has a UTF-16 manifest without XML declaration, a header, a file per entity (fno-behaviour 3.1, 3.2)."""
    execution, status = fno.run_export("Vendors export", "DEMF")
    assert status == "Succeeded"
    with zipfile.ZipFile(io.BytesIO(fno.download(execution))) as whole:
        assert whole.namelist() == [
            "Manifest.xml",
            "PackageHeader.xml",
            "Vendor groups.csv",
            "Vendors V2.csv",
        ]
        raw = whole.read("Manifest.xml")
        assert whole.read("Vendors V2.csv").decode().splitlines()[1].startswith("DE-01001,Organization,Contoso Office")
    assert raw.startswith(b"\xff\xfe<\x00D\x00")
    labels = [one.text for one in fromstring(raw).iter(f"{{{NAMESPACE}}}EntityName")]
    assert labels == ["Vendor groups", "Vendors V2"]


def test_url_is_empty_first_and_new_each_time(fno: Caller) -> None:
    """GetExportedPackageUrl may return "" at first; later each call returns a new URL (fno-behaviour 6.4, 7.2)."""
    execution, _ = fno.run_export(PROJECT)
    assert fno.value("GetExportedPackageUrl", executionId=execution) == ""
    url = fno.value("GetExportedPackageUrl", executionId=execution)
    assert "/temporary-file/%7B" in url
    assert url.partition("?")[0].endswith("_DMFPackage.zip")
    fno.control("POST", "clock", {"advance": 1})
    assert fno.value("GetExportedPackageUrl", executionId=execution) != url
    assert "&sp=r" in url
    assert requests.get(url, timeout=30).status_code == 200
    fno.control("POST", "clock", {"advance": 60 * 60 + 1})
    assert requests.get(url, timeout=30).status_code == 403


def test_incremental_exports_changes_only(fno: Caller) -> None:
    """The first run exports everything, the next one only rows written since, for each company (fno-behaviour 6.2)."""
    assert len(lines_of(fno.download(fno.run_export(PROJECT)[0]))) == 7
    fno.run_import(package(part("Customer groups", "CUSTOMERGROUPID,DESCRIPTION", "T1,New", "20,Changed")))
    changed = lines_of(fno.download(fno.run_export(PROJECT)[0]))
    assert [one.split(",")[0] for one in changed[1:]] == ["20", "T1"]
    assert len(lines_of(fno.download(fno.run_export(PROJECT, "DEMF")[0]))) == 7


def test_export_without_changes_has_a_header(fno: Caller) -> None:
    """An incremental export without changes succeeds with a header-only file (our switch: fno-behaviour 9.3)."""
    fno.run_export(PROJECT)
    execution, status = fno.run_export(PROJECT)
    assert status == "Succeeded"
    assert len(lines_of(fno.download(execution))) == 1
    fno.control("PATCH", "settings", {"zero_records_export": "no_file"})
    with zipfile.ZipFile(io.BytesIO(fno.download(fno.run_export(PROJECT)[0]))) as whole:
        assert "Customer groups.csv" not in whole.namelist()
    fno.control("PATCH", "settings", {"zero_records_export": "empty_url"})
    execution, _ = fno.run_export(PROJECT)
    assert {fno.value("GetExportedPackageUrl", executionId=execution) for _ in range(5)} == {""}


def test_reset_token_makes_the_next_run_full(fno: Caller) -> None:
    """After ResetVersionToken the next export is a full one (fno-behaviour 6.2)."""
    fno.run_export(PROJECT)
    answer = fno.value("ResetVersionToken", definitionGroupId=PROJECT, entityName="Customer groups", sourceName="CSV")
    assert answer is True
    assert len(lines_of(fno.download(fno.run_export(PROJECT)[0]))) == 7


def test_workbook(fno: Caller) -> None:
    """An EXCEL file has a sheet named like the entity's label, with underscores (fno-behaviour 3.7)."""
    execution, _ = fno.run_export("Asset major types export")
    with zipfile.ZipFile(io.BytesIO(fno.download(execution))) as whole:
        book = load_workbook(io.BytesIO(whole.read("Fixed asset major type.xlsx")))
    assert book.sheetnames == ["Fixed_asset_major_type"]
    assert [one.value for one in book.active[1]] == ["MAJORTYPEID", "DESCRIPTION"]  # type: ignore[index]


def test_exported_package_imports_elsewhere(fno: Caller) -> None:
    """A company can import a package that another company exported (fno-behaviour 5.5)."""
    package_bytes = fno.download(fno.run_export("Asset major types export")[0])
    assert fno.run_import(package_bytes, legalEntityId="DEMF")[1] == "Succeeded"
    rows = fno.rows("AssetMajorTypes", "&$filter=dataAreaId eq 'demf'")
    assert [one["MajorTypeId"] for one in rows] == ["BUILDING", "EQUIPMENT"]


def test_entity_that_cannot_be_written(fno: Caller) -> None:
    """A control character fails the export of its entity to XML, with a message (fno-behaviour 3.7)."""
    send(fno, "PATCH", "Currencies('JPY')", {"Name": "Ye\bn"})
    send(fno, "POST", "DataManagementDefinitionGroups", {"Name": "Out", "OperationType": "Export"})
    for label in ("Currencies", "Vendor groups"):
        detail = {"DefinitionGroupId": "Out", "EntityName": label, "SourceFormat": "XML-Element"}
        send(fno, "POST", "DataManagementDefinitionGroupDetails", {**detail, "AutoGenerateMapping": "Yes"})
    execution, status = fno.run_export("Out")
    assert status == "PartiallySucceeded"
    assert "DMF2055" in fno.value("GetExecutionErrors", executionId=execution)
    with zipfile.ZipFile(io.BytesIO(fno.download(execution))) as whole:
        assert whole.namelist() == ["Manifest.xml", "PackageHeader.xml", "Vendor groups.xml"]
