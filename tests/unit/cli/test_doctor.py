"""`landfall doctor` finds what is wrong with a deployment, and says what to do."""

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
import requests
from typer.testing import CliRunner

from landfall.cli.app_api import AppApi
from landfall.cli.azure_cli import Az, Ended
from landfall.cli.commands import app
from landfall.cli.deployed import NEEDED_ROLES, ROLES, SETTINGS
from landfall.cli.doctor import ask_app, ask_azure, print_findings
from landfall.cli.findings import Finding
from landfall.cli.places import App
from tests.unit.cli.test_deployment_hooks import ENVIRONMENT, Shell
from tests.unit.fno.conftest import Answer, Script

NOW = datetime(2026, 11, 30, 12, 0, 0, tzinfo=UTC)
DATE = {"Date": "Mon, 30 Nov 2026 12:00:01 GMT"}
HEALTHY = Answer({"status": "ok", "checks": [{"name": "storage", "ok": True, "detail": "fine"}]}, headers=DATE)
REFUSED = Answer({}, 401)
SICK = {"status": "failing", "checks": [{"name": "fno_token", "ok": False, "detail": "AADSTS7000215"}]}
Look = Callable[..., tuple[dict[str, Finding], Script]]


@pytest.fixture
def look() -> Iterator[Look]:
    """Return a function that asks an app which gives these answers."""
    sessions: list[requests.Session] = []

    def ask(*answers: Answer | Exception) -> tuple[dict[str, Finding], Script]:
        session, script = requests.Session(), Script(*answers)
        sessions.append(session)
        session.mount("https://", script)
        api = AppApi(App("https://contoso.azurewebsites.net", "k3y"), session=session)
        return {each.name: each for each in ask_app(api, NOW.timestamp)}, script

    yield ask
    for each in sessions:
        each.close()


def test_an_app_that_is_well_has_no_finding(look: Look) -> None:
    """Health is asked with the key, and the forged sign-in comes without it."""
    found, script = look(HEALTHY, REFUSED)
    assert [each.todo for each in found.values()] == [""] * 3
    healthy, forged = script.asked
    assert healthy.headers["x-functions-key"] == "k3y"
    assert "x-functions-key" not in forged.headers
    assert forged.headers["x-ms-client-principal"]


@pytest.mark.parametrize(
    ("answer", "words"),
    [(Answer(SICK, 503), "fno_token: AADSTS7000215"), (Answer(b"Function host is not running.", 503), "checks")],
)
def test_an_app_that_is_not_well_says_why(look: Look, answer: Answer, words: str) -> None:
    """The failing checks are quoted; an app without health has not loaded."""
    finding = look(answer, REFUSED)[0]["health"]
    assert not finding.ok
    assert words in finding.detail


def test_a_wrong_key_is_no_illness(look: Look) -> None:
    """What could not be asked is skipped, with what to do."""
    finding = look(Answer({}, 401), REFUSED)[0]["health"]
    assert finding.word == "skipped"
    assert "LANDFALL_KEY" in finding.todo


@pytest.mark.parametrize("status", [401, 403, 302])
def test_a_forged_sign_in_is_refused(look: Look, status: int) -> None:
    """By the key, by the platform, or with the way to its sign-in."""
    assert look(HEALTHY, Answer({}, status, headers={"Location": "https://login.example"}))[0]["forged sign-in"].ok


@pytest.mark.parametrize(("status", "words"), [(200, "Stop the app now"), (404, "Stop"), (503, "API_CLIENT_ID")])
def test_a_forged_sign_in_that_is_not_refused_is_an_alarm(look: Look, status: int, words: str) -> None:
    """Whoever can write a header would be anybody."""
    finding = look(HEALTHY, Answer({"runs": []}, status))[0]["forged sign-in"]
    assert not finding.ok
    assert words in finding.todo


def test_a_clock_that_is_wrong_is_named(look: Look) -> None:
    """Tokens depend on it."""
    late = Answer({"checks": []}, headers={"Date": "Mon, 30 Nov 2026 12:05:00 GMT"})
    finding = look(late, REFUSED)[0]["clock"]
    assert finding.detail.startswith("300 seconds")
    assert not finding.ok


def test_an_app_that_does_not_answer_is_asked_once(look: Look) -> None:
    """The rest would only say the same."""
    found, _ = look(requests.ConnectionError("down"))
    assert list(found) == ["health"]
    assert not found["health"].ok


EVENTS = {
    "provisioningState": "Succeeded",
    "filter": {
        "subjectBeginsWith": "/blobServices/default/containers/landing/blobs/",
        "includedEventTypes": ["Microsoft.Storage.BlobCreated"],
        "advancedFilters": [{"operatorType": "StringNotIn", "key": "data.api", "values": ["CreateFile", "SftpCreate"]}],
    },
    "deadLetterWithResourceIdentity": {"identity": {}},
}


