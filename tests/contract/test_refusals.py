"""What the actions refuse, and with which messages (fno-behaviour 1 and 2)."""

import zipfile
from dataclasses import replace
from io import BytesIO

import pytest

from tests.contract.conftest import ACTIONS, Caller
from tests.contract.package_files import HEADER, manifest, package, part, zipped

GROUPS = part("Customer groups", "CUSTOMERGROUPID,DESCRIPTION", "T1,Test")
IDS = {"executionId": "nobody"}


def text_of(response: object) -> str:
    """The message of a failed action."""
    body = response.json()  # type: ignore[attr-defined]
    message: str = body["error"]["innererror"]["message"]
    return message.partition("on Entity DataManagementDefinitionGroup: ")[2]


def test_error_envelope(fno: Caller) -> None:
    """A failed action answers 400 with an empty code, an innererror message, and an activity id (fno-behaviour 2.1)."""
    response = fno.post("GetExecutionSummaryStatus", **IDS)
    assert response.status_code == 400
    error = response.json()["error"]
    assert (error["code"], error["message"]) == ("", "An error has occurred.")
    assert error["innererror"]["message"] == (
        "Exception occurred while executing action GetExecutionSummaryStatus on Entity "
        "DataManagementDefinitionGroup: Execution details were not found for execution id: nobody"
    )
    assert response.headers["ms-dyn-aid"]
    assert response.headers["OData-Version"] == "4.0"


def test_answer_has_a_context(fno: Caller) -> None:
    """An answer has the context of its value's type and F&O's headers (fno-behaviour 1.4, 2.2)."""
    response = fno.post("GetAzureWriteUrl", uniqueFileName="a.zip")
    assert response.json()["@odata.context"].endswith("/data/$metadata#Edm.String")
    assert response.headers["Content-Type"].startswith("application/json; odata.metadata=minimal")
    assert response.headers["ms-dyn-aid"]
    reset = {"definitionGroupId": "Customers export", "entityName": "Customers V3", "sourceName": "CSV"}
    assert fno.post("ResetVersionToken", **reset).json()["@odata.context"].endswith("#Edm.Boolean")


@pytest.mark.parametrize(
    "body",
    ["", "null", "[]", "{}", '{"executionId":null}', '{"executionId":1}', '{"executionId":"a","x":"b"}'],
)
def test_parameters_must_be_those_declared(fno: Caller, body: str) -> None:
    """Missing, null, mistyped and unknown parameters are refused (fno-behaviour 1.1)."""
    url = f"{fno.ready['url']}{ACTIONS}GetExecutionSummaryStatus"
    response = fno.session.post(url, data=body, headers={"Content-Type": "application/json"}, timeout=30)
    assert response.status_code == 400
    assert "Model state is invalid" in response.text


@pytest.mark.parametrize("action", ["getexecutionsummarystatus", "Nothing"])
def test_action_names_are_case_sensitive(fno: Caller, action: str) -> None:
    """An action with another spelling answers 404 (fno-behaviour 2.6)."""
    response = fno.refused(action, **IDS)
    assert response.status_code == 404
    assert response.json()["Message"].startswith("No HTTP resource was found that matches the request URI 'http")


def test_new_execution_may_be_unknown_at_first(fno: Caller) -> None:
    """During the registration time a new execution id is not found (fno-behaviour 2.4)."""
    fno.control("PATCH", "settings", {"registration_seconds": 60})
    execution = fno.start_import(package(GROUPS)).json()["value"]
    assert "were not found" in text_of(fno.post("GetExecutionSummaryStatus", executionId=execution))
    fno.control("POST", "clock", {"advance": 61})
    assert fno.wait(execution) == "Succeeded"


@pytest.mark.parametrize(
    "action",
    [
        "GetExportedPackageUrl",
        "GetExecutionErrors",
        "GetExecutionSummaryPageUrl",
        "DeleteExecutionHistoryJob",
    ],
)
def test_unknown_execution_is_unknown_to_all(fno: Caller, action: str) -> None:
    """All actions answer the same error for an unknown execution (fno-behaviour 2.4)."""
    response = fno.refused(action, **IDS)
    assert response.status_code == 400
    assert text_of(response) == "Execution details were not found for execution id: nobody"


def test_queued_execution_has_no_package(fno: Caller) -> None:
    """Until the batch starts an execution, it is NotRun and its package's URL is "" (fno-behaviour 5.8, 6.4)."""
    fno.control("PATCH", "settings", {"queue_seconds": 30, "package_url_empty_asks": 0})
    export = {"packageName": "p", "executionId": "", "reExecute": False, "legalEntityId": "USMF"}
    execution, other = (
        fno.value("ExportToPackage", definitionGroupId=project, **export)
        for project in ("Customers export", "Vendors export")
    )
    assert execution != other, "each execution gets a new id, also within one second"
    assert fno.value("GetExecutionSummaryStatus", executionId=execution) == "NotRun"
    fno.control("PATCH", "settings", {"queued_status": "Unknown"})
    assert fno.value("GetExecutionSummaryStatus", executionId=execution) == "Unknown"
    assert fno.value("GetExportedPackageUrl", executionId=execution) == ""
    fno.control("POST", "clock", {"advance": 31})
    assert fno.wait(execution) == "Succeeded"
    assert fno.value("GetExportedPackageUrl", executionId=execution)


