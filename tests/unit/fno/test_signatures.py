"""Which action starts an execution, by what the environment declares and Landfall can fill."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from landfall.fno import ExportRequest, FnoClient, ImportRequest
from landfall.fno.errors import NoAnswerError, ThrottledError, WrongAddressError
from tests.unit.fno.conftest import NOW, ORIGIN, Answer, Wire

SIX = ("packageUrl", "definitionGroupId", "executionId", "execute", "overwrite", "legalEntityId")
THREE = ("failOnError", "runAsyncWithoutBatch", "thresholdToRunInBatch")
FIVE = ("definitionGroupId", "packageName", "executionId", "reExecute", "legalEntityId")
DECLARED = {
    "ImportFromPackageAsync": (*SIX, *THREE),
    "ExportToPackageAsync": (*FIVE, "entityList"),
    "ExportToPackagePreview": (*FIVE, "exportPreviewCount"),
    "ExportToPackagePreviewAsync": (*FIVE, "exportPreviewCount"),
}
STARTED = Answer({"value": "x"})
UNTOLD = [
    Answer({"Message": "No HTTP resource was found"}, 404),
    Answer("", 500),
    Answer("<html>"),
    Answer({"Name": "DataManagementDefinitionGroup"}),
    Answer({"Actions": [{"Name": "ImportFromPackageAsync"}]}),
    Answer({"Actions": "none"}),
]
"""Answers without signatures."""
Start = Callable[[FnoClient], str]


def start_import(client: FnoClient) -> str:
    """Start an import."""
    return client.import_package(ImportRequest("https://acct/a.zip?sig=x", "Customers", "x", "USMF"))


def start_export(client: FnoClient) -> str:
    """Start an export."""
    return client.export_package(ExportRequest("Groups", "x", "USMF"))


def start_preview(client: FnoClient) -> str:
    """Start a preview."""
    return client.export_package(ExportRequest("Groups", "x", "USMF", preview_count=7))


def told(**changes: tuple[str, ...]) -> Answer:
    """Return the environment's signatures: the usual ones, with these actions changed."""
    actions = [
        {
            "Name": name,
            "BindingKind": "BoundToEntitySet",
            "Parameters": [
                {"Name": each, "Type": {"TypeName": "Edm.String", "IsCollection": False}} for each in parameters
            ],
        }
        for name, parameters in (DECLARED | changes).items()
    ]
    return Answer({"Name": "DataManagementDefinitionGroup", "Actions": actions})


@pytest.mark.parametrize(
    ("start", "action", "more"),
    [
        (
            start_import,
            "ImportFromPackageAsync",
            {"failOnError": False, "runAsyncWithoutBatch": False, "thresholdToRunInBatch": 0},
        ),
        (start_export, "ExportToPackageAsync", {"entityList": ""}),
        (start_preview, "ExportToPackagePreviewAsync", {"exportPreviewCount": 7}),
    ],
)
def test_the_asynchronous_action_is_used_where_declared(
    wire: Wire, start: Start, action: str, more: dict[str, Any]
) -> None:
    """An asynchronous client sends every declared parameter, with values that change the least."""
    wired = wire(told(), STARTED, asynchronous=True)
    assert start(wired.client) == "x"
    assert wired.script.actions() == [action]
    body = wired.script.bodies()[1]
    assert body.keys() == set(DECLARED[action])
    assert body.items() >= more.items()


@pytest.mark.parametrize(("start", "action"), [(start_import, "Import"), (start_export, "Export")])
def test_the_plain_action_needs_no_signatures(wire: Wire, start: Start, action: str) -> None:
    """A client that uses the plain actions does not ask for signatures."""
    wired = wire(STARTED)
    assert start(wired.client) == "x"
    assert wired.script.actions()[0].startswith(action)
    assert len(wired.script.asked) == 1


