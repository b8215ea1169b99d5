"""azure.yaml, the deployment hooks and the GitHub workflows fit the repository."""

import json
import os
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from landfall.cli.deployment_hooks import PHASE_2, PHASE_2_NEEDS
from tests.infra.bicep import FILES, INFRA, template

ROOT = INFRA.parent
PARAMETERS = (INFRA / "main.parameters.json").read_text(encoding="utf-8")
VARIABLES = set(re.findall(r"\$\{(\w+)", PARAMETERS))
OF_AZD = {"AZURE_ENV_NAME", "AZURE_LOCATION", "AZURE_PRINCIPAL_ID"}
OF_THE_HOOK = {"BUDGET_START"}


def loaded(name: str) -> Any:
    """A YAML file of the repository."""
    return yaml.safe_load((ROOT / name).read_text(encoding="utf-8"))


def test_azd_deploys_the_app_that_bicep_tags() -> None:
    """The tag leads azd to azure.yaml's service, whose code is the whole folder less .funcignore."""
    services = loaded("azure.yaml")["services"]
    assert list(services) == ["app"]
    assert services["app"] == {"project": ".", "language": "python", "host": "function"}
    assert "'azd-service-name': 'app'" in (INFRA / "app.bicep").read_text(encoding="utf-8")


@pytest.mark.parametrize("phase", ["preprovision", "postdeploy"])
def test_hooks_are_one_program_on_every_system(phase: str) -> None:
    """The same module runs before resources are made and after the code is there, and its failure stops azd."""
    hooks = loaded("azure.yaml")["hooks"]
    assert set(hooks) == {"preprovision", "postdeploy"}
    module = f"-m landfall.cli.deployment_hooks {phase}"
    assert hooks[phase]["posix"] == {"shell": "sh", "run": f"python3 {module}"}
    assert hooks[phase]["windows"] == {"shell": "pwsh", "run": f"python {module}; exit $LASTEXITCODE"}


def test_the_hook_gives_the_second_phase_what_it_asks_for() -> None:
    """It passes outputs of main.bicep as the parameters of landing-subscription.bicep."""
    assert set(PHASE_2_NEEDS) == set(template("landing-subscription.bicep").parameters)
    assert {*PHASE_2_NEEDS.values(), "AZURE_RESOURCE_GROUP"} <= set(template("main.bicep").outputs)
    assert (ROOT / PHASE_2).exists()


def test_an_azd_that_ignores_funcignore_is_refused() -> None:
    """Before 1.18 azd deployed tests, emulator and docs too."""
    assert loaded("azure.yaml")["requiredVersions"] == {"azd": ">= 1.18.0"}


def test_scripts_keep_their_line_ends() -> None:
    """A checkout on Windows must not give a shell script carriage returns."""
    asked = ["git", "check-attr", "eol", "--", ".ci/run", "any/script.sh"]
    said = subprocess.run(asked, cwd=ROOT, capture_output=True, text=True, check=True)
    assert said.stdout.splitlines() == [".ci/run: eol: lf", "any/script.sh: eol: lf"]


def compiler_check(folder: Path, prints: str, code: int = 0) -> subprocess.CompletedProcess[str]:
    """Run the workflow's step that builds and lints, as GitHub does, with an `az` that prints this on stderr."""
    steps = loaded(".github/workflows/ci.yml")["jobs"]["bicep"]["steps"]
    (script,) = [each["run"] for each in steps if each.get("shell") == "bash"]
    az = folder / "az"
    az.write_text(f'#!/bin/sh\necho "$@" >>"{folder}/asked"\necho "{prints}" >&2\nexit {code}\n', encoding="utf-8")
    az.chmod(0o755)
    (folder / "infra").symlink_to(INFRA)
    command = ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", script]
    path = {"PATH": f"{folder}:{os.environ['PATH']}"}
    return subprocess.run(command, cwd=folder, env=path, capture_output=True, text=True, check=False)


def test_bicep_s_own_compiler_builds_and_lints_every_file(tmp_path: Path) -> None:
    """The workflow asks the real compiler about each file of infra/."""
    assert compiler_check(tmp_path, "all well").returncode == 0
    asked = (tmp_path / "asked").read_text(encoding="utf-8")
    for path in FILES:
        assert f"bicep build --file infra/{path.name} --stdout" in asked
        assert f"bicep lint --file infra/{path.name}" in asked


@pytest.mark.parametrize(
    ("prints", "code"), [("WARNING: /a/b.bicep(1,2) : Warning BCP081: no types", 0), ("Error BCP018: expected", 1)]
)
def test_a_warning_of_the_compiler_fails_the_workflow(tmp_path: Path, prints: str, code: int) -> None:
    """And its words are shown."""
    done = compiler_check(tmp_path, prints, code)
    assert done.returncode != 0
    assert prints in done.stdout


def test_a_warning_that_is_turned_off_has_its_reason() -> None:
    """A comment stands before it."""
    for path in FILES:
        lines = path.read_text(encoding="utf-8").splitlines()
        for number, line in enumerate(lines):
            if line.startswith("#disable-next-line"):
                before = [each for each in lines[max(0, number - 2) : number] if not each.startswith("@")]
                assert before[-1].startswith("// "), f"{path.name}:{number + 1}"


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
    assert set(job["jobs"]["deploy"]["env"]) >= VARIABLES - {"AZURE_PRINCIPAL_ID"} - OF_THE_HOOK


@pytest.mark.parametrize("variable", sorted(VARIABLES - OF_AZD))
def test_every_variable_is_explained(variable: str) -> None:
    """docs/deploying.md has a row for each variable."""
    assert f"| `{variable}` |" in (ROOT / "docs/deploying.md").read_text(encoding="utf-8")
