"""Each thing F&O is asked, what is sent for it, and every shape of answer."""

import json
from dataclasses import replace
from typing import Any

import pytest

from landfall.fno import EntityResult, ExecutionStatus, ExportRequest, ImportRequest
from landfall.fno.connection import MAX_PAGES
from landfall.fno.errors import NoAnswerError, RefusedError, WrongAddressError
from tests.unit.fno.conftest import ACTIONS, ORIGIN, Answer, Wire, valued

PLACE = {"BlobId": "{1}", "BlobUrl": "https://acct.blob.core.windows.net/dmf/a.zip?sig=x"}
IMPORT = ImportRequest("https://acct/a.zip?sig=x", "Customers", "Customers-imp-1-1", "USMF", overwrite=False)
EXPORT = ExportRequest("Groups", "groups-exp-1-1", "USMF")
ROW = {
    "EntityName": "Customer groups",
    "StagingStatus": "Finished",
    "TargetStatus": "Error",
    "StagingRecordsCreatedCount": 5,
    "TargetRecordsCreatedCount": 2,
    "TargetRecordsUpdatedCount": 1,
    "StagingRecordsToBeProcessedCount": 6,
}
READ = EntityResult("Customer groups", "Finished", "Error", 5, 2, 1, 6)


@pytest.mark.parametrize("body", [*valued(json.dumps(PLACE)), *valued(PLACE)])
def test_a_write_url_is_unwrapped(wire: Wire, body: Any) -> None:
    """JSON within JSON, or a nested object, is one place to write to."""
    wired = wire(Answer(body))
    place = wired.client.write_url("a.zip")
    assert (place.blob_id, place.url) == ("{1}", PLACE["BlobUrl"])
    assert wired.script.asked[0].url == f"{ACTIONS}GetAzureWriteUrl"
    assert wired.script.bodies() == [{"uniqueFileName": "a.zip"}]


@pytest.mark.parametrize(
    "value", [None, "", "no place", "[]", "3", {}, {"BlobId": "x"}, ["x"], '{"BlobUrl":"x"}']
)
def test_a_write_url_that_is_none_is_no_answer(wire: Wire, value: Any) -> None:
    """Whatever else F&O says, nothing was done and it can be asked again."""
    with pytest.raises(NoAnswerError, match="names no place"):
        wire(Answer({"value": value})).client.write_url("a.zip")


@pytest.mark.parametrize("body", valued("Customers-imp-1-1"))
def test_an_import_is_started_with_every_parameter(wire: Wire, body: Any) -> None:
    """F&O insists on each of its parameters, under its own name."""
    wired = wire(Answer(body))
    assert wired.client.import_package(IMPORT) == "Customers-imp-1-1"
    assert wired.script.asked[0].url == f"{ACTIONS}ImportFromPackage"
    assert wired.script.bodies() == [
        {
            "packageUrl": "https://acct/a.zip?sig=x",
            "definitionGroupId": "Customers",
            "executionId": "Customers-imp-1-1",
            "execute": True,
            "overwrite": False,
            "legalEntityId": "USMF",
        }
    ]


def test_an_import_with_a_batch_group_says_which(wire: Wire) -> None:
    """ImportFromDMTPackage takes what ImportFromPackage does and two more."""
    wired = wire(Answer({"value": "x"}))
    wired.client.import_dmt_package(replace(IMPORT, batch_group="Night", fail_on_error=True))
    assert wired.script.actions() == ["ImportFromDMTPackage"]
    assert wired.script.bodies() == [IMPORT.body() | {"importBatchGroupId": "Night", "failOnError": True}]


@pytest.mark.parametrize("answer", [Answer(), Answer(status=204), Answer({}), Answer({"value": None})])
def test_a_start_without_an_id_has_none(wire: Wire, answer: Answer) -> None:
    """An answer that names no id is not taken for an id called None."""
    assert wire(answer).client.import_package(IMPORT) == ""
    assert wire(answer).client.export_package(EXPORT) == ""


def test_an_id_of_zeros_is_a_refusal(wire: Wire) -> None:
    """F&O answers so when it started nothing."""
    zeros = Answer({"value": "00000000-0000-0000-0000-000000000000"})
    with pytest.raises(RefusedError, match="started nothing"):
        wire(zeros).client.export_package(EXPORT)


