"""Imports (fno-behaviour 1, 4 and 5)."""

import json

import requests

from tests.contract.conftest import Caller
from tests.contract.package_files import Part, csv, package, part

GROUPS = part("Customer groups", "CUSTOMERGROUPID,DESCRIPTION", "T1,Test one", "10,Renamed")
CUSTOMERS = part(
    "Customers V3",
    "CUSTOMERACCOUNT,ORGANIZATIONNAME,CUSTOMERGROUPID,SALESCURRENCYCODE,CREDITLIMIT,CREDMANCUSTOMERSINCE",
    "C-1,Good,T1,USD,100.50,2020-02-29",
    "C-2,No group,XX,USD,0,",
    "C-3,,T1,USD,0,",
    "C-4,Bad date,T1,USD,0,2021-02-29",
    level=2,
)


def test_valid_package_succeeds(fno: Caller) -> None:
    """The rows of a valid package are inserted or updated by key (fno-behaviour 5.3)."""
    execution, status = fno.run_import(package(GROUPS))
    assert status == "Succeeded"
    rows = fno.rows("CustomerGroups", "&$filter=dataAreaId eq 'usmf'")
    found = {one["CustomerGroupId"]: one for one in rows}
    assert found["T1"]["Description"] == "Test one"
    assert found["10"]["Description"] == "Renamed"
    assert found["10"]["PaymentTermId"] == "Net30", "a column outside the mapping is left alone"
    (detail,) = fno.details(execution)
    assert (detail["TargetRecordsCreatedCount"], detail["TargetRecordsUpdatedCount"]) == (1, 1)
    assert (detail["StagingStatus"], detail["TargetStatus"]) == ("Finished", "Finished")


def test_invalid_rows_are_rejected(fno: Caller) -> None:
    """A missing mandatory value, unknown reference or invalid date rejects only its row (fno-behaviour 4.2)."""
    execution, status = fno.run_import(package(GROUPS, CUSTOMERS, encoding="utf-16"))
    assert status == "PartiallySucceeded"
    errors = json.loads(fno.value("GetExecutionErrors", executionId=execution))
    assert [list(one) for one in errors] == [["RecordId", "Field", "ErrorMessage"]] * 3
    texts = "".join(one["ErrorMessage"] for one in errors)
    assert "The value 'XX' in field 'Customer group' is not found in the related table 'Customer groups'" in texts
    assert "Field 'Name' must be filled in" in texts
    assert "2021-02-29" in texts
    assert [one["CustomerAccount"] for one in fno.rows("CustomersV3", "&$filter=CustomerAccount eq 'C-*'")] == ["C-1"]
    detail = next(one for one in fno.details(execution) if one["EntityName"] == "Customers V3")
    assert detail["StagingRecordsToBeProcessedCount"] == 4
    assert detail["StagingRecordsCreatedCount"] == 3
    assert detail["TargetRecordsCreatedCount"] == 1
    assert detail["TargetStatus"] == "Error"


def test_files_of_rejected_rows(fno: Caller) -> None:
    """The error file has the rows that staging rejects, the key file those of the target (fno-behaviour 4.3, 4.5)."""
    execution, _ = fno.run_import(package(GROUPS, CUSTOMERS))
    subject = {"executionId": execution, "entityName": "Customers V3"}
    staging = requests.get(fno.value("GetImportStagingErrorFileUrl", **subject), timeout=30).text
    assert staging.splitlines()[1:] == ["C-4,Bad date,T1,USD,0,2021-02-29"]
    assert fno.value("GetImportTargetErrorKeysFileUrl", **subject) == ""
    assert fno.value("GenerateImportTargetErrorKeysFile", **subject) is True
    assert fno.value("GetImportTargetErrorKeysFileUrl", **subject) == ""
    keys = requests.get(fno.value("GetImportTargetErrorKeysFileUrl", **subject), timeout=30).text
    assert "C-2" in keys and "C-3" in keys and "C-4" not in keys  # noqa: PT018 - one file, one statement
    subject["entityName"] = "Customer groups"
    assert fno.value("GenerateImportTargetErrorKeysFile", **subject) is False
    assert fno.value("GetImportStagingErrorFileUrl", **subject) == ""


def test_import_without_a_mapping_loads_nothing(fno: Caller) -> None:
    """An import whose manifest has no EntityMapList succeeds and loads no rows (fno-behaviour 2.12)."""
    unmapped = Part("Customer groups", None, csv("CUSTOMERGROUPID", "T1"))
    execution, status = fno.run_import(package(unmapped))
    assert status == "Succeeded"
    assert fno.details(execution)[0]["StagingRecordsCreatedCount"] == 0


def test_line_feeds_alone_break_the_mapping(fno: Caller) -> None:
    """A CSV file without carriage returns fails with a message about the mapping (fno-behaviour 2.10)."""
    lines = csv("CUSTOMERGROUPID,DESCRIPTION", "T1,x", end="\n")
    execution, status = fno.run_import(package(Part("Customer groups", ["CUSTOMERGROUPID", "DESCRIPTION"], lines)))
    assert status == "Failed"
    (error,) = json.loads(fno.value("GetExecutionErrors", executionId=execution))
    assert error["ErrorMessage"].startswith("the mapping is incorrect for entity Customer groups and field {")


def test_csv_unicode_needs_utf_16(fno: Caller) -> None:
    """A CSV-Unicode file must be in UTF-16 (fno-behaviour 2.9)."""
    plain = Part("Customer groups", ["CUSTOMERGROUPID"], csv("CUSTOMERGROUPID", "T1"), "CSV-Unicode")
    execution, status = fno.run_import(package(plain))
    assert status == "Failed"
    assert "Selected file is not Unicode" in fno.value("GetExecutionErrors", executionId=execution)
    plain.content = "CUSTOMERGROUPID\r\nŁódź\r\n".encode("utf-16")
    assert fno.run_import(package(plain))[1] == "Succeeded"
    assert fno.rows("CustomerGroups", "&$filter=CustomerGroupId eq 'Łódź'")
