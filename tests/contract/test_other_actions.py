"""The less common actions (fno-behaviour 1.5)."""

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
    """The lines of an export's data files by file name."""
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
    """The other import actions import like ImportFromPackage, with more parameters (fno-behaviour 1.5)."""
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


def test_entity_list_selects_entities(fno: Caller) -> None:
    """ExportToPackageAsync exports the listed entities, or all without a list (fno-behaviour 1.5)."""
    one = fno.value("ExportToPackageAsync", definitionGroupId=PROJECT, entityList="Customers V3", **EXPORT)
    assert list(files_of(fno, one)) == ["Customers V3.csv"]
    every = fno.value("ExportToPackageAsync", definitionGroupId=PROJECT, entityList="", **EXPORT)
    assert len(files_of(fno, every)) == 2


def test_preview_counts_and_keeps_the_token(fno: Caller) -> None:
    """A preview exports the first records and does not move the version token (our reading: fno-behaviour 9.8)."""
    first = fno.value("ExportToPackagePreview", definitionGroupId=PROJECT, exportPreviewCount=2, **EXPORT)
    assert [len(one) for one in files_of(fno, first).values()] == [3, 3]
    after = fno.value("ExportToPackagePreviewAsync", definitionGroupId=PROJECT, exportPreviewCount=0, **EXPORT)
    assert [len(one) for one in files_of(fno, after).values()] == [7, 5]


def test_delta_of_a_full_project(fno: Caller) -> None:
    """ExportToPackageDelta exports changes only, even if the project exports everything (fno-behaviour 1.5)."""
    delta = {"definitionGroupId": "Vendors export", "entityList": "Vendor groups", **EXPORT}
    assert len(files_of(fno, fno.value("ExportToPackageDelta", **delta))["Vendor groups.csv"]) == 5
    assert len(files_of(fno, fno.value("ExportToPackageDelta", **delta))["Vendor groups.csv"]) == 1


def test_export_by_a_package(fno: Caller) -> None:
    """ExportFromPackage exports the entities and columns of a package's manifest (fno-behaviour 1.5)."""
    parameters = {"executionId": "", "execute": True, "overwrite": True, "legalEntityId": "DEMF"}
    execution = fno.value("ExportFromPackage", packageUrl=fno.upload(GROUPS), definitionGroupId="Made", **parameters)
    (lines,) = files_of(fno, execution).values()
    assert lines[:2] == ["CUSTOMERGROUPID,DESCRIPTION", "10,Wholesale customers"]


def test_history_can_be_deleted(fno: Caller) -> None:
    """DeleteExecutionHistoryJob deletes an execution and answers 204 (fno-behaviour 1.5)."""
    execution, _ = fno.run_import(GROUPS)
    assert fno.post("DeleteExecutionHistoryJob", executionId=execution).status_code == 204
    assert fno.post("GetExecutionSummaryStatus", executionId=execution).status_code == 400
    assert fno.details(execution) == []


@pytest.mark.parametrize("days", [7, 90])
def test_details_are_kept_for_days(fno: Caller, running: Emulator, days: int) -> None:
    """F&O deletes files and errors after some days, and keeps the status (fno-behaviour 7.3)."""
    fno.control("PATCH", "settings", {"kept_days": days})
    imported, _ = fno.run_import(package(part("Customer groups", "CUSTOMERGROUPID,DESCRIPTION", "T1,x", "T1,y")))
    exported, _ = fno.run_export(PROJECT)
    assert json.loads(fno.value("GetExecutionErrors", executionId=imported))
    running.settings.token_seconds = 10**9
    fno.session.headers["Authorization"] = f"Bearer {token(fno.ready).json()['access_token']}"
    running.clock.advance(days * 24 * 3600 - 60)
    assert fno.value("GetExecutionErrors", executionId=imported) != "[]"
    running.clock.advance(3600)
    assert fno.value("GetExecutionErrors", executionId=imported) == "[]"
    assert {fno.value("GetExportedPackageUrl", executionId=exported) for _ in range(3)} == {""}
    assert fno.value("GetExecutionSummaryStatus", executionId=exported) == "Succeeded"


def test_entity_list_is_refreshed(fno: Caller) -> None:
    """Actions without parameters and result take {} and answer 204 (fno-behaviour 1.4)."""
    assert fno.post("InitializeDataManagement").status_code == 204
    assert fno.post("InitializeDataManagementAsync").status_code == 204


def test_sequence_puts_references_first(fno: Caller) -> None:
    """GetEntitySequence gives entities a higher level than those they reference (our format: fno-behaviour 9.9)."""
    value = fno.value("GetEntitySequence", listOfDataEntities="Customers V3,Customer groups,Currencies")
    assert value == "Customers V3-1-2-1,Customer groups-1-1-2,Currencies-1-1-3,"


def test_page_and_entity_statuses(fno: Caller) -> None:
    """The summary page has a URL of the web client; entity statuses are a list of strings (fno-behaviour 1.5, 9.5)."""
    execution, _ = fno.run_import(GROUPS)
    assert fno.value("GetExecutionSummaryPageUrl", executionId=execution).startswith(f"{fno.ready['url']}/")
    assert fno.value("GetEntityExecutionSummaryStatusList", executionId=execution) == ["Customer groups: Finished"]


def test_versions(fno: Caller) -> None:
    """DataManagementEntities has an action that returns F&O's version (fno-behaviour 1.17)."""
    url = f"{fno.ready['url']}/data/DataManagementEntities/Microsoft.Dynamics.DataEntities.GetApplicationVersion"
    assert fno.session.post(url, json={}, timeout=30).json()["value"].startswith("10.0.")


def test_number_of_actions() -> None:
    """DataManagementDefinitionGroups has 25 actions (fno-behaviour 1.5)."""
    assert len(ACTIONS) == 25
