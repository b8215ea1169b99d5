"""Compares our worker with the worker library that Azure runs on Python 3.13 and later."""

import importlib.util
import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.host.running_host import REPOSITORY

SHAPES = Path(__file__).parent / "apps" / "shapes"


@pytest.mark.skipif(
    importlib.util.find_spec("azure_functions_runtime") is None,
    reason="Azure's worker library needs Python 3.13 or later",
)
def test_both_workers_agree() -> None:
    """Both index the same functions and bindings, and return the same results and errors for the same invocations."""
    ended = subprocess.run(
        [sys.executable, "-m", "tests.host.conformance", str(SHAPES)],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
    )
    lines = [json.loads(line) for line in ended.stdout.splitlines()]
    assert len(lines) > 50
    assert [line for line in lines if line["azure"] != line["ours"]] == []