def test_starting_waits_longer_than_asking(wire: Wire) -> None:
    """Imports answer when the package is unpacked; everything else is quick."""
    wired = wire(Answer({"value": "x"}), Answer({"value": "Executing"}))
    wired.client.import_package(IMPORT)
    wired.client.status("x")
    assert wired.script.timeouts == [(30, 3600), (30, 120)]


@pytest.mark.parametrize("status", ExecutionStatus)
def test_every_status_is_understood(wire: Wire, status: ExecutionStatus) -> None:
    """F&O's member names are read, nested or not."""
    for body in valued(str(status)):
        assert wire(Answer(body)).client.status("x") is status


@pytest.mark.parametrize("value", ["", None, "Sleeping", 3, {}])
def test_a_status_nobody_knows_is_unknown(wire: Wire, value: Any) -> None:
    """A word of a later release keeps a run waiting, and breaks nothing."""
    status = wire(Answer({"value": value})).client.status("x")
    assert status is ExecutionStatus.UNKNOWN
    assert not status.is_final


def test_final_statuses_are_four() -> None:
    """Not run yet, and unknown, are not ends."""
    assert [each for each in ExecutionStatus if each.is_final] == [
        "Succeeded",
        "PartiallySucceeded",
        "Failed",
        "Canceled",
    ]


def test_entity_results_are_read_in_our_words(wire: Wire) -> None:
    """The rows of one execution, in every company."""
    wired = wire(Answer({"value": [ROW, {"EntityName": "Customers", "StagingStatus": None}]}))
    assert wired.client.entity_results("it's") == [READ, EntityResult("Customers", "", "", 0, 0, 0)]
    asked = wired.script.asked[0]
    assert asked.method == "GET"
    assert asked.url == (
        f"{ORIGIN}/data/DataManagementExecutionJobDetails?%24filter=JobId+eq+%27it%27%27s%27&cross-company=true"
    )


@pytest.mark.parametrize("host", [ORIGIN, ORIGIN.replace("contoso", "Contoso")])
def test_pages_are_followed(wire: Wire, host: str) -> None:
    """All pages count, and the next link is followed as it is, whatever case F&O writes its host in."""
    link = f"{host}/data/DataManagementExecutionJobDetails?$skiptoken=1%202"
    wired = wire(Answer({"value": [ROW], "@odata.nextLink": link}), Answer({"value": [ROW]}))
    assert wired.client.entity_results("x") == [READ, READ]
    assert wired.script.asked[1].url is not None
    assert wired.script.asked[1].url.endswith("?$skiptoken=1%202")


@pytest.mark.parametrize(
    "link",
    [
        "https://evil.example/data/x",
        f"{ORIGIN}.evil.example/data/x",
        f"{ORIGIN}@evil.example/data/x",
        f"{ORIGIN}:8443/data/x",
        "http://contoso.operations.dynamics.com/data/x",
        "//evil.example/data/x",
        "file:///etc/passwd",
    ],
)
def test_a_page_elsewhere_is_not_fetched(wire: Wire, link: str) -> None:
    """A link to another origin gets neither a request nor our token."""
    wired = wire(Answer({"value": [ROW], "@odata.nextLink": link}))
    with pytest.raises(WrongAddressError, match="Nothing was sent"):
        wired.client.entity_results("x")
    assert len(wired.script.asked) == 1


def test_a_page_that_leads_to_itself_has_an_end(wire: Wire) -> None:
    """A link in a circle is given up after a bounded number of pages."""
    link = f"{ORIGIN}/data/DataManagementExecutionJobDetails?$skiptoken=1"
    wired = wire(*[Answer({"value": [], "@odata.nextLink": link})] * (MAX_PAGES + 1))
    with pytest.raises(NoAnswerError, match="goes on after"):
        wired.client.entity_results("x")
    assert len(wired.script.asked) == MAX_PAGES


@pytest.mark.parametrize("value", [3, "x", [3], [{}], [{**ROW, "StagingRecordsCreatedCount": "many"}]])
def test_results_of_another_shape_are_no_answer(wire: Wire, value: Any) -> None:
    """What is no list of results is not guessed at."""
    with pytest.raises(NoAnswerError, match="not hold the expected rows"):
        wire(Answer({"value": value})).client.entity_results("x")


