"""State in a data folder survives a stop, and `kill -9` in the middle of an execution."""

import json
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
import requests

from fno_emulator.dmf.model.catalogue import SHIPPED
from fno_emulator.server import Emulator
from fno_emulator.settings import Settings
from tests.contract.conftest import Caller, token
from tests.contract.package_files import package, part

ROWS = 3000
GROUPS = package(
    part("Customer groups", "CUSTOMERGROUPID,DESCRIPTION", *(f"K{n},Group {n}" for n in range(ROWS))),
    part("Vendor groups", "VENDORGROUPID,DESCRIPTION", *(f"V{n},Group {n}" for n in range(ROWS)), level=2),
)


def caller(ready: dict[str, Any]) -> Caller:
    """A caller with a token of a started emulator."""
    session = requests.Session()
    session.headers["Authorization"] = f"Bearer {token(ready).json()['access_token']}"
    return Caller(ready, session)


def test_state_survives_a_restart(tmp_path: Path) -> None:
    """Rows, executions, log, secrets and the CA are the same after a restart."""
    quick = Settings(execution_seconds=0.1, queue_seconds=0)
    with Emulator(tmp_path, settings=quick) as first:
        fno = caller(first.ready)
        execution, _ = fno.run_import(GROUPS)
        fno.session.close()
        kept = {name: first.ready[name] for name in ("client_secret", "ca")}
        logged = fno.control("GET", "operations?operation=ImportFromPackage")
    with Emulator(tmp_path, settings=quick) as second:
        fno = caller(second.ready)
        assert fno.wait(execution) == "Succeeded"
        assert len(fno.rows("VendorGroups", "&$filter=VendorGroupId eq 'V*'")) == ROWS
        assert {name: second.ready[name] for name in kept} == kept
        assert fno.control("GET", "operations?operation=ImportFromPackage") == logged
        fno.session.close()


def test_execution_continues_after_a_restart(tmp_path: Path) -> None:
    """An execution that runs when the emulator stops ends after the next start."""
    with Emulator(tmp_path, settings=Settings(execution_seconds=60, queue_seconds=0)) as first:
        fno = caller(first.ready)
        execution = fno.start_import(GROUPS).json()["value"]
        while fno.value("GetExecutionSummaryStatus", executionId=execution) != "Executing":
            time.sleep(0.01)
        fno.session.close()
    with Emulator(tmp_path, settings=Settings(execution_seconds=0, queue_seconds=0)) as second:
        fno = caller(second.ready)
        assert fno.wait(execution) == "Succeeded"
        fno.session.close()


@pytest.mark.slow
@pytest.mark.parametrize("after", [0.0, 0.05, 0.3])
def test_kill_leaves_no_half_entity(tmp_path: Path, after: float) -> None:
    """After a kill an entity has all of its rows or none, and after the restart the execution ends."""
    execution = ""
    process, ready = _start(tmp_path, "0.4")
    try:
        fno = caller(ready)
        execution = fno.start_import(GROUPS).json()["value"]
        fno.session.close()
        time.sleep(after)
        process.send_signal(signal.SIGKILL)
    finally:
        process.communicate()
    process, ready = _start(tmp_path, "2")
    try:
        fno = caller(ready)
        for collection, key in (
            ("CustomerGroups", "CustomerGroupId eq 'K*'"),
            ("VendorGroups", "VendorGroupId eq 'V*'"),
        ):
            assert len(fno.rows(collection, f"&$filter={key}")) in (0, ROWS)
        assert fno.wait(execution) == "Succeeded"
        assert len(fno.rows("VendorGroups", "&$filter=VendorGroupId eq 'V*'")) == ROWS
        fno.session.close()
    finally:
        process.terminate()
        process.communicate()


def _start(data: Path, seconds: str) -> tuple[subprocess.Popen[str], dict[str, Any]]:
    switches = ["--switch", f"execution_seconds={seconds}", "--switch", "queue_seconds=0"]
    command = [sys.executable, "-m", "fno_emulator", "--data", str(data), *switches]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    assert process.stdout
    return process, json.loads(process.stdout.readline())


def test_catalogue_may_grow(tmp_path: Path) -> None:
    """A field that is added to the catalogue exists after a restart, empty in the existing rows."""
    grown = tmp_path / "catalogue.yaml"
    text = SHIPPED.read_text(encoding="utf-8")
    grown.write_text(
        text.replace("      Symbol: {length: 5", "      IsoCode: {length: 3}\n      Symbol: {length: 5"),
        encoding="utf-8",
    )
    with Emulator(tmp_path / "data"):
        pass
    with Emulator(tmp_path / "data", grown) as emulator:
        fno = caller(emulator.ready)
        fno.run_import(package(part("Currencies", "CURRENCYCODE,ISOCODE", "USD,840")))
        found = {one["CurrencyCode"]: one["IsoCode"] for one in fno.rows("Currencies")}
        assert (found["USD"], found["EUR"]) == ("840", "")
        fno.session.close()


def test_port_in_use_is_an_error(tmp_path: Path) -> None:
    """If a port is in use, the emulator ends with an error that names the port."""
    with Emulator(tmp_path) as emulator:
        port = emulator.ready["url"].rpartition(":")[2]
        command = [sys.executable, "-m", "fno_emulator", "--port", port]
        failed = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert failed.returncode == 2
    assert port in failed.stderr
