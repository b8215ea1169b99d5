"""What the code needs and what Bicep gives are the same, read from both."""

import ast
import json
import re
from pathlib import Path
from typing import Any

import pytest
from azure.identity import ClientAssertionCredential, ClientSecretCredential, ManagedIdentityCredential

from landfall.config.environments import Fno
from landfall.config.settings import read_settings
from landfall.fno.errors import AuthError
from landfall.storage.account import CONTAINERS, RUNS
from tests.infra.bicep import Choice, Expression, Resource, objects, resources, template

ROOT = Path(__file__).parent.parent.parent
HOST = json.loads((ROOT / "host.json").read_text(encoding="utf-8"))
SAMPLE = "https://sample.example"
SERVICES = {"blob", "queue", "table"}
PLATFORMS = {
    "APPLICATIONINSIGHTS_CONNECTION_STRING",
    "APPLICATIONINSIGHTS_AUTHENTICATION_STRING",
    "DURABLE_TASK_SCHEDULER_CONNECTION_STRING",
    "OTEL_TRACES_SAMPLER",
    "OTEL_TRACES_SAMPLER_ARG",
    "PYTHON_THREADPOOL_THREAD_COUNT",
}
"""App settings that the Functions host reads and our code does not."""


def one(symbol: str) -> Resource:
    """The resource of this symbol."""
    return next(each for each in resources() if each.symbol == symbol)


def given() -> dict[str, Any]:
    """The app settings of the app, with whatever parameters choose."""
    settings = one("app").body["properties"]["siteConfig"]["appSettings"]
    return {each["name"]: each["value"] for each in objects(settings) if isinstance(each["name"], str)}


def triggers(kind: str) -> list[dict[str, str]]:
    """The constant arguments of function_app.py's triggers of a kind."""
    tree = ast.parse((ROOT / "function_app.py").read_text(encoding="utf-8"))
    return [
        {each.arg or "": each.value.value for each in call.keywords if isinstance(each.value, ast.Constant)}
        for call in ast.walk(tree)
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute) and call.func.attr == kind
    ]


def test_the_app_starts_with_what_bicep_gives() -> None:
    """The settings of main.bicep are all that the code's own reading of them wants, and it takes each value."""
    environment = {name: value if isinstance(value, str) else SAMPLE for name, value in given().items()}
    settings = read_settings(environment)
    assert settings.storage.blob_url
    assert settings.storage.connection_string is None
    assert settings.plan.transfer.copy_mode == "stream"
    assert settings.plan.access.sign_in


IDENTITIES = {
    "managedIdentity": ManagedIdentityCredential,
    "federated": ClientAssertionCredential,
    "secret": ClientSecretCredential,
    "certificate": AuthError,
}
"""What the app makes of each; a made-up certificate is one that it cannot use."""


@pytest.mark.parametrize("choice", IDENTITIES)
def test_every_identity_is_whole(choice: str) -> None:
    """What main.bicep gives for each way of being somebody in F&O is what the code needs for it, and no more."""
    app = template("app.bicep")
    settings = list(app.variable("always"))
    if choice != "managedIdentity":
        settings += app.variable("forRegistration").values[1]
    if choice == "federated":
        settings += app.variable("forFederation").values[1]
    values = {each["name"]: each["value"] for each in settings}
    values |= dict.fromkeys(template("main.bicep").variable("fnoSecrets")[choice], "a-secret")
    environment = {name: value if isinstance(value, str) else SAMPLE for name, value in values.items()}
    if "FNO_TENANT" in environment:
        environment["FNO_TENANT"] = "contoso.onmicrosoft.com"
    settings = read_settings(environment)
    if choice == "certificate":  # the sample is none, which is all that is wrong
        assert "PEM" in str(settings.unusable[""])
    else:
        assert settings.fno
        assert type(settings.fno.identity.credential()) is IDENTITIES[choice]


def test_no_app_setting_is_given_that_nobody_reads() -> None:
    """Each is a field of the settings, an override of landfall.yaml, named there, a connection, or the platform's."""
    connections = {each["connection"] for kind in ("blob_trigger", "queue_trigger") for each in triggers(kind)}
    known = (
        {f"FNO_{name.upper()}" for name in Fno.model_fields}
        | {f"{name}__{part}" for name in connections | {"AzureWebJobsStorage"} for part in ("credential", "clientId")}
        | {f"{name}__{each}ServiceUri" for name in connections | {"AzureWebJobsStorage"} for each in SERVICES}
        | set(re.findall(r"^[^#]*%(\w+)%", (ROOT / "landfall.yaml").read_text(encoding="utf-8"), re.MULTILINE))
        | PLATFORMS
    )
    strangers = {name for name in given() if not name.startswith("LANDFALL__")} - known
    assert strangers == set()


def test_every_connection_of_a_trigger_is_given() -> None:
    """Blob and queue triggers find their accounts, by identity; nothing gives a connection string."""
    for kind in ("blob_trigger", "queue_trigger"):
        for each in triggers(kind):
            assert f"{each['connection']}__queueServiceUri" in given()
            assert given()[f"{each['connection']}__credential"] == "managedidentity"
            assert each["connection"] not in given()


def test_every_setting_that_landfall_yaml_names_is_given() -> None:
    """A %NAME% of the landfall.yaml that ships has a value on the first day."""
    named = re.findall(r"^[^#]*%(\w+)%", (ROOT / "landfall.yaml").read_text(encoding="utf-8"), re.MULTILINE)
    assert set(named) <= set(given())
    assert named


