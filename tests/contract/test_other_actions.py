"""The actions beside the main road: fno-behaviour 1.5."""

import io
import json
import zipfile

import pytest

from fno_emulator.odata.actions import ACTIONS
from fno_emulator.server import Emulator
from tests.contract.conftest import Caller, token
from tests.contract.package_files import package, part

GROUPS = package(part("Customer groups", "CUSTOMERGROUPID,DESCRIPTION", "T1,Test"))
PROJECT = "Customers export"
EXPORT = {"packageName": "p", "executionId": "", "reExecute": False, "legalEntityId": "USMF"}


def files_of(fno: Caller, execution: str) -> dict[str, list[str]]:
    """The data files of an export, by lines."""
    assert fno.wait(execution) == "Succeeded"
    with zipfile.ZipFile(io.BytesIO(fno.download(execution))) as whole:
        names = [one for one in whole.namelist() if one.endswith(".csv")]
        return {one: whole.read(one).decode().splitlines() for one in names}


@pytest.mark.parametrize(
    ("action", "more"),
    [
        (
            "ImportFromPackageAsync",
            {"failOnError": True, "runAsyncWithoutBatch": False, "thresholdToRunInBatch": 0},
        ),
        ("ImportFromDMTPackage", {"importBatchGroupId": "", "failOnError": False}),
    ],
)
def test_other_imports(fno: Caller, action: str, more: dict[str, object]) -> None:
    """The variants import like ImportFromPackage, with parameters of their own (fno-behaviour 1.5)."""
    common = {
        "definitionGroupId": "V",
        "executionId": "",
        "execute": True,
        "overwrite": True,
        "legalEntityId": "USMF",
    }
    url = fno.upload(GROUPS)
    assert fno.wait(fno.value(action, packageUrl=url, **common, **more)) == "Succeeded"
    assert fno.post(action, packageUrl=url, **common).status_code == 400


def test_entity_list_chooses(fno: Caller) -> None:
    """ExportToPackageAsync exports the named entities only, all of them without a list (fno-behaviour 1.5)."""
    one = fno.value("ExportToPackageAsync", definitionGroupId=PROJECT, entityList="Customers V3", **EXPORT)
    assert list(files_of(fno, one)) == ["Customers V3.csv"]
    every = fno.value("ExportToPackageAsync", definitionGroupId=PROJECT, entityList="", **EXPORT)
    assert len(files_of(fno, every)) == 2


def test_preview_counts_and_keeps_the_token(fno: Caller) -> None:
    """A preview brings the first records and leaves change tracking alone (our reading: fno-behaviour 9.8)."""
    first = fno.value("ExportToPackagePreview", definitionGroupId=PROJECT, exportPreviewCount=2, **EXPORT)
    assert [len(one) for one in files_of(fno, first).values()] == [3, 3]
    after = fno.value(
        "ExportToPackagePreviewAsync", definitionGroupId=PROJECT, exportPreviewCount=0, **EXPORT
    )
    assert [len(one) for one in files_of(fno, after).values()] == [7, 5]


def test_delta_of_a_full_project(fno: Caller) -> None:
    """ExportToPackageDelta brings changes only, also of a project that pushes everything (fno-behaviour 1.5)."""
    delta = {"definitionGroupId": "Vendors export", "entityList": "Vendor groups", **EXPORT}
    assert len(files_of(fno, fno.value("ExportToPackageDelta", **delta))["Vendor groups.csv"]) == 5
    assert len(files_of(fno, fno.value("ExportToPackageDelta", **delta))["Vendor groups.csv"]) == 1


def test_export_by_a_package(fno: Caller) -> None:
    """ExportFromPackage makes the project from the package's manifest and exports its entities and columns (fno-behaviour 1.5)."""
    parameters = {"executionId": "", "execute": True, "overwrite": True, "legalEntityId": "DEMF"}
    execution = fno.value(
        "ExportFromPackage", packageUrl=fno.upload(GROUPS), definitionGroupId="Made", **parameters
    )
    (lines,) = files_of(fno, execution).values()
    assert lines[:2] == ["CUSTOMERGROUPID,DESCRIPTION", "10,Wholesale customers"]


def test_history_can_be_deleted(fno: Caller) -> None:
    """DeleteExecutionHistoryJob answers 204; after it nobody knows the execution (fno-behaviour 1.5)."""
    execution, _ = fno.run_import(GROUPS)
    assert fno.post("DeleteExecutionHistoryJob", executionId=execution).status_code == 204
    assert fno.post("GetExecutionSummaryStatus", executionId=execution).status_code == 400
    assert fno.details(execution) == []


def test_seven_days_later(fno: Caller, running: Emulator) -> None:
    """Files and errors go after seven days, the status stays (fno-behaviour 7.3)."""
    imported, _ = fno.run_import(
        package(part("Customer groups", "CUSTOMERGROUPID,DESCRIPTION", "T1,x", "T1,y"))
    )
    exported, _ = fno.run_export(PROJECT)
    assert json.loads(fno.value("GetExecutionErrors", executionId=imported))
    running.settings.token_seconds = 10**9
    fno.session.headers["Authorization"] = f"Bearer {token(fno.ready).json()['access_token']}"
    running.clock.advance(7 * 24 * 3600 + 60)
    assert fno.value("GetExecutionErrors", executionId=imported) == "[]"
    assert {fno.value("GetExportedPackageUrl", executionId=exported) for _ in range(3)} == {""}
    assert fno.value("GetExecutionSummaryStatus", executionId=exported) == "Succeeded"


def test_entity_list_is_refreshed(fno: Caller) -> None:
    """Actions without a result take {} and answer 204 (fno-behaviour 1.4)."""
    assert fno.post("InitializeDataManagement").status_code == 204
    assert fno.post("InitializeDataManagementAsync").status_code == 204


def test_sequence_puts_references_first(fno: Caller) -> None:
    """GetEntitySequence raises the level of what refers to others (our format: fno-behaviour 9.9)."""
    value = fno.value("GetEntitySequence", listOfDataEntities="Customers V3,Customer groups,Currencies")
    assert value == "Customers V3-1-2-1,Customer groups-1-1-2,Currencies-1-1-3,"


def test_page_and_entity_statuses(fno: Caller) -> None:
    """The summary page is a URL of the web client, the entity list a list of strings (fno-behaviour 1.5, 9.5)."""
    execution, _ = fno.run_import(GROUPS)
    assert fno.value("GetExecutionSummaryPageUrl", executionId=execution).startswith(f"{fno.ready['url']}/")
    assert fno.value("GetEntityExecutionSummaryStatusList", executionId=execution) == [
        "Customer groups: Finished"
    ]


def test_versions(fno: Caller) -> None:
    """The neighbouring set tells its versions (fno-behaviour 1.17)."""
    url = f"{fno.ready['url']}/data/DataManagementEntities/Microsoft.Dynamics.DataEntities.GetApplicationVersion"
    assert fno.session.post(url, json={}, timeout=30).json()["value"].startswith("10.0.")


def test_all_twenty_five() -> None:
    """Every action of the data management set is there (fno-behaviour 1.5)."""
    assert len(ACTIONS) == 25
