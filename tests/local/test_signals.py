"""A signal to the process that started a local run, and to no other, ends every process of the run."""

import os
import signal
import sys
from pathlib import Path

import pytest

from local.lock import lock_folder
from local.processes import Part, PartError, stop_at_end
from local.stack import ROOT

STACK = """\
import sys, time
from pathlib import Path
from local.stack import run_stack
with run_stack(Path(sys.argv[1]) / "up"):
    print("{}", flush=True)
    time.sleep(600)
"""
UP = """\
import sys
from pathlib import Path
from rich.console import Console
from local.up import up
up("embedded", Console(), Path(sys.argv[1]))
"""
DEMO = """\
import sys
from pathlib import Path
from rich.console import Console
from local.demo.run import demo
demo(Console(), Path(sys.argv[1]))
"""
PARTS = """\
import signal, sys, time
from pathlib import Path
from local.lock import lock_folder
from local.processes import Part, stop_at_end
signal.signal(signal.SIGHUP, signal.SIG_DFL)  # whoever runs the tests may have had it ignored, as nohup does
folder = Path(sys.argv[1])
sleeps = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('{}', flush=True); time.sleep(600)"
with lock_folder(folder / "up") as lock, stop_at_end() as parts:
    for name in "ab":
        parts.append(Part(name, [sys.executable, "-c", sleeps], folder / name, announces=True, inherits=(lock.fileno(),)))
        parts[-1].start()
        parts[-1].announcement(60)
    print("{}", flush=True)
    time.sleep(600)
"""


def ends_all(code: str, folder: Path, number: signal.Signals, started: str | None = None, run: str = "up") -> None:
    """Run the code, send it a signal when this part has started (by default when all have), and look what is left."""
    process = Part("run", [sys.executable, "-c", code, str(folder)], folder / "log", folder=ROOT, announces=True)
    lock = folder / f"{run}.lock"
    with stop_at_end() as parts:
        parts.append(process)
        process.start()
        if started is None:
            process.announcement(120)
        else:
            process.wait_until(lambda: lock.exists() and f"{started} (process" in lock.read_text(), 120)
        os.kill(process.pid, number)
        with pytest.raises(PartError, match="KeyboardInterrupt"):
            process.wait_until(lambda: False, 60)
        with lock_folder(folder / run):  # every part inherits the lock, so it is free when all have ended
            pass


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_takes_the_parts_along(tmp_path: Path, number: signal.Signals) -> None:
    """Parts end whatever they do with their own SIGTERM, although nobody but their starter got the signal."""
    ends_all(PARTS, tmp_path, number)


@pytest.mark.parametrize("started", ["azurite", "emulator"])
def test_a_stack_that_is_starting_ends(tmp_path: Path, started: str) -> None:
    """SIGTERM counts from the first part on."""
    ends_all(STACK, tmp_path, signal.SIGTERM, started)


@pytest.mark.slow
def test_a_running_stack_ends(tmp_path: Path) -> None:
    """SIGTERM to a program that runs a stack leaves none of its processes."""
    ends_all(STACK, tmp_path, signal.SIGTERM)


@pytest.mark.slow
@pytest.mark.parametrize(("code", "run"), [(UP, "up"), (DEMO, "demo")])
def test_make_up_and_make_demo_end_while_they_start(tmp_path: Path, code: str, run: str) -> None:
    """SIGTERM while the app starts ends storage and emulator too."""
    ends_all(code, tmp_path, signal.SIGTERM, "host", run)
