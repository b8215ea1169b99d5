"""Every method of the client: what it sends, and how it reads every shape of answer."""

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
    """A write URL is read from JSON within JSON and from a nested object."""
    wired = wire(Answer(body))
    place = wired.client.write_url("a.zip")
    assert (place.blob_id, place.url) == ("{1}", PLACE["BlobUrl"])
    assert wired.script.asked[0].url == f"{ACTIONS}GetAzureWriteUrl"
    assert wired.script.bodies() == [{"uniqueFileName": "a.zip"}]


@pytest.mark.parametrize("value", [None, "", "no place", "[]", "3", {}, {"BlobId": "x"}, ["x"], '{"BlobUrl":"x"}'])
def test_a_write_url_that_is_none_is_no_answer(wire: Wire, value: Any) -> None:
    """An answer without a write URL is NoAnswerError, so it can be asked again."""
    with pytest.raises(NoAnswerError, match="names no place"):
        wire(Answer({"value": value})).client.write_url("a.zip")


@pytest.mark.parametrize("body", valued("Customers-imp-1-1"))
def test_an_import_is_started_with_every_parameter(wire: Wire, body: Any) -> None:
    """An import sends every parameter that F&O requires."""
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
    """ImportFromDMTPackage takes ImportFromPackage's parameters and two more."""
    wired = wire(Answer({"value": "x"}))
    wired.client.import_dmt_package(replace(IMPORT, batch_group="Night", fail_on_error=True))
    assert wired.script.actions() == ["ImportFromDMTPackage"]
    assert wired.script.bodies() == [IMPORT.body() | {"importBatchGroupId": "Night", "failOnError": True}]


@pytest.mark.parametrize("answer", [Answer(), Answer(status=204), Answer({}), Answer({"value": None})])
def test_a_start_without_an_id_has_none(wire: Wire, answer: Answer) -> None:
    """An answer without an id is an empty id, not an id called None."""
    assert wire(answer).client.import_package(IMPORT) == ""
    assert wire(answer).client.export_package(EXPORT) == ""


def test_an_id_of_zeros_is_a_refusal(wire: Wire) -> None:
    """F&O answers an id of zeros when it started nothing, and that is a refusal."""
    zeros = Answer({"value": "00000000-0000-0000-0000-000000000000"})
    with pytest.raises(RefusedError, match="started nothing"):
        wire(zeros).client.export_package(EXPORT)


def test_starting_waits_longer_than_asking(wire: Wire) -> None:
    """A start waits longer than any other call, because F&O unpacks the package before it answers."""
    wired = wire(Answer({"value": "x"}), Answer({"value": "Executing"}))
    wired.client.import_package(IMPORT)
    wired.client.status("x")
    assert wired.script.timeouts == [(30, 3600), (30, 120)]


@pytest.mark.parametrize("status", ExecutionStatus)
def test_every_status_is_understood(wire: Wire, status: ExecutionStatus) -> None:
    """Every status is read by its member name, nested or not."""
    for body in valued(str(status)):
        assert wire(Answer(body)).client.status("x") is status


@pytest.mark.parametrize("value", ["", None, "Sleeping", 3, {}])
def test_an_unknown_status_is_not_final(wire: Wire, value: Any) -> None:
    """A status of a later release counts as not final."""
    status = wire(Answer({"value": value})).client.status("x")
    assert status is ExecutionStatus.UNKNOWN
    assert not status.is_final


def test_final_statuses_are_four() -> None:
    """NotRun, Executing and Unknown are not final."""
    assert [each for each in ExecutionStatus if each.is_final] == [
        "Succeeded",
        "PartiallySucceeded",
        "Failed",
        "Canceled",
    ]


def test_entity_results_are_read_in_our_words(wire: Wire) -> None:
    """The results of one execution are read across companies."""
    wired = wire(Answer({"value": [ROW, {"EntityName": "Customers", "StagingStatus": None}]}))
    assert wired.client.entity_results("it's") == [READ, EntityResult("Customers", "", "", 0, 0, 0)]
    asked = wired.script.asked[0]
    assert asked.method == "GET"
    assert asked.url == (
        f"{ORIGIN}/data/DataManagementExecutionJobDetails?%24filter=JobId+eq+%27it%27%27s%27&cross-company=true"
    )


