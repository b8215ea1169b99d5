import subprocess
import sys
from pathlib import Path

import pytest

from local.lock import held
from local.processes import PartError


def test_a_second_run_on_the_same_state_is_refused(tmp_path: Path) -> None:
    """Two runs never share a state folder, and the refusal says who has it."""
    folder = tmp_path / "up"
    with held(folder) as lock:
        print("azurite (process 12)", file=lock, flush=True)
        with pytest.raises(PartError, match=r"(?s)is in use.*azurite \(process 12\)"), held(folder):
            pass
    with held(folder):
        pass


def test_a_part_that_outlives_its_run_keeps_the_state(tmp_path: Path) -> None:
    """After a run was killed, the parts it left behind still guard the state they write."""
    folder = tmp_path / "up"
    code = "import sys; sys.stdin.read()"
    with held(folder) as lock:
        left = subprocess.Popen(
            [sys.executable, "-c", code], stdin=subprocess.PIPE, pass_fds=(lock.fileno(),)
        )
    with pytest.raises(PartError, match="is in use"), held(folder):
        pass
    left.communicate()
    with held(folder):
        pass
