"""Explaining and returning 100,000 rejected rows takes a bounded amount of memory."""

import csv
import io
import json
import subprocess
import sys
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest

from activities.explaining import MESSAGES
from activities.run_files import report_path
from landfall.config.settings import Storage
from landfall.fno.error_files import KEYS, STAGING, error_file_name
from landfall.records import Run
from landfall.services import Services
from tests.integration.conftest import Drop
from tests.unit.made_packages import package

ROWS = 100_000
LIMIT_MIB = 64
MEASURE = """
import json, re, sys
from pathlib import Path
from activities.explaining import write_explanation
from landfall.ledger.ledger import Ledger
from landfall.services import Services
from landfall.config.plan import Plan
from landfall.config.settings import Storage
from landfall.storage.account import DataAccount

storage, runs = json.loads(sys.stdin.read())
account = DataAccount(Storage(connection_string=storage))
known = Services(Plan(), account, Ledger(account.ledger_table()), None)
peaks = []
for run in runs:
    reason = write_explanation(known, known.ledger.get(run))
    peak = re.search(r"VmHWM:\\s+(\\d+) kB", Path("/proc/self/status").read_text())
    peaks.append(int(peak[1]) // 1024)
print(json.dumps([reason, *peaks]))
"""


def refused(services: Services, run: Run, count: int) -> None:
    """Store F&O's answers for a file that it rejected as a whole: half of the rows before staging, half after it."""
    half = count // 2
    staging = "GROUPID,NAME\r\n" + "".join(f'{n},"Group, {n}"\r\n' for n in range(half))
    keys = "CUSTOMERGROUPID\r\n" + "".join(f"{n}\r\n" for n in range(half, count))
    said = [
        {
            "RecordId": "0" if n < half else str(n),
            "Field": "CUSTOMERGROUPID",
            "ErrorMessage": f"\n The value '{n}' in field 'Group' is not found in the related table 'Groups'\r\n "
            "Validations failed while writing entity record\r\n",
        }
        for n in range(count)
    ]
    files = {
        error_file_name(STAGING, "Customer groups"): staging.encode(),
        error_file_name(KEYS, "Customer groups"): keys.encode(),
        MESSAGES: json.dumps(said).encode(),
    }
    for name, content in files.items():
        services.account.write(report_path(run, name), content)


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="the peak is read from Linux's /proc")
def test_memory_is_bounded_whatever_was_refused(services: Services, drop: Drop, storage: Storage) -> None:
    """100,000 rejected rows with a message each take less than 64 MiB more than 10 rows do."""
    runs = []
    for number, count in enumerate((10, ROWS)):
        rows = "".join(f'{n},"Group, {n}"\r\n' for n in range(count)).encode()
        landed = drop(package(data=b"GROUPID,NAME\r\n" + rows))
        run = replace(landed, run_id=f"{landed.run_id}{number}")
        services.ledger.claim(run)
        moved = f"{run.run_id}.zip"
        services.account.write(
            f"archive/{moved}",
            services.account.blob(f"landing/{landed.source.name}").download_blob().readall(),
        )  # type: ignore[union-attr]
        services.ledger.change(
            run.run_id, 1, lambda row, place=f"archive/{moved}": replace(row, files={"archive": place})
        )
        refused(services, run, count)
        runs.append(run)
    done = subprocess.run(
        [sys.executable, "-c", MEASURE],
        input=json.dumps([storage.connection_string, [run.run_id for run in runs]]),
        capture_output=True,
        text=True,
        check=True,
    )
    reason, small, large = json.loads(done.stdout)
    print(f"memory: {small} MiB for 10 rejected rows, {large} MiB for {ROWS}")  # noqa: T201  the figure is the point
    assert reason == f"F&O refused {ROWS} rows (listed in errors.csv)."
    assert large - small < LIMIT_MIB

    errors = services.account.blob(report_path(runs[1], "errors.csv")).download_blob().readall().decode("utf-8-sig")
    lines = list(csv.DictReader(io.StringIO(errors, newline="")))
    assert len(lines) == ROWS
    assert all(f"'{line['key']}'" in line["message"] for line in lines)
    assert [int(line["line"]) for line in lines] == list(range(2, ROWS + 2))
    repair = services.account.blob(report_path(runs[1], "repair.zip")).download_blob().readall()
    with zipfile.ZipFile(io.BytesIO(repair)) as archive:
        assert archive.read("Customer groups.csv").count(b"\r\n") == ROWS + 1