@pytest.mark.parametrize("host", [ORIGIN, ORIGIN.replace("contoso", "Contoso")])
def test_pages_are_followed(wire: Wire, host: str) -> None:
    """All pages are read, by links that are followed unchanged, in whatever case F&O writes its host."""
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
    """A link to another origin gets neither a request nor the token."""
    wired = wire(Answer({"value": [ROW], "@odata.nextLink": link}))
    with pytest.raises(WrongAddressError, match="Nothing was sent"):
        wired.client.entity_results("x")
    assert len(wired.script.asked) == 1


def test_a_page_that_leads_to_itself_has_an_end(wire: Wire) -> None:
    """The client gives up a circle of links after a bounded number of pages."""
    link = f"{ORIGIN}/data/DataManagementExecutionJobDetails?$skiptoken=1"
    wired = wire(*[Answer({"value": [], "@odata.nextLink": link})] * (MAX_PAGES + 1))
    with pytest.raises(NoAnswerError, match="goes on after"):
        wired.client.entity_results("x")
    assert len(wired.script.asked) == MAX_PAGES


@pytest.mark.parametrize("value", [None, "", {}, 3, "x", [3], [{}], [{**ROW, "StagingRecordsCreatedCount": "many"}]])
def test_results_of_another_shape_are_no_answer(wire: Wire, value: Any) -> None:
    """An answer that is not a list of results is NoAnswerError."""
    with pytest.raises(NoAnswerError, match="not hold the expected rows"):
        wire(Answer({"value": value})).client.entity_results("x")


@pytest.mark.parametrize("answer", [Answer(status=200), Answer(status=204), Answer({})])
def test_an_empty_answer_is_no_answer(wire: Wire, answer: Answer) -> None:
    """No results at all would mean that F&O wrote nothing."""
    with pytest.raises(NoAnswerError, match="not hold the expected rows"):
        wire(answer).client.entity_results("x")


def test_a_projects_executions_are_grouped(wire: Wire) -> None:
    """A project's rows are grouped by execution."""
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
    """Entity statuses are returned as F&O writes them (fno-behaviour 9.5)."""
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
        ("not { json", "not { json"),
        ([{"Field": "ä"}], '[{"Field": "\\u00e4"}]'),
    ],
)
def test_errors_are_given_as_they_are(wire: Wire, value: Any, said: str) -> None:
    """Messages are returned as text, valid JSON or not."""
    assert wire(Answer({"value": value})).client.errors("x") == said


@pytest.mark.parametrize(("value", "generated"), [(True, True), ("true", True), (False, False), ("False", False)])
def test_generating_keys_says_whether_there_are_any(wire: Wire, value: Any, generated: bool) -> None:  # noqa: FBT001  the case's value
    """Only true means that F&O writes keys."""
    wired = wire(Answer({"value": value}))
    assert wired.client.generate_error_keys("x", "Customer groups") is generated
    assert wired.script.bodies() == [{"executionId": "x", "entityName": "Customer groups"}]


@pytest.mark.parametrize(
    "answer",
    [Answer(status=200), Answer(status=204), Answer({"value": None}), Answer({"value": {}}), Answer({"value": 0})],
)
def test_no_value_is_not_an_empty_one(wire: Wire, answer: Answer) -> None:
    """Whoever took an empty answer for F&O's word would lose messages and refused rows."""
    for ask in (lambda client: client.errors("x"), lambda client: client.staging_errors_url("x", "Groups")):
        with pytest.raises(NoAnswerError, match="holds no value"):
            ask(wire(answer).client)


@pytest.mark.parametrize("value", [None, "", "yes", 0, {}])
def test_a_yes_or_no_is_asked_for_again(wire: Wire, value: Any) -> None:
    """An answer that is neither true nor false does not mean that no row failed, or that a token was reset."""
    for ask in (
        lambda client: client.generate_error_keys("x", "Customer groups"),
        lambda client: client.reset_version_token("Groups", "Customer groups"),
    ):
        with pytest.raises(NoAnswerError, match="neither true nor false"):
            ask(wire(Answer({"value": value})).client)


@pytest.mark.parametrize("value", ["https://acct/x?sig=1", ""])
def test_urls_may_be_empty(wire: Wire, value: str) -> None:
    """The URL is empty when there is no file, or not yet."""
    wired = wire(*[Answer({"value": value})] * 3)
    assert wired.client.staging_errors_url("x", "Customer groups") == value
    assert wired.client.error_keys_url("x", "Customer groups") == value
    assert wired.client.exported_package_url("x") == value
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
    """Only a link into the environment is shown to people."""
    wired = wire(Answer({"value": page}))
    assert wired.client.execution_page("x") == (page if kept else None)
    assert wired.script.asked[0].url == f"{ACTIONS}GetExecutionSummaryPageUrl"
