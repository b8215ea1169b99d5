"""Data projects as OData records (fno-behaviour 1.11, 5.10)."""

import time

from tests.contract.conftest import Caller
from tests.contract.package_files import package, part
from tests.contract.test_odata import send

EXPORT = {"packageName": "p", "reExecute": False, "legalEntityId": "USMF"}
GROUPS, DETAILS = "DataManagementDefinitionGroups", "DataManagementDefinitionGroupDetails"


def test_export_project_is_created_and_deleted(fno: Caller) -> None:
    """A project that is created with a generated mapping can be exported, changed and deleted (fno-behaviour 1.11)."""
    made = send(fno, "POST", GROUPS, {"Name": "Mine", "Description": "d" * 70, "OperationType": "Export"})
    assert (made.status_code, len(made.json()["Description"])) == (201, 60)
    assert send(fno, "POST", GROUPS, {"Name": "mine"}).status_code == 400
    detail = {"DefinitionGroupId": "Mine", "EntityName": "Currencies", "AutoGenerateMapping": "Yes"}
    assert send(fno, "POST", DETAILS, detail).json()["ValidationStatus"] == "Yes"
    execution, status = fno.run_export("Mine")
    assert (status, fno.details(execution)[0]["StagingRecordsCreatedCount"]) == ("Succeeded", 6)
    assert send(fno, "GET", f"{GROUPS}('Mine')").json()["OperationType"] == "Export"
    assert send(fno, "DELETE", f"{GROUPS}('Mine')").status_code == 204
    assert send(fno, "GET", f"{GROUPS}('Mine')").status_code == 404
    assert send(fno, "DELETE", f"{GROUPS}('Mine')").status_code == 404


def test_detail_is_changed_and_deleted(fno: Caller) -> None:
    """A detail can be changed, and a deleted detail is no longer exported (fno-behaviour 1.11)."""
    where = f"{DETAILS}(DefinitionGroupId='Vendors export',EntityName='Vendor groups')"
    assert send(fno, "PATCH", where, {"DefaultRefreshType": "IncrementalPush"}).status_code == 204
    assert send(fno, "GET", where).json()["DefaultRefreshType"] == "IncrementalPush"
    assert send(fno, "DELETE", where).status_code == 204
    execution, _ = fno.run_export("Vendors export")
    assert [one["EntityName"] for one in fno.details(execution)] == ["Vendors V2"]


def test_export_without_a_mapping_never_ends(fno: Caller) -> None:
    """An export without a mapping stays Executing and blocks its project until it is deleted (fno-behaviour 1.11)."""
    send(fno, "POST", GROUPS, {"Name": "Mine", "OperationType": "Export"})
    detail = {"DefinitionGroupId": "Mine", "EntityName": "Currencies"}
    skipping = send(fno, "POST", DETAILS, {**detail, "SkipStaging": "Yes"})
    assert "Staging cannot be skipped" in skipping.text
    assert send(fno, "POST", DETAILS, detail).json()["ValidationStatus"] == "No"
    hanging = fno.value("ExportToPackage", definitionGroupId="Mine", executionId="hanging", **EXPORT)
    for _ in range(100):
        if fno.details(hanging)[0]["StagingStatus"] == "Executing":
            break
        time.sleep(0.02)
    where = f"{DETAILS}(DefinitionGroupId='Mine',EntityName='Currencies')"
    send(fno, "DELETE", where)
    send(fno, "POST", DETAILS, {**detail, "AutoGenerateMapping": "Yes"})
    behind = fno.value("ExportToPackage", definitionGroupId="Mine", executionId="behind", **EXPORT)
    assert fno.run_export("Vendors export")[1] == "Succeeded"
    statuses = [fno.value("GetExecutionSummaryStatus", executionId=one) for one in (hanging, behind)]
    assert statuses == ["Executing", "NotRun"]
    fno.post("DeleteExecutionHistoryJob", executionId=hanging)
    assert fno.wait(behind) == "Succeeded"


def test_project_may_truncate(fno: Caller) -> None:
    """With TruncateEntityData an import first deletes the company's rows (fno-behaviour 5.10)."""
    groups = package(part("Vendor groups", "VENDORGROUPID,DESCRIPTION", "T1,Only"))
    fno.run_import(groups, "Cut")
    assert send(fno, "PATCH", f"{GROUPS}('Cut')", {"TruncateEntityData": "Yes"}).status_code == 204
    fno.run_import(groups, "Cut")
    found = fno.rows("VendorGroups")
    assert [one["VendorGroupId"] for one in found if one["dataAreaId"] == "usmf"] == ["T1"]
    assert len([one for one in found if one["dataAreaId"] == "demf"]) == 4