def test_a_projects_executions_are_told_apart(wire: Wire) -> None:
    """The rows of a project by execution, each as it is read by itself."""
    wired = wire(Answer({"value": [{**ROW, "JobId": job} for job in ("x", "y", "x")]}))
    assert wired.client.executions("Groups") == {"x": [READ, READ], "y": [READ]}
    assert "DefinitionGroupId+eq+%27Groups%27" in str(wired.script.asked[0].url)


@pytest.mark.parametrize(
    ("value", "texts"),
    [
        (["Groups: Finished", "Sites: Error"], ["Groups: Finished", "Sites: Error"]),
        ([], []),
        (None, []),
        ("x", ["x"]),
    ],
)
def test_entity_statuses_are_texts(wire: Wire, value: Any, texts: list[str]) -> None:
    """Whatever F&O puts into them (fno-behaviour 9.5)."""
    for body in valued(value):
        assert wire(Answer(body)).client.entity_statuses("x") == texts


def test_deleting_an_execution_answers_nothing(wire: Wire) -> None:
    """An empty 204 is a success."""
    wired = wire(Answer(status=204))
    wired.client.delete_execution("x")
    assert wired.script.actions() == ["DeleteExecutionHistoryJob"]
    assert wired.script.bodies() == [{"executionId": "x"}]


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ("[]", "[]"),
        ("", ""),
        (None, ""),
        ("not { json", "not { json"),
        ([{"Field": "ä"}], '[{"Field": "\\u00e4"}]'),
    ],
)
def test_errors_are_given_as_they_are(wire: Wire, value: Any, said: str) -> None:
    """The messages are a text, valid or not; a list that is no text is written as one."""
    assert wire(Answer({"value": value})).client.errors("x") == said


@pytest.mark.parametrize(
    ("value", "generated"), [(True, True), ("true", True), (False, False), ("", False), (None, False)]
)
def test_generating_keys_says_whether_there_are_any(wire: Wire, value: Any, generated: bool) -> None:  # noqa: FBT001  the case's value
    """Only true is true."""
    wired = wire(Answer({"value": value}))
    assert wired.client.generate_error_keys("x", "Customer groups") is generated
    assert wired.script.bodies() == [{"executionId": "x", "entityName": "Customer groups"}]


@pytest.mark.parametrize("value", ["https://acct/x?sig=1", "", None])
def test_urls_may_be_empty(wire: Wire, value: str | None) -> None:
    """No file, or none yet, is an empty URL."""
    wired = wire(*[Answer({"value": value})] * 3)
    assert wired.client.staging_errors_url("x", "Customer groups") == (value or "")
    assert wired.client.error_keys_url("x", "Customer groups") == (value or "")
    assert wired.client.exported_package_url("x") == (value or "")
    assert [each.url.removeprefix(ACTIONS) for each in wired.script.asked if each.url] == [
        "GetImportStagingErrorFileUrl",
        "GetImportTargetErrorKeysFileUrl",
        "GetExportedPackageUrl",
    ]


@pytest.mark.parametrize(
    ("page", "kept"),
    [
        (f"{ORIGIN}/?mi=DMFExecution&id=1", True),
        (f"{ORIGIN.replace('contoso', 'Contoso')}:443/?id=1", True),
        ("", False),
        (None, False),
        ("//evil.example/?id=1", False),
        ("https://evil.example/?id=1", False),
        (f"{ORIGIN}.evil.example/", False),
        (f"{ORIGIN}@evil.example/", False),
        (f"{ORIGIN.replace('https://', 'https://user@')}/", False),
        (f"{ORIGIN}:8443/", False),
        (f"{ORIGIN}:x/", False),
        (ORIGIN.replace("https", "http"), False),
        ("javascript:alert(1)", False),
    ],
)
def test_a_page_is_shown_only_of_the_environment(wire: Wire, page: str | None, kept: bool) -> None:  # noqa: FBT001  the case's value
    """A link that people will follow leads to F&O, whatever it answered."""
    wired = wire(Answer({"value": page}))
    assert wired.client.execution_page("x") == (page if kept else None)
    assert wired.script.asked[0].url == f"{ACTIONS}GetExecutionSummaryPageUrl"
