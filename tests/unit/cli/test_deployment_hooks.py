"""What azd runs before and after it deploys, with an `az` and an `azd` that are played."""

import json
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

import pytest

from landfall.cli.azure_cli import MISSING, AzError, Ended
from landfall.cli.deployment_hooks import TRIES, HookError, mistakes_in, prepare, subscribe

STORAGE, SCHEDULER = "{}", '{"storageProvider": {"type": "azureManaged"}}'
TODAY = date(2026, 11, 30)
SUBSCRIPTION = "00000000-0000-0000-0000-000000000001"
ENVIRONMENT = {
    "AZURE_ENV_NAME": "production",
    "AZURE_SUBSCRIPTION_ID": SUBSCRIPTION,
    "AZURE_RESOURCE_GROUP": "rg-production",
    "AZURE_FUNCTION_NAME": "func-a",
    "LANDING_TOPIC_NAME": "evgt-a",
    "DATA_STORAGE_NAME": "stdataa",
}
BUDGETS = {"value": [{"name": "budget-a", "properties": {"timePeriod": {"startDate": "2026-03-01T00:00:00Z"}}}]}


@dataclass
class Shell:
    """Answers commands by their first words, with `answers` in order and the last for ever; keeps what was run."""

    answers: dict[str, list[Ended]] = field(default_factory=dict)
    ran: list[list[str]] = field(default_factory=list)
    waits: list[float] = field(default_factory=list)
    said: list[str] = field(default_factory=list)

    def __call__(self, command: Sequence[str]) -> Ended:
        """Run a command."""
        self.ran.append(list(command))
        for start, answers in self.answers.items():
            if " ".join(command).startswith(start):
                return answers.pop(0) if len(answers) > 1 else answers[0]
        return Ended(0)

    def subscribe(self, **changes: str) -> None:
        """Run the hook after a deployment."""
        subscribe(ENVIRONMENT | changes, self, self.waits.append, self.said.append)

    def starts(self) -> list[str]:
        """The first three words of each command."""
        return [" ".join(each[:3]) for each in self.ran]


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("APP_SETTINGS", "A", "'A' is not NAME=value"),
        ("APP_SETTINGS", "A=1;=2", "'=2' is not NAME=value"),
        ("SECRET_SETTINGS", "A;B", "'A;B' is not the name of a setting"),
        ("ALERT_EMAILS", "a@b.example; c@d.example", "is not an e-mail address"),
        ("MONTHLY_BUDGET", "99.50", "'99.50' is not a whole number"),
        ("RETENTION_DAYS", "thirty", "'thirty' is not a whole number"),
        ("RETENTION_DAYS", "0", "'0' is not a whole number"),
    ],
)
def test_a_value_that_the_templates_cannot_use_is_refused_in_words(name: str, value: str, words: str) -> None:
    """The variable, its value, and what to write are named before anything is deployed."""
    shell = Shell()
    with pytest.raises(HookError, match=name) as refused:
        prepare({name: value}, shell, STORAGE, TODAY)
    assert words in str(refused.value)
    assert shell.ran == []


def test_lists_may_have_spaces_and_empty_items() -> None:
    """What the templates trim and drop is no mistake."""
    lists = {"APP_SETTINGS": "A=b; C=d=e;", "SECRET_SETTINGS": "A, B,", "ALERT_EMAILS": "a@b.example, c@d.example"}
    assert list(mistakes_in({**lists, "RETENTION_DAYS": " 30 ", "MONTHLY_BUDGET": "100"}, STORAGE)) == []


@pytest.mark.parametrize(
    ("backend", "host_json", "good"),
    [
        ({}, STORAGE, True),
        ({"DURABLE_BACKEND": "storage"}, SCHEDULER, False),
        ({"DURABLE_BACKEND": "scheduler"}, STORAGE, False),
        ({"DURABLE_BACKEND": "scheduler"}, SCHEDULER, True),
    ],
)
def test_the_backend_is_the_one_in_host_json(backend: dict[str, str], host_json: str, *, good: bool) -> None:
    """The platform scales by what host.json says and by no app setting, so the two must agree."""
    assert (list(mistakes_in(backend, host_json)) == []) == good


def test_a_private_network_has_its_provider_registered() -> None:
    """An empty subscription does not know Microsoft.App, to which the app's subnet is delegated."""
    shell = Shell()
    prepare(ENVIRONMENT | {"NETWORK": "private"}, shell, STORAGE, TODAY)
    (register,) = [each for each in shell.ran if each[1] == "provider"]
    assert register[2:] == ["register", "--namespace", "Microsoft.App", "--wait", "--subscription", SUBSCRIPTION]


