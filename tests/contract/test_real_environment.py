"""The contract tests run against an environment that is set by variables; here, an emulator in another process."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import requests

from local.stack import FNO_VARIABLES

ROOT = Path(__file__).parents[2]


@pytest.mark.slow
@pytest.mark.usefixtures("seeded")
def test_real_environment_is_never_changed() -> None:
    """With FNO_URL the tests call that environment, pass or are skipped with a reason, and change nothing in it."""
    with subprocess.Popen(
        [sys.executable, "-m", "fno_emulator"], cwd=ROOT, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        ready = json.loads(process.stdout.readline())
        try:
            run = subprocess.run(
                [
                    sys.executable,
                    "-m",
                    "pytest",
                    "tests/contract",
                    "-p",
                    "no:cacheprovider",
                    "-m",
                    "not slow",
                ],
                cwd=ROOT,
                env=os.environ | {variable: ready[name] for name, variable in FNO_VARIABLES.items()},
                capture_output=True,
                text=True,
                check=False,
            )
            log = requests.get(f"{ready['url']}/_emulator/operations", timeout=30).json()["operations"]
        finally:
            process.terminate()
    assert run.returncode == 0, run.stdout[-3000:]
    passed, skipped = (int(re.search(rf"(\d+) {word}", run.stdout)[1]) for word in ("passed", "skipped"))  # type: ignore[index]
    assert passed > 35, run.stdout[-3000:]
    assert skipped > 0
    reasons = set(re.findall(r"^SKIPPED \[\d+\] [^:]+(?::\d+)?: (.*)$", run.stdout, re.MULTILINE))
    assert {
        "needs the emulator's own endpoints",
        "an import would change the environment",
        "expects the emulator's own rows, projects, jobs or clients",
    } <= reasons
    done = {one["operation"] for one in log if one.get("status") in range(200, 300)}
    assert "GetAzureWriteUrl" in done
    harmless = ("Get", "Read ", "Count ", "Put", "Token")
    assert {one for one in done if not one.startswith(harmless)} == set()
