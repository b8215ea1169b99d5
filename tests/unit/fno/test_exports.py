"""Exports: what each call sends, and which requests are refused."""

from typing import Any

import pytest

from landfall.fno import ExportRequest, ImportRequest
from tests.unit.fno.conftest import ACTIONS, Answer, Wire, valued

EXPORT = ExportRequest("Groups", "groups-exp-1-1", "USMF")
PLAIN = {
    "definitionGroupId": "Groups",
    "packageName": "groups-exp-1-1",
    "executionId": "groups-exp-1-1",
    "reExecute": False,
    "legalEntityId": "USMF",
}


@pytest.mark.parametrize("body", valued("groups-exp-1-1"))
def test_an_export_is_started_with_every_parameter(wire: Wire, body: Any) -> None:
    """An export sends every parameter, with the execution's id as the package's name."""
    wired = wire(Answer(body))
    assert wired.client.export_package(EXPORT) == "groups-exp-1-1"
    assert wired.script.asked[0].url == f"{ACTIONS}ExportToPackage"
    assert wired.script.bodies() == [PLAIN]


@pytest.mark.parametrize(
    ("changes", "action", "more"),
    [
        ({"re_execute": True}, "ExportToPackage", {"reExecute": True}),
        ({"entities": ("Vendors V2", "Sites")}, "ExportToPackageAsync", {"entityList": "Vendors V2,Sites"}),
    ],
)
def test_the_request_chooses_the_action(wire: Wire, changes: dict[str, Any], action: str, more: dict[str, Any]) -> None:
    """The request's options choose the action and its additional parameter."""
    wired = wire(Answer({"value": "groups-exp-1-1"}))
    wired.client.export_package(ExportRequest("Groups", "groups-exp-1-1", "USMF", **changes))
    assert wired.script.asked[0].url == f"{ACTIONS}{action}"
    assert wired.script.bodies() == [PLAIN | more]


@pytest.mark.parametrize(("entities", "listed"), [((), ""), (("Sites", "Sites V2"), "Sites,Sites V2")])
def test_a_delta_is_of_some_entities_or_all(wire: Wire, entities: tuple[str, ...], listed: str) -> None:
    """ExportToPackageDelta requires a list of entities, and an empty one means all."""
    wired = wire(Answer({"value": "groups-exp-1-1"}))
    wired.client.export_delta(ExportRequest("Groups", "groups-exp-1-1", "USMF", entities=entities))
    assert wired.script.actions() == ["ExportToPackageDelta"]
    assert wired.script.bodies() == [PLAIN | {"entityList": listed}]


def test_a_delta_is_no_preview(wire: Wire) -> None:
    """A delta cannot be a preview: it would export every change and move the token."""
    wired = wire()
    with pytest.raises(ValueError, match="exportPreviewCount"):
        wired.client.export_delta(ExportRequest("Groups", "groups-exp-1-1", "USMF", preview_count=5))
    assert wired.script.asked == []


def test_an_export_by_a_package_is_sent_what_an_import_is(wire: Wire) -> None:
    """ExportFromPackage takes ImportFromPackage's parameters."""
    wired = wire(Answer({"value": "x"}))
    wired.client.export_from_package(ImportRequest("https://acct/a.zip?sig=x", "Groups", "x", "USMF"))
    assert wired.script.actions() == ["ExportFromPackage"]
    assert wired.script.bodies() == [
        {
            "packageUrl": "https://acct/a.zip?sig=x",
            "definitionGroupId": "Groups",
            "executionId": "x",
            "execute": True,
            "overwrite": True,
            "legalEntityId": "USMF",
        }
    ]


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"preview_count": 5, "entities": ("Sites",)}, "not both"),
        ({"preview_count": -1}, "not -1"),
        ({"entities": ("Sites, plants",)}, "'Sites, plants' contains one"),
    ],
)
def test_impossible_requests_are_refused(changes: dict[str, Any], said: str) -> None:
    """A request that no action takes cannot be created."""
    with pytest.raises(ValueError, match=said):
        ExportRequest("Groups", "groups-exp-1-1", "USMF", **changes)


@pytest.mark.parametrize(("value", "reset"), [(True, True), (False, False), ("true", True)])
def test_a_token_is_reset_per_entity(wire: Wire, value: Any, reset: bool) -> None:  # noqa: FBT001  the case's value
    """A reset names the project and the entity, and returns whether F&O did it."""
    wired = wire(Answer({"value": value}))
    assert wired.client.reset_version_token("Groups", "Customer groups") is reset
    assert wired.script.asked[0].url == f"{ACTIONS}ResetVersionToken"
    assert wired.script.bodies() == [{"definitionGroupId": "Groups", "entityName": "Customer groups", "sourceName": ""}]
