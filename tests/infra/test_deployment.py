"""azure.yaml, the deployment hooks and the GitHub workflows fit the repository."""

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
    """The tag leads azd to azure.yaml's service, whose code is the whole folder less .funcignore."""
    services = loaded("azure.yaml")["services"]
    assert list(services) == ["app"]
    assert services["app"] == {"project": ".", "language": "python", "host": "function"}
    assert "'azd-service-name': 'app'" in (INFRA / "app.bicep").read_text(encoding="utf-8")


def test_the_second_phase_runs_after_the_code_is_there() -> None:
    """After it has deployed, azd runs a hook that exists, on every operating system."""
    hooks = loaded("azure.yaml")["hooks"]
    assert set(hooks) == {"postdeploy"}
    assert [ROOT / hooks["postdeploy"][system]["run"] for system in ("posix", "windows")] == HOOKS
    assert HOOKS[0].stat().st_mode & 0o111


@pytest.mark.parametrize("hook", HOOKS, ids=lambda each: each.name)
def test_a_hook_gives_the_second_phase_what_it_asks_for(hook: Path) -> None:
    """The hook passes outputs of main.bicep as the parameters of landing-subscription.bicep."""
    text = hook.read_text(encoding="utf-8")
    pairs = re.findall(r'"(\w+)=\$(?:env:)?(\w+)"', text)
    assert {name for name, _ in pairs} == set(template("landing-subscription.bicep").parameters)
    used = set(re.findall(r"\$(?:env:)?([A-Z][A-Z_]+)\b", text)) - {"LASTEXITCODE"}
    assert used <= set(template("main.bicep").outputs)
    assert "infra/landing-subscription.bicep" in text


def test_every_value_of_main_has_its_variable() -> None:
    """Every value in main.parameters.json is a variable, with or without a default."""
    values = [each["value"] for each in json.loads(PARAMETERS)["parameters"].values()]
    assert all(re.fullmatch(r"\$\{\w+(=[^}]*)?\}", each) for each in values)


def test_defaults_are_those_of_bicep() -> None:
    """A default in main.parameters.json equals the default in main.bicep."""
    for name, each in json.loads(PARAMETERS)["parameters"].items():
        if default := each["value"].partition("=")[2].rstrip("}"):
            assert template("main.bicep").parameters[name] == default


def test_ci_runs_what_a_laptop_runs() -> None:
    """The jobs make what .ci/run makes, lint for itself, and run the quick tests on each Python that we support."""
    job = loaded(".github/workflows/ci.yml")["jobs"]["make"]
    commands = [step["run"] for step in job["steps"] if "run" in step]
    assert commands == ["make ${{ matrix.target }} PYTHON=python${{ matrix.python }}"]
    jobs = [(each["target"], each["python"]) for each in job["strategy"]["matrix"]["include"]]
    assert [python for target, python in jobs if target == "test-quick"] == ["3.11", "3.12", "3.13"]
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    needs = dict(re.findall(r"^([a-z-]+):(.*?)(?:##|$)", makefile, re.MULTILINE))
    on_a_laptop = set(re.findall(r"^make (\S+)$", (ROOT / ".ci/run").read_text(), re.MULTILINE))
    assert {target for target, _ in jobs} == on_a_laptop - {"test"} | {*needs["test"].split()}


@pytest.mark.parametrize("name", ["ci.yml", "deploy.yml"])
def test_actions_are_pinned(name: str) -> None:
    """Each action is named by a commit, with its version beside it."""
    used = re.findall(r"uses: (.*)", (ROOT / ".github/workflows" / name).read_text(encoding="utf-8"))
    assert used
    assert [each for each in used if not re.fullmatch(r"[\w/-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+", each)] == []


def test_deployment_needs_no_secret() -> None:
    """The workflow signs in with GitHub's token, reads variables and no secrets, and sets every parameter."""
    text = (ROOT / ".github/workflows/deploy.yml").read_text(encoding="utf-8")
    assert "secrets." not in text
    job = loaded(".github/workflows/deploy.yml")
    assert job["permissions"] == {"contents": "read", "id-token": "write"}
    assert set(job["jobs"]["deploy"]["env"]) >= VARIABLES - {"AZURE_PRINCIPAL_ID"}


@pytest.mark.parametrize("variable", sorted(VARIABLES - OF_AZD))
def test_every_variable_is_explained(variable: str) -> None:
    """docs/deploying.md has a row for each variable."""
    assert f"| `{variable}` |" in (ROOT / "docs/deploying.md").read_text(encoding="utf-8")
