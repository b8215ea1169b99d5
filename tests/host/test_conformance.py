"""Compares our worker with the worker library that Azure runs on Python 3.13 and later."""

import json
import subprocess
from pathlib import Path

import pytest

from tests.host.running_host import REPOSITORY
from tests.pythons import equipped

SHAPES = Path(__file__).parent / "apps" / "shapes"


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_both_workers_agree() -> None:
    """Both index the same functions and bindings, and return the same results and errors for the same invocations."""
    ended = subprocess.run(
        [equipped("3.13"), "-m", "tests.host.conformance", str(SHAPES)],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
    )
    lines = [json.loads(line) for line in ended.stdout.splitlines()]
    assert len(lines) > 50
    assert [line for line in lines if line["azure"] != line["ours"]] == []
