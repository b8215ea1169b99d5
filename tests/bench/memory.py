"""How much memory a job takes: `measure` runs in a worker process, `run_worker` starts it."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar

from local.stack import ROOT

MIB = 1 << 20
T = TypeVar("T")


def memory(line: str, process: int | str = "self") -> int:
    """The bytes of a process by a line of its status file: VmRSS now, VmHWM at the peak."""
    status = Path(f"/proc/{process}/status").read_text(encoding="ascii")
    found = next(each for each in status.splitlines() if each.startswith(line))
    return int(found.split()[1]) * 1024


def measure(work: Callable[[], T]) -> tuple[T, dict[str, Any]]:
    """Run a job; its result, with the bytes when idle and at the peak, and the seconds."""
    Path("/proc/self/clear_refs").write_text("5", encoding="ascii")  # resets the peak
    idle, start = memory("VmRSS"), time.monotonic()
    result = work()
    return result, {"idle": idle, "seconds": time.monotonic() - start, "most": memory("VmHWM")}


def run_worker(module: str, *arguments: str, settings: Mapping[str, str]) -> dict[str, Any]:
    """Run a worker with the app's settings; the JSON object that it prints last, with the bytes `above` idle."""
    done = subprocess.run(
        [sys.executable, "-m", module, *arguments],
        cwd=ROOT,
        env={**os.environ, **settings},
        check=True,
        stdout=subprocess.PIPE,
        text=True,
    )
    found = dict(json.loads(done.stdout.splitlines()[-1]))
    return {**found, "above": found["most"] - found["idle"]}


def figures(found: Mapping[str, Any], most: int) -> str:
    """The figures of a worker, beside the bytes that it may take."""
    return (
        f"{found['above'] / MIB:.1f} MiB above the idle worker's {found['idle'] / MIB:.0f} MiB "
        f"(at most {most // MIB}), {found['seconds']:.1f} s"
    )
