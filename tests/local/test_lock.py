import subprocess
import sys
from pathlib import Path

import pytest

from local.lock import lock_folder
from local.processes import PartError


def test_a_second_run_on_the_same_state_is_refused(tmp_path: Path) -> None:
    """Two runs never share a state folder, and the error names the processes that use it."""
    folder = tmp_path / "up"
    with lock_folder(folder) as lock:
        print("azurite (process 12)", file=lock, flush=True)
        with pytest.raises(PartError, match=r"is in use by azurite \(process 12\)"), lock_folder(folder):
            pass
    with lock_folder(folder):
        pass


def test_a_part_that_outlives_its_run_keeps_the_state(tmp_path: Path) -> None:
    """After a run was killed, the parts that it left behind keep the lock on the state that they write."""
    folder = tmp_path / "up"
    code = "import sys; sys.stdin.read()"
    with lock_folder(folder) as lock:
        left = subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE, pass_fds=(lock.fileno(),))
    with pytest.raises(PartError, match="is in use"), lock_folder(folder):
        pass
    left.communicate()
    with lock_folder(folder):
        pass
