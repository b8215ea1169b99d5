"""What the client learns of an environment, its data projects and its queues: fno-behaviour 1, 5.12."""

import pytest

from landfall.fno import EntityPlace, FnoClient, MessageStatus, ProjectEntity
from tests.contract.client.conftest import GROUPS, answered
from tests.contract.conftest import Caller
from tests.contract.test_recurring import enqueue, wait_for_message


def test_signatures(client: FnoClient) -> None:
    """The environment tells its actions and their parameters (fno-behaviour 1.16)."""
    actions = client.actions()
    assert actions["GetExecutionSummaryStatus"] == {"executionId": "Edm.String"}
    assert {"definitionGroupId", "packageName", "executionId"} < actions["ExportToPackage"].keys()


def test_versions(client: FnoClient) -> None:
    """Three actions of the entity list tell what runs there (fno-behaviour 1.17)."""
    versions = client.versions()
    assert versions.application.startswith("10.")
    assert versions.application_build
    assert versions.platform_build


def test_entity_list_is_refreshed(fno: Caller, client: FnoClient) -> None:
    """Both actions have no parameters, and no value (fno-behaviour 1.4)."""
    client.refresh_entities()
    client.refresh_entities(wait=False)
    assert answered(fno, "InitializeDataManagement") == [204]
    assert answered(fno, "InitializeDataManagementAsync") == [204]


@pytest.mark.usefixtures("seeded")
def test_sequence(client: FnoClient) -> None:
    """GetEntitySequence puts what others refer to first (our format: fno-behaviour 9.9)."""
    assert client.entity_sequence(["Customers V3", "Customer groups"]) == [
        EntityPlace("Customers V3", 1, 2, 1),
        EntityPlace("Customer groups", 1, 1, 2),
    ]


@pytest.mark.usefixtures("seeded")
def test_entities_of_a_project(client: FnoClient) -> None:
    """The project's entities by label, with format and kind of refresh (fno-behaviour 1.11)."""
    assert client.project_entities("Customer groups export") == [
        ProjectEntity("Customer groups", "CSV", "IncrementalPush")
    ]
    assert [each.entity for each in client.project_entities("Customers export")] == [
        "Customer groups",
        "Customers V3",
    ]


def test_entities_of_no_project(client: FnoClient) -> None:
    """A project that does not exist has none."""
    assert client.project_entities("It's nowhere") == []


@pytest.mark.usefixtures("seeded")
def test_queued_file(fno: Caller, client: FnoClient) -> None:
    """A file in a queue has a status, and an execution once one has taken it (fno-behaviour 5.12)."""
    fno.control("PATCH", "settings", {"queue_seconds": 30})
    message = enqueue(fno, GROUPS).json()
    assert client.message_status(message) is MessageStatus.ENQUEUED
    assert client.message_execution(message) == ""
    fno.control("POST", "clock", {"advance": 31})
    wait_for_message(fno, message)
    assert client.message_status(message) is MessageStatus.PROCESSED
    assert client.status(client.message_execution(message)).is_final
