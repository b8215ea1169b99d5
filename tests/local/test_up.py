import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
import requests
from azure.storage.blob import BlobServiceClient

from landfall.cli.dropping import drop, package_path
from landfall.cli.places import what_is_up
from local.lock import lock_folder
from local.processes import Part, PartError, stop_at_end
from local.stack import FNO_VARIABLES, ROOT
from local.up import exports

UP = """\
import sys
from pathlib import Path
from rich.console import Console
from local.processes import one_interrupt
from local.up import up
try:
    with one_interrupt():
        up("embedded", Console(), Path(sys.argv[1]))
except KeyboardInterrupt:
    print("interrupted")
"""


def test_a_shell_takes_the_settings_of_a_running_stack() -> None:
    """`eval` of the output of `python -m local env` sets the variables, whatever characters they hold."""
    lines = exports({"emulator": {name: f"it's ${name}" for name in FNO_VARIABLES}, "storage": "a;b=c"})
    script = f'{lines}\nprintf "%s" "$FNO_URL|$FNO_CA_BUNDLE|$DataStorage"'
    shell = subprocess.run(["/bin/sh", "-c", script], check=True, capture_output=True, text=True)
    assert shell.stdout == "it's $url|it's $ca|a;b=c"


@pytest.mark.slow
def test_up_stays_up_until_interrupted(tmp_path: Path) -> None:
    """While up.json exists, all its addresses answer; an interrupt removes it and ends every process.

    A file that a killed run left is removed before anything starts.
    """
    (tmp_path / "up.json").write_text("{}")
    command = Part("up", [sys.executable, "-c", UP, str(tmp_path)], tmp_path / "log", folder=ROOT)
    with stop_at_end() as parts:
        parts.append(command)
        command.start()
        command.wait_until(lambda: not (tmp_path / "up.json").exists(), 60)
        command.wait_until((tmp_path / "up.json").exists, 120)
        addresses = what_is_up(tmp_path)
        runs = f"{addresses['app']['url']}/api/runs"
        assert requests.get(runs, timeout=30).status_code == 401
        listed = requests.get(runs, headers={"x-functions-key": addresses["app"]["key"]}, timeout=30).json()
        assert listed["runs"] == []
        file = tmp_path / "notes.zip"
        file.write_bytes(b"no package")
        drop(addresses["storage"], file, package_path(file.name, "USMF"))
        with BlobServiceClient.from_connection_string(addresses["storage"]) as service:
            command.wait_until(lambda: [*service.get_container_client("landing").list_blob_names()] == [], 60)
        os.kill(command.pid, signal.SIGINT)
        with pytest.raises(PartError, match="exit code 0"):
            command.wait_until(lambda: False, 60)
    assert not (tmp_path / "up.json").exists()
    with lock_folder(tmp_path / "up"):  # every part inherits the lock, so it is free when all have ended
        pass
