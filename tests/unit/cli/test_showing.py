"""Runs as people read them in a terminal of any width."""

import os
import pty
import subprocess
import sys

import pytest

from local.stack import ROOT

IDS = ["imp-0123456789abcdef0123456789abcdef", "exp-customer-groups-of-all-companies-USMF-20261130T182640Z"]
SHOW = """\
import sys
from landfall.cli.showing import print_run, print_runs
ids = sys.argv[1:]
run = {"state": "Done", "outcome": "PartiallySucceeded", "route": "packages", "company": "USMF",
       "source": {"name": "packages/USMF/" + "a long name " * 9 + ".zip"}, "execution_id": "Customers-" + ids[0] + "-1"}
print_runs([{**run, "run_id": each} for each in ids])
print_run({**run, "run_id": ids[1]})
"""


def printed(columns: int, *, terminal: bool) -> str:
    """What the runs look like in so many columns."""
    environment = {**os.environ, "COLUMNS": str(columns), "TERM": "xterm"}
    command = [sys.executable, "-c", SHOW, *IDS]
    if not terminal:
        return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=True).stdout
    ours, theirs = pty.openpty()
    with subprocess.Popen(command, cwd=ROOT, env=environment, stdout=theirs):
        os.close(theirs)
        found = b""
        try:
            while piece := os.read(ours, 65536):
                found += piece
        except OSError:  # so a terminal tells that nobody writes to it any more
            pass
    os.close(ours)
    return found.decode()


@pytest.mark.parametrize("terminal", [True, False])
@pytest.mark.parametrize("columns", [40, 60, 80, 139, 140, 200])
def test_no_id_is_cut_or_wrapped(columns: int, *, terminal: bool) -> None:
    """Every id can be copied whole, in a list and on its own."""
    text = printed(columns, terminal=terminal)
    for run_id in IDS:
        assert run_id in text
    assert text.count(IDS[1]) == 2
    assert f"Customers-{IDS[0]}-1" in text
