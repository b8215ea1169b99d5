"""What azd and GitHub are told fits what is there."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.infra.bicep import INFRA, template

ROOT = INFRA.parent
HOOKS = [INFRA / "hooks/subscribe.sh", INFRA / "hooks/subscribe.ps1"]
PARAMETERS = (INFRA / "main.parameters.json").read_text(encoding="utf-8")
VARIABLES = set(re.findall(r"\$\{(\w+)", PARAMETERS))
OF_AZD = {"AZURE_ENV_NAME", "AZURE_LOCATION", "AZURE_PRINCIPAL_ID"}


def loaded(name: str) -> Any:
    """A YAML file of the repository."""
    return yaml.safe_load((ROOT / name).read_text(encoding="utf-8"))


def test_azd_deploys_the_app_that_bicep_tags() -> None:
    """azure.yaml's service is found by its tag, and its code is the whole folder, less .funcignore."""
    services = loaded("azure.yaml")["services"]
    assert list(services) == ["app"]
    assert services["app"] == {"project": ".", "language": "python", "host": "function"}
    assert "'azd-service-name': 'app'" in (INFRA / "app.bicep").read_text(encoding="utf-8")


def test_the_second_phase_runs_after_the_code_is_there() -> None:
    """On every system, by a script that exists."""
    hooks = loaded("azure.yaml")["hooks"]
    assert set(hooks) == {"postdeploy"}
    assert [ROOT / hooks["postdeploy"][system]["run"] for system in ("posix", "windows")] == HOOKS
    assert HOOKS[0].stat().st_mode & 0o111


@pytest.mark.parametrize("hook", HOOKS, ids=lambda each: each.name)
def test_a_hook_gives_the_second_phase_what_it_asks_for(hook: Path) -> None:
    """Its variables are outputs of main.bicep, its parameters those of landing-subscription.bicep."""
    text = hook.read_text(encoding="utf-8")
    pairs = re.findall(r'"(\w+)=\$(?:env:)?(\w+)"', text)
    assert {name for name, _ in pairs} == set(template("landing-subscription.bicep").parameters)
    used = set(re.findall(r"\$(?:env:)?([A-Z][A-Z_]+)\b", text)) - {"LASTEXITCODE"}
    assert used <= set(template("main.bicep").outputs)
    assert "infra/landing-subscription.bicep" in text


def test_every_value_of_main_has_its_variable() -> None:
    """No value is written into main.parameters.json; defaults stand behind the variable's name."""
    values = [each["value"] for each in json.loads(PARAMETERS)["parameters"].values()]
    assert all(re.fullmatch(r"\$\{\w+(=[^}]*)?\}", each) for each in values)


def test_defaults_are_those_of_bicep() -> None:
    """A default in main.parameters.json is the parameter's own."""
    for name, each in json.loads(PARAMETERS)["parameters"].items():
        if default := each["value"].partition("=")[2].rstrip("}"):
            assert template("main.bicep").parameters[name] == default


def test_ci_runs_what_a_laptop_runs() -> None:
    """The workflow has no commands of its own, and each Python that the project names."""
    job = loaded(".github/workflows/ci.yml")["jobs"]["test"]
    assert [step["run"] for step in job["steps"] if "run" in step] == [".ci/run"]
    assert job["strategy"]["matrix"]["python"] == ["3.11", "3.12", "3.13"]


def test_deployment_needs_no_secret() -> None:
    """It says who it is by a token of GitHub's, and takes variables alone; every parameter has its variable."""
    text = (ROOT / ".github/workflows/deploy.yml").read_text(encoding="utf-8")
    assert "secrets." not in text
    job = loaded(".github/workflows/deploy.yml")
    assert job["permissions"] == {"contents": "read", "id-token": "write"}
    assert set(job["jobs"]["deploy"]["env"]) >= VARIABLES - {"AZURE_PRINCIPAL_ID"}


@pytest.mark.parametrize("variable", sorted(VARIABLES - OF_AZD))
def test_every_variable_is_explained(variable: str) -> None:
    """docs/deploying.md has a line for it."""
    assert f"| `{variable}` |" in (ROOT / "docs/deploying.md").read_text(encoding="utf-8")
