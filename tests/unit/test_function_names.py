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
ENVIRONMENT = {"EXPORT_SCHEDULE": "0 0 6 * * *", "FNO_URL": "https://fno.example", "PATH": ""}


@pytest.fixture(scope="module")
def functions() -> dict[str, list[dict[str, str]]]:
    """The bindings of every function that the app registers, by the function's name."""
    listed = subprocess.run(
        [sys.executable, "-c", INDEX], cwd=ROOT, env=ENVIRONMENT, check=True, capture_output=True, text=True
    ).stdout
    return {name: [json.loads(each) for each in bindings] for name, bindings in json.loads(listed)}


def test_export_timers_have_names_of_their_own(functions: dict[str, list[dict[str, str]]]) -> None:
    """Each export has a timer, and no other function's name begins like a timer's."""
    timers = {f"export-{each.name}" for each in read_plan({}).exports}
    assert {name for name in functions if name.startswith("export-")} == timers


def test_azure_takes_every_function(functions: dict[str, list[dict[str, str]]]) -> None:
    """No function has a name, a binding or a route for which Azure would disable it."""
    loaded = "from pathlib import Path; from local.host.app.index import load_app; index = load_app(Path.cwd())"
    run = subprocess.run(
        [sys.executable, "-c", f"{loaded}; print(*(each.name for each in index.functions))"],
        cwd=ROOT,
        env=ENVIRONMENT,
        check=True,
        capture_output=True,
        text=True,
    )
    assert "will be disabled" not in run.stderr
    assert set(run.stdout.split()) == set(functions)
