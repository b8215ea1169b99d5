"""The speed of the emulator and the memory that it takes (`make bench` prints it)."""

import http.client
import json
import os
import time
import zipfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import IO
from urllib.parse import urlsplit

import pytest
import requests

from local.processes import Part as Process
from local.processes import stop_at_end
from local.stack import READY_SECONDS, emulator_part
from tests.bench.memory import MIB, memory
from tests.contract.conftest import ACTIONS, FINAL, Caller
from tests.contract.package_files import HEADER, Part, manifest
from tests.emulator.test_restart import caller

MOST = 200 * MIB
COLUMNS = ["CUSTOMERACCOUNT", "ORGANIZATIONNAME", "CUSTOMERGROUPID", "SALESCURRENCYCODE"]
CUSTOMERS = Part("Customers V3", COLUMNS, b"")
CALLS = 2000
pytestmark = [pytest.mark.slow, pytest.mark.timeout(1200)]


@pytest.fixture
def process(tmp_path: Path) -> Iterator[Process]:
    """An emulator with state on disk, in a process of its own."""
    switches = ["--switch", "execution_seconds=0", "--switch", "queue_seconds=0"]
    with stop_at_end() as parts:
        parts.append(emulator_part(tmp_path / "data", tmp_path / "log", *switches))
        parts[0].start()
        yield parts[0]


@pytest.fixture
def fno(process: Process) -> Iterator[Caller]:
    """A caller of the emulator."""
    made = caller(process.announcement(READY_SECONDS))
    yield made
    made.session.close()


def write(file: Path, rows: int) -> None:
    """Write a package with this number of customers, each with a group and a currency to look up."""
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as whole:
        whole.writestr("Manifest.xml", manifest(CUSTOMERS))
        whole.writestr("PackageHeader.xml", HEADER)
        with whole.open(CUSTOMERS.name, "w") as lines:
            lines.write(f"{','.join(COLUMNS)}\r\n".encode())
            for start in range(0, rows, 1000):
                block = (f"C-{n:07},Customer {n},10,USD\r\n" for n in range(start, min(rows, start + 1000)))
                lines.write("".join(block).encode())


def upload(fno: Caller, content: IO[bytes]) -> str:
    """Upload a package to F&O's storage as a stream; its URL."""
    url = fno.write_url("rows.zip")
    put = requests.put(url, data=content, headers={"x-ms-blob-type": "BlockBlob"}, timeout=600)
    assert put.status_code == 201
    return url


@pytest.mark.parametrize("rows", [100_000, 1_000_000])
def test_rows_into_the_target(
    fno: Caller, process: Process, tmp_path: Path, capsys: pytest.CaptureFixture[str], rows: int
) -> None:
    """Every row of a CSV arrives, and the emulator holds only few of them at a time."""
    write(tmp_path / "rows.zip", rows)
    with (tmp_path / "rows.zip").open("rb") as content:
        url = upload(fno, content)
    common = {"executionId": "", "execute": True, "overwrite": True, "legalEntityId": "USMF"}
    begun, busy = time.monotonic(), cpu(process)
    execution = fno.value("ImportFromPackage", packageUrl=url, definitionGroupId="Rows", **common)
    while (status := fno.value("GetExecutionSummaryStatus", executionId=execution)) not in FINAL:
        time.sleep(0.1)
    took, busy, most = time.monotonic() - begun, cpu(process) - busy, memory("VmHWM", process.pid)
    with capsys.disabled():
        print(  # noqa: T201
            f"\n{rows:,} CSV rows into the target: {took:.1f} s, {busy:.1f} s of a processor, "
            f"{most / MIB:.0f} MiB at the most (less than {MOST // MIB})"
        )
    assert status == "Succeeded"
    assert fno.details(execution)[0]["TargetRecordsCreatedCount"] == rows
    assert most < MOST


@pytest.mark.parametrize("callers", [1, 8])
def test_status_calls(fno: Caller, process: Process, capsys: pytest.CaptureFixture[str], callers: int) -> None:
    """Every caller gets the status, also while others ask."""
    execution, status = fno.run_export("Vendors export")
    body = json.dumps({"executionId": execution})
    headers = {"Authorization": str(fno.session.headers["Authorization"]), "Content-Type": "application/json"}
    parts = urlsplit(fno.ready["url"])

    def ask(number: int) -> set[str]:
        connection = http.client.HTTPConnection(str(parts.hostname), parts.port)
        found = set()
        for _ in range(number):
            connection.request("POST", f"{ACTIONS}GetExecutionSummaryStatus", body, headers)
            found.add(json.load(connection.getresponse())["value"])
        connection.close()
        return found

    ask(100)
    begun, busy = time.monotonic(), cpu(process)
    with ThreadPoolExecutor(callers) as pool:
        answers = list(pool.map(ask, [CALLS // callers] * callers))
    took, busy = time.monotonic() - begun, cpu(process) - busy
    with capsys.disabled():
        print(  # noqa: T201
            f"\n{CALLS / took:.0f} status calls a second, {callers} at once; "
            f"{busy / CALLS * 1e6:.0f} us of a processor each"
        )
    assert answers == [{status}] * callers


def cpu(process: Process) -> float:
    """The processor seconds of the process, which do not depend on how busy the machine is."""
    fields = Path(f"/proc/{process.pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
