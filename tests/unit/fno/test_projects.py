"""What the client reads about data projects."""

import pytest

from landfall.fno import EntityPlace, ProjectEntity
from landfall.fno.errors import NoAnswerError
from tests.unit.fno.conftest import ORIGIN, Answer, Wire

DETAILS = f"{ORIGIN}/data/DataManagementDefinitionGroupDetails"
ROW = {
    "DefinitionGroupId": "Groups",
    "EntityName": "Customer groups",
    "SourceFormat": "CSV",
    "DefaultRefreshType": "IncrementalPush",
}


def test_a_projects_entities_are_read_in_our_words(wire: Wire) -> None:
    """A project's entities are read from all pages, even if F&O leaves fields out."""
    more = f"{DETAILS}?$skiptoken=1"
    wired = wire(
        Answer({"value": [ROW], "@odata.nextLink": more}),
        Answer({"value": [{"EntityName": "Sites", "SourceFormat": None}]}),
    )
    assert wired.client.project_entities("Bob's") == [
        ProjectEntity("Customer groups", "CSV", "IncrementalPush"),
        ProjectEntity("Sites", "", ""),
    ]
    assert [each.url for each in wired.script.asked] == [
        f"{DETAILS}?%24filter=DefinitionGroupId+eq+%27Bob%27%27s%27&cross-company=true",
        more,
    ]


def test_entities_of_another_shape_are_no_answer(wire: Wire) -> None:
    """A row without an entity is NoAnswerError."""
    with pytest.raises(NoAnswerError, match="entities of data project Groups"):
        wire(Answer({"value": [{"SourceFormat": "CSV"}]})).client.project_entities("Groups")


@pytest.mark.parametrize(
    ("value", "places"),
    [
        (
            "Customers V3-1-2-1,Customer groups-1-1-2,",
            [EntityPlace("Customers V3", 1, 2, 1), EntityPlace("Customer groups", 1, 1, 2)],
        ),
        (
            "Sites, on-hand 1-2-10-20-3,Units-1-1-1",
            [EntityPlace("Sites, on-hand 1-2", 10, 20, 3), EntityPlace("Units", 1, 1, 1)],
        ),
        ("", []),
        (None, []),
    ],
)
def test_an_order_is_read(wire: Wire, value: str | None, places: list[EntityPlace]) -> None:
    """Label, unit, level and sequence are read, whatever characters a label contains (fno-behaviour 9.9)."""
    wired = wire(Answer({"value": value}))
    assert wired.client.entity_sequence(["Customers V3", "Customer groups"]) == places
    assert wired.script.actions() == ["GetEntitySequence"]
    assert wired.script.bodies() == [{"listOfDataEntities": "Customers V3,Customer groups"}]


def test_an_order_of_another_shape_is_no_answer(wire: Wire) -> None:
    """An order in another format is NoAnswerError."""
    with pytest.raises(NoAnswerError, match="names no order"):
        wire(Answer({"value": '{"Customers V3": 1}'})).client.entity_sequence(["Customers V3"])