@pytest.mark.parametrize(
    "content",
    [
        b"no zip at all",
        zipped({"Manifest.xml": manifest(GROUPS).encode(), GROUPS.name: GROUPS.content}),
        zipped({"folder/PackageHeader.xml": HEADER.encode(), "folder/Manifest.xml": manifest(GROUPS).encode()}),
    ],
    ids=["not a zip", "no header", "in a folder"],
)
def test_invalid_package(fno: Caller, content: bytes) -> None:
    """A file that is not a flat package is refused because its header file is missing (fno-behaviour 2.5)."""
    response = fno.refused_import(content)
    assert response.status_code == 400
    assert text_of(response).startswith("Could not find file 'C:\\windows\\TEMP\\")
    assert text_of(response).endswith("\\PackageHeader.xml'.")


def test_unknown_entity(fno: Caller) -> None:
    """A manifest must name an entity by its label (fno-behaviour 2.5)."""
    response = fno.refused_import(package(part("CustCustomerGroupEntity", "CUSTOMERGROUPID", "T1")))
    assert text_of(response) == "Entity CustCustomerGroupEntity does not exist in the target environment"


def test_entity_twice(fno: Caller) -> None:
    """A data project holds an entity once, so a manifest must not name it twice (fno-behaviour 3.16)."""
    second = replace(GROUPS, entity=GROUPS.entity.upper(), file="second.csv")
    assert text_of(fno.refused_import(package(GROUPS, second))).endswith("The record already exists.")


def test_missing_data_file(fno: Caller) -> None:
    """A package without a data file that its manifest names is refused (fno-behaviour 2.5)."""
    memory = BytesIO(package(GROUPS))
    with zipfile.ZipFile(memory) as whole:
        files = {name: whole.read(name) for name in whole.namelist() if name != GROUPS.name}
    assert text_of(fno.refused_import(zipped(files))).endswith("\\Customer groups.csv'.")


@pytest.mark.parametrize(("switch", "staged"), [("alphabetical", 0), ("any", 1)])
def test_manifest_is_read_in_alphabetical_order(fno: Caller, switch: str, staged: int) -> None:
    """A mapping that is out of alphabetical order is ignored, and nothing is loaded (our switch: fno-behaviour 3.2)."""
    fno.control("PATCH", "settings", {"manifest_order": switch})
    listed, _, rest = manifest(GROUPS).partition("</EntityMapList>")
    head, _, maps = listed.partition("<EntityMapList>")
    end = "</DataManagementPackageEntityData>"
    moved = f"{head}{rest.replace(end, f'<EntityMapList>{maps}</EntityMapList>{end}')}"
    files = {
        "Manifest.xml": moved.encode(),
        "PackageHeader.xml": HEADER.encode(),
        GROUPS.name: GROUPS.content,
    }
    execution, status = fno.run_import(zipped(files))
    assert status == "Succeeded"
    assert fno.details(execution)[0]["StagingRecordsCreatedCount"] == staged


def test_missing_data_file_may_pass(fno: Caller) -> None:
    """With the check off, F&O accepts the package, and the entity without a file fails (fno-behaviour 2.5)."""
    fno.control("PATCH", "settings", {"input_files_checked": False})
    files = {"Manifest.xml": manifest(GROUPS).encode(), "PackageHeader.xml": HEADER.encode()}
    execution, status = fno.run_import(zipped(files))
    assert status == "Failed"
    assert "Customer groups.csv was not found" in fno.value("GetExecutionErrors", executionId=execution)


def test_existing_project_needs_overwrite(fno: Caller) -> None:
    """An import creates its project, and replaces an existing one only with overwrite (fno-behaviour 2.3, 5.2)."""
    assert fno.start_import(package(GROUPS), "Fresh", overwrite=False).status_code == 200
    response = fno.start_import(package(GROUPS), "Fresh", overwrite=False)
    assert text_of(response) == "The data project 'Fresh' exists and overwrite has not been specified."
    assert fno.start_import(package(GROUPS), "Fresh").status_code == 200
    names = [one["Name"] for one in fno.get("/data/DataManagementDefinitionGroups").json()["value"]]
    assert "Fresh" in names


def test_used_execution_id_is_refused(fno: Caller) -> None:
    """An execution id can be used once (our switch: fno-behaviour 9.2)."""
    assert fno.start_import(package(GROUPS), executionId="mine").json()["value"] == "mine"
    fno.wait("mine")
    assert text_of(fno.start_import(package(GROUPS), executionId="MINE")).endswith("The record already exists.")