@pytest.mark.parametrize(
    ("changes", "start", "plain"),
    [
        ({"ImportFromPackageAsync": (*SIX, "priority")}, start_import, "ImportFromPackage"),
        ({"ExportToPackageAsync": (*FIVE, "priority")}, start_export, "ExportToPackage"),
        ({"ExportToPackagePreviewAsync": (*FIVE, "priority")}, start_preview, "ExportToPackagePreview"),
        ({"ExportToPackagePreviewAsync": FIVE}, start_preview, "ExportToPackagePreview"),
    ],
)
def test_an_action_we_cannot_fill_is_not_used(
    wire: Wire, changes: dict[str, tuple[str, ...]], start: Start, plain: str
) -> None:
    """An action with an unknown parameter, or without one for the request, is replaced by the plain action."""
    wired = wire(told(**changes), STARTED, asynchronous=True)
    assert start(wired.client) == "x"
    assert wired.script.actions() == [plain]


def test_the_previews_count_has_the_declared_name(wire: Wire) -> None:
    """The preview's count is sent under the name that the environment declares (fno-behaviour 1.16)."""
    wired = wire(told(ExportToPackagePreview=(*FIVE, "count")), STARTED)
    start_preview(wired.client)
    body = wired.script.bodies()[1]
    assert (body["count"], "exportPreviewCount" in body) == (7, False)


@pytest.mark.parametrize("declared", [(*FIVE, "priority"), FIVE])
def test_a_preview_is_never_sent_without_its_count(wire: Wire, declared: tuple[str, ...]) -> None:
    """A preview is always sent with its count, so that F&O refuses it rather than exporting everything."""
    wired = wire(told(ExportToPackagePreview=declared), STARTED)
    start_preview(wired.client)
    assert wired.script.bodies()[1].keys() == set(DECLARED["ExportToPackagePreview"])


@pytest.mark.parametrize("answer", UNTOLD)
@pytest.mark.parametrize(
    ("start", "plain"),
    [
        (start_import, "ImportFromPackage"),
        (start_export, "ExportToPackage"),
        (start_preview, "ExportToPackagePreview"),
    ],
)
def test_missing_signatures_do_not_prevent_a_start(wire: Wire, answer: Answer, start: Start, plain: str) -> None:
    """An environment that does not tell its signatures gets the plain action."""
    wired = wire(answer, STARTED, asynchronous=True)
    assert start(wired.client) == "x"
    assert wired.script.actions() == [plain]


def test_missing_signatures_are_an_error(wire: Wire) -> None:
    """`actions` raises an error when there are no signatures."""
    with pytest.raises(WrongAddressError):
        wire(UNTOLD[0]).client.actions()
    with pytest.raises(NoAnswerError, match="no signatures"):
        wire(UNTOLD[3]).client.actions()


def test_signatures_are_asked_for_once_an_hour(wire: Wire) -> None:
    """Signatures are read once an hour, and a failure is not remembered."""
    moment = [NOW]
    later = told(ImportFromPackageAsync=SIX)
    wired = wire(Answer("", 404), told(), later, now=lambda: moment[0])
    with pytest.raises(WrongAddressError):
        wired.client.actions()
    first = wired.client.actions()
    assert first["ExportToPackageAsync"] == dict.fromkeys(DECLARED["ExportToPackageAsync"], "Edm.String")
    moment[0] += timedelta(minutes=59)
    assert wired.client.actions() == first
    assert len(wired.script.asked) == 2
    moment[0] += timedelta(minutes=2)
    assert set(wired.client.actions()["ImportFromPackageAsync"]) == set(SIX)
    assert {each.url for each in wired.script.asked} == {
        f"{ORIGIN}/metadata/PublicEntities('DataManagementDefinitionGroup')"
    }


def test_a_busy_environment_is_asked_for_nothing_more(wire: Wire) -> None:
    """A 429 for the signatures keeps the start from being sent."""
    wired = wire(Answer("", 429, {"Retry-After": "9"}), asynchronous=True)
    with pytest.raises(ThrottledError) as raised:
        start_import(wired.client)
    assert raised.value.retry_after == 9
    assert len(wired.script.asked) == 1
