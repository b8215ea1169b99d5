"""Who may do what: only roles of this list, none of them over more than one thing."""

import json
import re

import pytest

from tests.infra.bicep import FILES, INFRA, resources

ALLOWED = {
    "durableTaskDataContributor": "0ad04412-c4d5-4796-b79c-f76d14c8d402",
    "keyVaultSecretsUser": "4633458b-17de-408a-b874-0445c86b69e6",
    "monitoringMetricsPublisher": "3913510d-42f4-4e42-8a64-420c390055eb",
    "storageBlobDataContributor": "ba92f5b4-2d11-453d-a403-e96b0029c9fe",
    "storageBlobDataOwner": "b7e6dc6d-f1e8-4753-8033-0f276bb0955b",
    "storageBlobDataReader": "2a2b9908-6ea1-4ae2-8e65-a410df84e7d1",
    "storageQueueDataContributor": "974c5e8b-45b9-4653-ba55-5f855dd0fb88",
    "storageTableDataContributor": "0a9a7e1f-b9d0-4cc4-a60d-0319b160aaa3",
}
NEVER = {
    "Owner": "8e3af657-a8ff-443c-a75c-2fe8c4bcb635",
    "Contributor": "b24988ac-6180-42a0-ab88-20f7382dd24c",
    "User Access Administrator": "18d7d88d-d35e-4fb5-a5c3-7773c20a72d9",
    "Storage Account Contributor": "17d1049b-9a84-46fb-8f53-869881c3d3ab",
}
NEEDED = {
    ("host-storage.bicep", "account", "role"),
    ("data-storage.bicep", "containers[index]", "roles.storageBlobDataContributor"),
    ("data-storage.bicep", "runs", "roles.storageTableDataContributor"),
    ("data-storage.bicep", "queues[index]", "roles.storageQueueDataContributor"),
    ("data-storage.bicep", "containers[0]", "roles.storageBlobDataContributor"),
    ("data-storage.bicep", "account", "roles.storageBlobDataReader"),
    ("dead-letters.bicep", "deadLetters", "roles.storageBlobDataContributor"),
    ("monitoring.bicep", "insights", "roles.monitoringMetricsPublisher"),
    ("vault.bicep", "vault", "roles.keyVaultSecretsUser"),
    ("scheduler.bicep", "hub", "roles.durableTaskDataContributor"),
}
"""File, what the role is over, and which: `role` is each of the three that the host needs over its own account."""
GUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")


def test_every_role_is_on_the_list() -> None:
    """roles.json has the ids of this list, and no file of infra/ has any other id in it."""
    assert json.loads((INFRA / "roles.json").read_text(encoding="utf-8")) == ALLOWED
    for path in FILES:
        assert GUID.findall(path.read_text(encoding="utf-8")) == [], path.name


def test_nobody_owns_anything() -> None:
    """No id on the list is one of those that may change resources or hand out roles."""
    assert not set(ALLOWED.values()) & set(NEVER.values())


def test_every_assignment_is_one_that_is_needed() -> None:
    """Each has the narrowest scope that its user works with; none is missing and none is there beside them."""
    assignments = [each for each in resources() if each.type == "Microsoft.Authorization/roleAssignments"]
    found = {
        (
            each.file,
            each.body["scope"].text,
            each.body["properties"]["roleDefinitionId"].text.rpartition(", ")[2].rstrip(")"),
        )
        for each in assignments
    }
    assert found == NEEDED


@pytest.mark.parametrize("role", sorted(ALLOWED))
def test_no_role_of_the_list_lies_unused(role: str) -> None:
    """A role that nobody has any more leaves the list."""
    assert f"roles.{role}" in "".join(path.read_text(encoding="utf-8") for path in FILES)
