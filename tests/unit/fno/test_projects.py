"""Data projects: what F&O tells of them."""

import pytest

from landfall.fno import ProjectEntity
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
    """All pages, and an entity of which F&O says little too."""
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
    """What names no entity is not guessed at."""
    with pytest.raises(NoAnswerError, match="entities of data project Groups"):
        wire(Answer({"value": [{"SourceFormat": "CSV"}]})).client.project_entities("Groups")
