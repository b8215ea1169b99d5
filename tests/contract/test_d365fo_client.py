"""A client that is not ours: `d365fo-client`, in an environment of its own."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.contract.conftest import Caller

CALLS = Path(__file__).with_name("d365fo_calls.py")
WANTED = ["d365fo-client==0.3.7", "mcp<2"]
"""The client imports a package whose second major version it does not work with."""


@pytest.fixture(scope="module")
def python(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A Python 3.13 that has the client; skips where none can be made."""
    folder = tmp_path_factory.mktemp("d365fo") / "venv"
    made = folder / "bin/python"
    for command in (["python3.13", "-m", "venv", folder], [made, "-m", "pip", "install", "-q", *WANTED]):
        try:
            subprocess.run(command, check=True, capture_output=True)
        except (OSError, subprocess.CalledProcessError) as error:
            said = getattr(error, "stderr", b"").decode().strip().splitlines()
            pytest.skip(f"no Python 3.13 with {' and '.join(WANTED)}: {error} {said[-1:]}")
    return made


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="the address in hexadecimal is resolved by POSIX systems")
@pytest.mark.usefixtures("seeded")
def test_actions_rows_and_metadata_as_a_stranger_reads_them(
    fno: Caller, python: Path, tmp_path: Path
) -> None:
    """d365fo-client connects, finds actions in the metadata, calls them with its own checks, and reads a set (fno-behaviour 1.1, 1.13)."""
    run = subprocess.run(
        [python, CALLS],
        input=json.dumps(fno.ready),
        env=os.environ | {"HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stderr
    told = json.loads(run.stdout)
    assert told["connected"]
    assert told["described"]
    assert told["version"].startswith("10.0.")
    assert "/dmf/a.zip?" in told["write_url"]
    assert list(told["customers"]) == ["US-001", "US-002", "US-003", "US-004"]
    assert told["customers"]["US-001"] == "Retail customers"
    assert told["leads_to"] == {"CustomerGroup": "CustomerGroup", "Currency": "Currency"}
    assert len(told["actions"]) == 25
    assert "GetExecutionSummaryStatus" in told["found"]
