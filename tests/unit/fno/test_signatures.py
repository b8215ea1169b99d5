"""Which action starts an execution: what the environment declares, and what we can fill."""

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
"""Answers that tell no signatures."""
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
    """What the environment declares: the usual, with these actions changed."""
    actions = [
        {
            "Name": name,
            "BindingKind": "BoundToEntitySet",
            "Parameters": [
                {"Name": each, "Type": {"TypeName": "Edm.String", "IsCollection": False}}
                for each in parameters
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
    """A client that is to use it sends every declared parameter, with what changes least."""
    wired = wire(told(), STARTED, asynchronous=True)
    assert start(wired.client) == "x"
    assert wired.script.actions() == [action]
    body = wired.script.bodies()[1]
    assert body.keys() == set(DECLARED[action])
    assert body.items() >= more.items()


@pytest.mark.parametrize(("start", "action"), [(start_import, "Import"), (start_export, "Export")])
def test_the_plain_action_needs_no_signatures(wire: Wire, start: Start, action: str) -> None:
    """A client that is to use it asks for nothing else."""
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
    """A parameter we know nothing of, or none for what is wanted: the plain action is taken."""
    wired = wire(told(**changes), STARTED, asynchronous=True)
    assert start(wired.client) == "x"
    assert wired.script.actions() == [plain]


def test_the_previews_count_has_the_declared_name(wire: Wire) -> None:
    """Documentation and environments name it differently (fno-behaviour 1.16)."""
    wired = wire(told(ExportToPackagePreview=(*FIVE, "count")), STARTED)
    start_preview(wired.client)
    body = wired.script.bodies()[1]
    assert (body["count"], "exportPreviewCount" in body) == (7, False)


@pytest.mark.parametrize("declared", [(*FIVE, "priority"), FIVE])
def test_a_preview_is_never_sent_without_its_count(wire: Wire, declared: tuple[str, ...]) -> None:
    """Rather than exporting everything it is sent in the form that we know, for F&O to refuse."""
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
def test_signatures_that_are_not_told_fail_nothing(
    wire: Wire, answer: Answer, start: Start, plain: str
) -> None:
    """The plain action is there in every environment."""
    wired = wire(answer, STARTED, asynchronous=True)
    assert start(wired.client) == "x"
    assert wired.script.actions() == [plain]


def test_who_asks_for_the_signatures_hears_why_not(wire: Wire) -> None:
    """Asked for themselves, their absence is an error as any other."""
    with pytest.raises(WrongAddressError):
        wire(UNTOLD[0]).client.actions()
    with pytest.raises(NoAnswerError, match="no signatures"):
        wire(UNTOLD[3]).client.actions()


def test_signatures_are_asked_for_once_an_hour(wire: Wire) -> None:
    """They change with the environment's updates only, and a failed ask is not remembered."""
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
    """Throttled while it tells its signatures, it is not sent the start: the caller waits."""
    wired = wire(Answer("", 429, {"Retry-After": "9"}), asynchronous=True)
    with pytest.raises(ThrottledError) as raised:
        start_import(wired.client)
    assert raised.value.retry_after == 9
    assert len(wired.script.asked) == 1
