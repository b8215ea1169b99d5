"""What the client asks about an environment as a whole."""

import pytest

from landfall.fno import Versions
from landfall.fno.errors import ServerError
from tests.unit.fno.conftest import ORIGIN, Answer, Wire


def test_versions_are_asked_of_the_entity_list(wire: Wire) -> None:
    """Three actions of the entity list tell the versions (fno-behaviour 1.17)."""
    wired = wire(*[Answer({"value": each}) for each in ("10.0.48", "10.0.2428.15", None)])
    assert wired.client.versions() == Versions("10.0.48", "10.0.2428.15", "")
    assert [str(each.url).rpartition("Entities.")[::2] for each in wired.script.asked] == [
        (f"{ORIGIN}/data/DataManagementEntities/Microsoft.Dynamics.Data", name)
        for name in ("GetApplicationVersion", "GetApplicationBuildVersion", "GetPlatformBuildVersion")
    ]
    assert wired.script.bodies() == [{}] * 3


def test_an_error_without_parameters_names_the_action(wire: Wire) -> None:
    """The error of an action without parameters names the action."""
    with pytest.raises(ServerError, match=r"^GetApplicationVersion: F&O answered 500"):
        wire(Answer("", 500)).client.versions()


@pytest.mark.parametrize(
    ("wait", "action"), [(True, "InitializeDataManagement"), (False, "InitializeDataManagementAsync")]
)
def test_a_refresh_takes_its_time(wire: Wire, wait: bool, action: str) -> None:  # noqa: FBT001  the case's value
    """A refresh sends an empty object, accepts an empty answer and waits as long as a start (fno-behaviour 1.4)."""
    wired = wire(Answer(status=204))
    wired.client.refresh_entities(wait=wait)
    assert wired.script.actions() == [action]
    assert (wired.script.bodies(), wired.script.timeouts) == ([{}], [(30, 3600)])
