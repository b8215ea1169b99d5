"""The names that the Functions host and its Durable extension see."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from landfall.config.plan_file import read_plan

ROOT = Path(__file__).parent.parent.parent
INDEX = (
    "import function_app, json; print(json.dumps([[each.get_function_name(), each.get_raw_bindings()] "
    "for each in function_app.app.get_functions()]))"
)
RESERVED = {"data", "instanceid"}
"""Binding names that the Durable extension keeps for itself, in any case: it disables an activity that has one."""


@pytest.fixture(scope="module")
def functions() -> dict[str, list[dict[str, str]]]:
    """The bindings of every function that the app registers, by the function's name."""
    environment = {"EXPORT_SCHEDULE": "0 0 6 * * *", "FNO_URL": "https://fno.example", "PATH": ""}
    listed = subprocess.run(
        [sys.executable, "-c", INDEX], cwd=ROOT, env=environment, check=True, capture_output=True, text=True
    ).stdout
    return {name: [json.loads(each) for each in bindings] for name, bindings in json.loads(listed)}


def test_export_timers_have_names_of_their_own(functions: dict[str, list[dict[str, str]]]) -> None:
    """Each export has a timer, and no other function's name begins like a timer's."""
    timers = {f"export-{each.name}" for each in read_plan({}).exports}
    assert {name for name in functions if name.startswith("export-")} == timers


def test_no_binding_of_an_activity_has_a_reserved_name(functions: dict[str, list[dict[str, str]]]) -> None:
    """The Durable extension can bind every activity's input."""
    inputs = {
        name: binding["name"].lower()
        for name, bindings in functions.items()
        for binding in bindings
        if binding["type"] == "activityTrigger"
    }
    assert inputs
    assert {name: bound for name, bound in inputs.items() if bound in RESERVED} == {}
