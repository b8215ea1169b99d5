"""Everything that infra/ deploys is what Azure Resource Manager knows: names, kinds of values, what is required."""

from dataclasses import replace
from typing import Any

import pytest

from tests.infra.bicep import Resource, read, resources
from tests.infra.models import MODELS
from tests.infra.schemas import mistakes, schema

ALL = resources()


@pytest.mark.parametrize("resource", ALL, ids=lambda each: f"{each.file}:{each.symbol}")
def test_a_resource_holds_against_its_schema(resource: Resource) -> None:
    """Each property exists, has a value of its kind and may be written; none that is required is missing."""
    assert mistakes(resource) == []


def test_all_of_it_is_looked_at() -> None:
    """Nothing is deployed by modules of others, which nobody here could read."""
    assert len(ALL) > 40
    assert {each.type.partition("/")[0] for each in ALL} >= {"Microsoft.Web", "Microsoft.Storage"}


TYPOS = {
    "a name": ("supportsHttpsTrafficOnly", "supportsHttpTrafficOnly", "no such property"),
    "a name inside": ("bypass:", "bypas:", "no such property"),
    "a word": ("'TLS1_2'", "'TLS12'", "is none of"),
    "a kind of value": ("allowSharedKeyAccess: false", "allowSharedKeyAccess: 'no'", "is no bool"),
    "what is required": ("kind: 'StorageV2'", "", "kind is missing"),
    "a version": ("storageAccounts@2025-01-01' = {", "storageAccounts@2015-01-01' = {", "the schema is of"),
}


@pytest.mark.parametrize("typo", TYPOS)
def test_a_planted_typo_is_found(typo: str) -> None:
    """The check is not blind: each kind of mistake in a file that is right is named."""
    right, wrong, said = TYPOS[typo]
    text = HOST.replace(right, wrong, 1)
    assert text != HOST
    found = [each for resource in read(text).resources for each in mistakes(resource)]
    assert len(found) == 1
    assert said in found[0]


HOST = """
resource account 'Microsoft.Storage/storageAccounts@2025-01-01' = {
  name: 'a'
  location: 'b'
  kind: 'StorageV2'
  sku: { name: 'Standard_ZRS' }
  properties: {
    allowSharedKeyAccess: false
    minimumTlsVersion: 'TLS1_2'
    supportsHttpsTrafficOnly: true
    networkAcls: { bypass: 'AzureServices', defaultAction: 'Deny' }
  }
}
"""


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ("workspaceId", "workspaceID"),
        ("evaluationFrequency", "evaluationFreq"),
        ("metricNamespace", "metricNamspace"),
        ("ipAllowlist", "ipAllowList"),
        ("registrationEnabled", "registrationsEnabled"),
    ],
)
def test_a_planted_typo_is_found_by_models_too(right: str, wrong: str) -> None:
    """Where the schema comes from Azure's libraries a name that does not exist is found as well."""
    resource = next(each for each in ALL if each.type in MODELS and _renamed(each.body, right, wrong) != each.body)
    misspelt = replace(resource, body=_renamed(resource.body, right, wrong))
    assert [each for each in mistakes(misspelt) if "no such property" in each] != []


def test_a_type_that_does_not_exist_is_found() -> None:
    """A misspelt type is not taken for one without a schema."""
    with pytest.raises(LookupError, match="storageAcounts"):
        schema("Microsoft.Storage/storageAcounts")


def _renamed(value: Any, right: str, wrong: str) -> Any:
    if isinstance(value, dict):
        return {(wrong if key == right else key): _renamed(each, right, wrong) for key, each in value.items()}
    return [_renamed(each, right, wrong) for each in value] if isinstance(value, list) else value