def test_containers_table_and_queues_are_those_of_the_code() -> None:
    """What the app uses is there, and beside it only where Event Grid leaves what it cannot deliver."""
    data = template("data-storage.bicep")
    queues = [each["queue_name"] for each in triggers("queue_trigger")]
    assert data.variable("appContainers") == list(CONTAINERS)
    assert one("runs").body["name"] == RUNS
    assert set(data.variable("appQueues")) == {*queues, *(f"{each}-poison" for each in queues)}
    assert one("deadLetters").body["name"] == "deadletters"


def test_the_subscription_brings_what_the_trigger_waits_for() -> None:
    """Only whole files of landing, to the blob trigger's own function; what cannot be delivered is kept."""
    properties = one("landed").body["properties"]
    trigger = triggers("blob_trigger")[0]
    container = trigger["path"].partition("/")[0]
    assert properties["filter"]["subjectBeginsWith"] == f"/blobServices/default/containers/{container}/blobs/"
    assert properties["filter"]["includedEventTypes"] == ["Microsoft.Storage.BlobCreated"]
    (only,) = properties["filter"]["advancedFilters"]
    opened = ["CreateFile", "SftpCreate"]
    assert only == {"operatorType": "StringNotIn", "key": "data.api", "values": opened}
    assert properties["retryPolicy"] == {"maxDeliveryAttempts": 30, "eventTimeToLiveInMinutes": 1440}
    kept = properties["deadLetterWithResourceIdentity"]["deadLetterDestination"]["properties"]
    assert kept["blobContainerName"] == one("deadLetters").body["name"]
    name = template("landing-subscription.bicep").variable("functionName")
    assert f"async def {name}(" in (ROOT / "function_app.py").read_text(encoding="utf-8")


def test_the_task_hub_is_one() -> None:
    """The scheduler has the hub that host.json names."""
    assert one("hub").body["name"] == HOST["extensions"]["durableTask"]["hubName"]


def test_durable_work_is_always_ready() -> None:
    """A status look does not wait for a cold start, and a due timer is seen within seconds."""
    scale = one("app").body["properties"]["functionAppConfig"]["scaleAndConcurrency"]
    assert {each["name"] for each in scale["alwaysReady"]} == {"durable"}
    assert HOST["extensions"]["durableTask"]["storageProvider"]["maxQueuePollingInterval"] <= "00:00:10"


@pytest.mark.parametrize("symbol", ["app", "account", "vault", "insights", "workspace"])
def test_doors_are_shut(symbol: str) -> None:
    """No shared keys, no public blobs, no old TLS, no local accounts."""
    shut = {
        "app": {
            "httpsOnly": True,
            "minTlsVersion": "1.2",
            "scmMinTlsVersion": "1.2",
        },
        "account": {
            "allowSharedKeyAccess": False,
            "allowBlobPublicAccess": False,
            "minimumTlsVersion": "TLS1_2",
            "supportsHttpsTrafficOnly": True,
        },
        "vault": {"enableRbacAuthorization": True, "enablePurgeProtection": True},
        "insights": {"DisableLocalAuth": True},
        "workspace": {"disableLocalAuth": True},
    }[symbol]
    found = [each for each in resources() if each.symbol == symbol]
    assert found
    for each in found:
        said = {key: value for part in objects(each.body) for key, value in part.items()}
        assert {key: said.get(key) for key in shut} == shut


def test_publishing_with_a_password_is_off() -> None:
    """Neither FTP nor the deployment site takes basic credentials."""
    policies = [each for each in resources() if each.type.endswith("basicPublishingCredentialsPolicies")]
    assert {each.body["name"]: each.body["properties"] for each in policies} == {
        "ftp": {"allow": False},
        "scm": {"allow": False},
    }


def test_no_secret_is_a_parameter_or_an_output() -> None:
    """Templates take and give none: secrets go into the vault by a person's hand."""
    suspicious = re.compile(r"secret|password|key", re.IGNORECASE)
    for each in {each.file for each in resources()}:
        found = template(each)
        named = {name for name in (*found.parameters, *found.outputs) if suspicious.search(name)}
        assert named <= {"secretSettings", "secrets", "KEY_VAULT_NAME"}
        assert not [text for text in found.outputs.values() if "listKeys" in text]


def test_a_sign_in_is_believed_only_where_it_is_asked_for() -> None:
    """One parameter decides both. Who has no token but a key of its own is let through: Event Grid, and hints."""
    validation = one("authentication").body["properties"]["globalValidation"]
    assert validation["requireAuthentication"] is True
    assert validation["excludedPaths"] == ["/runtime/webhooks/blobs", "/api/hints"]
    settings = template("app.bicep").variable("forSignIn")
    assert settings == Choice(([], [{"name": "LANDFALL__ACCESS__SIGN_IN", "value": "true"}]))
    source = (ROOT / "infra/app.bicep").read_text(encoding="utf-8")
    assert "var forSignIn = empty(apiClientId) ?" in source
    assert "'Microsoft.Web/sites/config@2024-11-01' = if (!empty(apiClientId)) {" in source
    url = one("landed").body["properties"]["destination"]["properties"]["endpointUrl"]
    assert isinstance(url, Expression)
    assert "/runtime/webhooks/blobs?" in url.text
    assert not isinstance(validation, Choice)