def test_used_execution_id_may_start_another_run(fno: Caller) -> None:
    """With our switch, a used id starts another run, which determines status and errors (fno-behaviour 9.2)."""
    fno.control("PATCH", "settings", {"used_execution_id": "another_run"})
    bad = package(part("Customer groups", "CUSTOMERGROUPID,DESCRIPTION", f"{'x' * 11},Too long"))
    assert fno.run_import(bad, executionId="twice") == ("twice", "Failed")
    assert fno.run_import(package(GROUPS), executionId="twice") == ("twice", "Succeeded")
    assert fno.value("GetExecutionErrors", executionId="twice") == "[]"
    assert [one["TargetRecordsCreatedCount"] for one in fno.details("twice")] == [1, 0]
    assert [one["JobId"] for one in fno.get("/data/DataManagementExecutionJobs").json()["value"]] == ["twice"]
    assert fno.post("DeleteExecutionHistoryJob", executionId="twice").status_code == 204
    assert fno.details("twice") == []


@pytest.mark.parametrize("switch", ["another_run", "no_effect"])
def test_re_execute_of_a_used_id(fno: Caller, switch: str) -> None:
    """Only an export with reExecute and a used id of its project runs again (our switch: fno-behaviour 9.11)."""
    fno.control("PATCH", "settings", {"re_execute": switch})
    project = "Customer groups export"
    assert fno.run_export(project, executionId="mine", reExecute=True) == ("mine", "Succeeded")
    parameters = {"packageName": "p", "executionId": "mine", "reExecute": True, "legalEntityId": "USMF"}
    other = fno.post("ExportToPackage", definitionGroupId="Vendors export", **parameters)
    assert text_of(other).endswith("The record already exists.")
    assert (
        fno.post("ExportToPackage", definitionGroupId=project, **parameters | {"reExecute": False}).status_code == 400
    )
    again = fno.post("ExportToPackage", definitionGroupId=project, **parameters)
    assert again.status_code == (200 if switch == "another_run" else 400)
    assert fno.wait("mine") == "Succeeded"
    assert len(fno.details("mine")) == (2 if switch == "another_run" else 1)


@pytest.mark.parametrize("company", ["Input", "ZZZZ"])
def test_unknown_company(fno: Caller, company: str) -> None:
    """An unknown legal entity answers 400 (fno-behaviour 2.8)."""
    assert fno.refused_import(package(GROUPS), legalEntityId=company).status_code == 400


def test_unknown_export_project(fno: Caller) -> None:
    """The export of an unknown project answers an error (fno-behaviour 6.1)."""
    response = fno.refused(
        "ExportToPackage",
        definitionGroupId="No such project",
        packageName="p",
        executionId="",
        reExecute=False,
        legalEntityId="USMF",
    )
    assert text_of(response) == "Data project No such project does not exist."


def test_unknown_export_project_may_answer_zeros(fno: Caller) -> None:
    """With the switch, exporting an unknown project returns an id of zeros, which is unknown (fno-behaviour 6.6)."""
    fno.control("PATCH", "settings", {"unknown_export_project": "zero_guid"})
    parameters = {"packageName": "p", "executionId": "", "reExecute": False, "legalEntityId": "USMF"}
    execution = fno.value("ExportToPackage", definitionGroupId="No such project", **parameters)
    assert execution == "00000000-0000-0000-0000-000000000000"
    assert fno.post("GetExecutionSummaryStatus", executionId=execution).status_code == 400


@pytest.mark.parametrize("kind", ["text/plain", "application/xml", None])
def test_body_must_be_json(fno: Caller, kind: str | None) -> None:
    """A body with another content type than JSON answers 415 (our switch: fno-behaviour 9.12)."""
    url = f"{fno.ready['url']}{ACTIONS}GetAzureWriteUrl"
    call = {"data": b'{"uniqueFileName":"a.zip"}', "headers": {"Content-Type": kind}, "timeout": 30}
    assert fno.session.post(url, **call).status_code == 415
    fno.control("PATCH", "settings", {"media_type_checked": False})
    assert fno.session.post(url, **call).status_code == 200


def test_read_of_an_unknown_set(fno: Caller) -> None:
    """The names of sets are case-sensitive (fno-behaviour 2.6)."""
    assert fno.get("/data/customergroups").status_code == 404


def test_nested_values_are_a_switch(fno: Caller) -> None:
    """With the switch, actions nest their value as in old documentation (fno-behaviour 1.2)."""
    fno.control("PATCH", "settings", {"nested_values": True})
    response = fno.post("GenerateImportTargetErrorKeysFile", executionId="x", entityName="y")
    assert response.status_code == 400
    assert list(fno.value("GetAzureWriteUrl", uniqueFileName="a")) == ["value"]
