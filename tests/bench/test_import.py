"""The time that loading the app adds to an empty durable app: it is part of every cold start."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent
TIMES = 5
EMPTY = "import azure.durable_functions, azure.functions; azure.durable_functions.DFApp()"
OURS = "import function_app"
LOAD = """
import json, sys, time
start = time.perf_counter()
{}
print(json.dumps([time.perf_counter() - start, time.process_time(), sorted(sys.modules)]))
"""
ONLY_WHERE_NEEDED = {"openpyxl", "typer", "rich", "numpy", "lxml", "pytest"}
"""Heavy packages that only few runs, or only tools, use."""


def load(statement: str) -> tuple[float, float, set[str]]:
    """Clock seconds, processor seconds and the loaded modules of a new Python that runs a statement."""
    command = [sys.executable, "-c", LOAD.format(statement)]
    printed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    clock, work, modules = json.loads(printed.splitlines()[-1])
    return clock, work, set(modules)


@pytest.mark.slow
def test_loading_the_app_stays_in_proportion() -> None:
    """Loading the app takes less than five times the work of loading Durable Functions, best of five runs each."""
    runs = [(load(EMPTY), load(OURS)) for _ in range(TIMES)]
    for kind, at in (("clock", 0), ("work", 1)):
        empty, ours = (min(run[side][at] for run in runs) for side in (0, 1))
        line = f"empty durable app {empty:.2f} s, function_app {ours:.2f} s, {ours - empty:.2f} s beyond"
        sys.stdout.write(f"{kind}: {line}\n")
    assert ours < 5 * empty


def test_heavy_packages_are_not_loaded() -> None:
    """A cold start loads nothing that only a workbook or a tool uses."""
    _, _, modules = load(OURS)
    assert {name.partition(".")[0] for name in modules} & ONLY_WHERE_NEEDED == set()
    assert "activities.intake" in modules