def test_a_public_network_needs_no_azure_cli_before_it_deploys() -> None:
    """Nothing is run that nobody asked for."""
    shell = Shell()
    prepare({"AZURE_ENV_NAME": "production"}, shell, STORAGE, TODAY)
    assert shell.ran == []


@pytest.mark.parametrize(
    ("budgets", "start"),
    [
        (Ended(0, json.dumps(BUDGETS)), "2026-03-01"),
        (Ended(0, json.dumps({"value": []})), "2026-11-01"),
        (Ended(3, errors="ERROR: Not Found (ResourceGroupNotFound) rg-production"), "2026-11-01"),
    ],
)
def test_a_budget_starts_when_it_first_did(budgets: Ended, start: str) -> None:
    """Azure refuses another start, so that of the budget that is there is kept, on a new machine too."""
    shell = Shell({"az rest": [budgets]})
    prepare(ENVIRONMENT | {"MONTHLY_BUDGET": "100"}, shell, STORAGE, TODAY)
    assert shell.ran[-1] == ["azd", "env", "set", "BUDGET_START", start, "--environment", "production"]


def test_a_budget_that_has_its_start_is_left_alone() -> None:
    """The date is written once."""
    shell = Shell()
    prepare(ENVIRONMENT | {"MONTHLY_BUDGET": "100", "BUDGET_START": "2026-01-01"}, shell, STORAGE, TODAY)
    assert shell.ran == []


def test_the_second_phase_is_deployed_to_the_environments_subscription() -> None:
    """Neither azd's nor az's default decides, and az must see the subscription first."""
    shell = Shell()
    shell.subscribe()
    assert shell.starts() == ["az account show", "az deployment group"]
    assert all(each[-2:] == ["--subscription", SUBSCRIPTION] for each in shell.ran)
    assert {"topicName=evgt-a", "appName=func-a", "storageName=stdataa"} <= set(shell.ran[1])


def test_an_app_that_starts_late_is_asked_again() -> None:
    """Between two tries the hook waits and says why."""
    shell = Shell({"az deployment": [Ended(1, errors="ERROR: Webhook validation handshake failed"), Ended(0)]})
    shell.subscribe()
    assert shell.waits == [30.0]
    assert "handshake" in shell.said[0]


def test_after_the_last_try_there_is_no_wait() -> None:
    """The hook ends at once, with what to do."""
    shell = Shell({"az deployment": [Ended(1, errors="ERROR: Webhook validation handshake failed")]})
    with pytest.raises(HookError, match="azd hooks run postdeploy"):
        shell.subscribe()
    assert len(shell.waits) == TRIES - 1


@pytest.mark.parametrize(
    ("start", "ended", "words"),
    [
        ("az account", Ended(1, errors="ERROR: Please run 'az login' to setup account."), "Sign in with az login"),
        ("az account", Ended(MISSING, errors="az is not installed"), "Install it"),
        ("az account", Ended(1, errors="ERROR: (SubscriptionNotFound) gone"), "az account list"),
        ("az deployment", Ended(3, errors="ERROR: (ResourceGroupNotFound) gone"), "azd provision"),
        ("az deployment", Ended(1, errors="ERROR: (AuthorizationFailed) no right"), "rights"),
    ],
)
def test_what_time_does_not_mend_ends_the_hook_at_once(start: str, ended: Ended, words: str) -> None:
    """The reason is az's own, followed by what to do."""
    shell = Shell({start: [ended]})
    with pytest.raises(AzError, match=words):
        shell.subscribe()
    assert shell.waits == []


@pytest.mark.parametrize("name", ["LANDING_TOPIC_NAME", "AZURE_RESOURCE_GROUP", "AZURE_SUBSCRIPTION_ID"])
def test_a_variable_that_is_not_set_is_named(name: str) -> None:
    """No command is run with an empty value."""
    shell = Shell()
    with pytest.raises(HookError, match=name):
        shell.subscribe(**{name: ""})
    assert shell.ran == []


def test_the_hooks_need_no_package() -> None:
    """They run before anything is installed: with Python's own library alone."""
    code = "from landfall.cli.deployment_hooks import main; import sys; sys.exit(main('postdeploy'))"
    root = Path(__file__).parents[3]
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", f"import sys; sys.path.insert(0, '.'); {code}"],
        cwd=root,
        env={},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert "LANDING_TOPIC_NAME" in done.stderr
