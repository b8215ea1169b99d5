"""What it takes to deliver an exported package of 1 GiB, and to unpack its CSV (`make bench` prints it)."""

import json
import os
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from azure.storage.blob import BlobClient

from landfall.config.settings import Storage, read_settings
from landfall.services import fno_client
from landfall.storage.account import DataAccount
from local.azurite.server import Azurite
from local.ports import free_ports
from local.processes import Part, stopped_at_the_end
from local.stack import READY_SECONDS, ROOT, app_settings
from tests.unit.made_packages import MadeEntity, files_of

MIB = 1 << 20
MOST = 64 * MIB
ROW = b"C-0000001,Name of a customer with an umlaut \xc3\xbc,and more of it\r\n"
ROWS_AT_ONCE = 100_000


@dataclass(frozen=True)
class Offered:
    """URLs of a large package and a small one in F&O's storage, the rows of the large one, and the app's settings."""

    large: str
    small: str
    rows: int
    settings: dict[str, str]


def made(file: Path, rows: int) -> Path:
    """A package of so many rows, not compressed: as large as its data."""
    with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as archive:
        for name, content in files_of(MadeEntity()).items():
            if name.endswith(".xml"):
                archive.writestr(name, content)
        with archive.open("Customer groups.csv", "w", force_zip64=True) as data:
            data.write(b"GROUPID,NAME,MORE\r\n")
            for _ in range(rows // ROWS_AT_ONCE or 1):
                data.write(ROW * min(rows, ROWS_AT_ONCE))
    return file


@pytest.fixture(scope="module")
def offered(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Offered]:
    """Both packages in F&O's storage, each service a process of its own."""
    folder = tmp_path_factory.mktemp("bench")
    azurite = Azurite(folder / "azurite", free_ports(0, 0, 0), folder / "azurite.log")
    command = [sys.executable, "-m", "fno_emulator", "--data", str(folder / "emulator")]
    emulator = Part("emulator", command, folder / "emulator.log", folder=ROOT, announces=True)
    with stopped_at_the_end() as parts:
        for part in (azurite.part, emulator):
            parts.append(part)
            part.start()
        azurite.wait()
        settings = app_settings(azurite.connection_string, emulator.announcement(READY_SECONDS))
        DataAccount(Storage(connection_string=azurite.connection_string)).make_containers()
        known = read_settings(settings | {"EXPORT_SCHEDULE": "0 0 6 * * *"})
        fno = fno_client(known.fno, known.plan.submission)
        rows = 1024 * MIB // len(ROW) // ROWS_AT_ONCE * ROWS_AT_ONCE + ROWS_AT_ONCE
        urls = []
        for name, count in (("large.zip", rows), ("small.zip", 1)):
            urls.append(fno.write_url(name).url)
            file = made(folder / name, count)
            with file.open("rb") as content:
                BlobClient.from_blob_url(urls[-1]).upload_blob(content, max_concurrency=1)
            file.unlink()
        yield Offered(urls[0], urls[1], rows, settings)


@pytest.mark.slow
@pytest.mark.timeout(1500)
def test_a_large_export_needs_little_memory(offered: Offered, capsys: pytest.CaptureFixture[str]) -> None:
    """Fetched, verified, delivered and unpacked, a package of 1 GiB is in the worker a piece at a time; every row counts."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.bench.delivery_worker", offered.large, offered.small],
        cwd=ROOT,
        env={**os.environ, **offered.settings},
        check=True,
        stdout=subprocess.PIPE,
        text=True,
    )
    found = json.loads(done.stdout.splitlines()[-1])
    above = found["most"] - found["idle"]
    with capsys.disabled():
        print(  # noqa: T201  figures are what `make bench` is for
            f"\n1 GiB exported, delivered and unpacked: {above / MIB:.1f} MiB above the idle worker's "
            f"{found['idle'] / MIB:.0f} MiB (at most {MOST // MIB}), {found['rows']} rows, {found['seconds']:.1f} s"
        )
    assert found["rows"] == offered.rows
    assert above < MOST
    assert {"package", "data: Customer groups.csv"} <= set(found["files"])