def azure(**changes: Any) -> dict[str, Finding]:
    """What an Azure that is well but for these answers shows."""
    ids = json.loads(ROLES.read_text(encoding="utf-8"))
    roles = [
        {"roleDefinitionId": f"/x/{ids[role]}", "scope": f"/subscriptions/s{end.replace('*', 'abc')}"}
        for role, end in NEEDED_ROLES
    ]
    scale = {
        "alwaysReady": [{"name": "durable", "instanceCount": 1}],
        "triggers": {"http": {"perInstanceConcurrency": 16}},
    }
    answers = {
        "scale": {"alwaysReady": [], "triggers": None} if "unscaled" in changes else scale,
        "events": EVENTS,
        "roles": roles,
        "settings": dict.fromkeys(SETTINGS, "x"),
        "sweeps": 4,
    } | changes
    site = {
        "identity": {"userAssignedIdentities": {"id": {"principalId": "p"}}},
        "properties": {"functionAppConfig": {"scaleAndConcurrency": answers["scale"]}},
    }
    by_url = {
        "/eventSubscriptions/file-landed": {"properties": answers["events"]},
        "/roleAssignments": {"value": [{"properties": each} for each in answers["roles"]]},
        "/appsettings/list": {"properties": answers["settings"]},
        "/workspaces?": {"value": [{"properties": {"customerId": "w"}}]},
        "/query": {"tables": [{"rows": [[answers["sweeps"]]]}]},
        "/sites/": site,
    }

    def run(command: Any) -> Ended:
        text = " ".join(command)
        return Ended(0, next((json.dumps(told) for part, told in by_url.items() if part in text), ""))

    return {each.name: each for each in ask_azure(ENVIRONMENT, lambda subscription: Az(subscription, run))}


def test_a_deployment_that_is_as_infra_makes_it_has_no_finding() -> None:
    """Events, roles, scaling, settings and log are looked at."""
    found = azure()
    assert list(found) == ["event subscription", "roles", "always ready", "app settings", "log lines"]
    assert {each.word for each in found.values()} == {"ok"}


@pytest.mark.parametrize(
    ("changes", "name", "words"),
    [
        ({"events": EVENTS | {"deadLetterWithResourceIdentity": None}}, "event subscription", "dead letters"),
        ({"events": EVENTS | {"provisioningState": "Failed"}}, "event subscription", "state Succeeded"),
        ({"roles": []}, "roles", "storageTableDataContributor on tables/runs"),
        ({"unscaled": True}, "always ready", "an instance for durable"),
        ({"settings": {}}, "app settings", "DataStorage__blobServiceUri"),
        ({"sweeps": 0}, "log lines", "no sweep"),
    ],
)
def test_what_a_deployment_lacks_is_named(changes: dict[str, Any], name: str, words: str) -> None:
    """And what to do; the other looks are not disturbed."""
    found = azure(**changes)
    assert words in found[name].detail
    assert found[name].todo
    assert [each.name for each in found.values() if not each.ok] == [name]


def test_another_filter_of_events_is_named() -> None:
    """One that leaves ways out to write a file loses files until the sweeper comes."""
    only = EVENTS["filter"] | {  # type: ignore[operator]
        "advancedFilters": [{"operatorType": "StringIn", "key": "data.api", "values": ["PutBlob"]}]
    }
    assert "only opened" in azure(events=EVENTS | {"filter": only})["event subscription"].detail


def test_an_event_subscription_that_is_not_there_is_named() -> None:
    """Azure's own words, and the command that makes it."""
    shell = Shell({"az rest": [Ended(3, errors='ERROR: Not Found({"code":"ResourceNotFound"})')]})
    found = {each.name: each for each in ask_azure(ENVIRONMENT, lambda each: Az(each, shell))}
    assert "ResourceNotFound" in found["event subscription"].detail
    assert found["event subscription"].word == "FAILED"
    assert found["roles"].word == "skipped"


def test_without_names_or_a_sign_in_azure_is_not_asked() -> None:
    """The rest of the report stands, with how to ask Azure too."""
    (unnamed,) = ask_azure({}, Az)
    assert "azd env get-values" in unnamed.todo
    shell = Shell({"az account": [Ended(127)]})
    (missing,) = ask_azure(ENVIRONMENT, lambda each: Az(each, shell))
    assert missing.word == "skipped"
    assert "Install it" in missing.detail


def test_the_report_is_a_line_for_each_finding(capsys: pytest.CaptureFixture[str]) -> None:
    """With what to do below it, or all of it as JSON."""
    found = [Finding("clock", "fine"), Finding("health", "storage: away", "Wait."), Finding("Azure", "?", skipped=True)]
    assert print_findings(found, as_json=False) is False
    lines = capsys.readouterr().out.splitlines()
    assert lines == ["ok      clock: fine", "FAILED  health: storage: away", "        Wait.", "skipped Azure: ?"]
    assert print_findings(found[:1], as_json=True) is True
    assert json.loads(capsys.readouterr().out)[0]["result"] == "ok"


def test_a_deployed_app_must_be_named() -> None:
    """What runs here is no deployment."""
    done = CliRunner().invoke(app, ["doctor"], env={"LANDFALL_URL": None, "AZURE_FUNCTION_URL": None})
    assert done.exit_code == 2
    assert "LANDFALL_URL" in done.output
