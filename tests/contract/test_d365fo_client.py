"""The independent client `d365fo-client` works with the emulator."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.contract.conftest import Caller
from tests.pythons import interpreter

CALLS = Path(__file__).with_name("d365fo_calls.py")
WANTED = ["d365fo-client==0.3.7", "mcp<2"]
"""The client does not work with version 2 of the package mcp."""


@pytest.fixture(scope="module")
def python(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The path of a Python 3.13 with the client; skips the test if there is none."""
    folder = tmp_path_factory.mktemp("d365fo") / "venv"
    made = folder / "bin/python"
    for command in ([interpreter("3.13"), "-m", "venv", folder], [made, "-m", "pip", "install", "-q", *WANTED]):
        subprocess.run(command, check=True)
    return made


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="the address in hexadecimal is resolved by POSIX systems")
@pytest.mark.usefixtures("seeded")
def test_actions_rows_and_metadata(fno: Caller, python: Path, tmp_path: Path) -> None:
    """d365fo-client connects, finds actions in the metadata, calls them, and reads a set (fno-behaviour 1.1, 1.13)."""
    run = subprocess.run(
        [python, CALLS],
        input=json.dumps(fno.ready),
        env=os.environ | {"HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stderr
    result = json.loads(run.stdout)
    assert result["connected"]
    assert result["described"]
    assert result["version"].startswith("10.0.")
    assert "/dmf/a.zip?" in result["write_url"]
    assert list(result["customers"]) == ["US-001", "US-002", "US-003", "US-004"]
    assert result["customers"]["US-001"] == "Retail customers"
    assert result["navigation"] == {"CustomerGroup": "CustomerGroup", "Currency": "Currency"}
    assert len(result["actions"]) == 25
    assert "GetExecutionSummaryStatus" in result["found"]
