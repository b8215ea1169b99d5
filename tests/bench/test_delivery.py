"""The memory that delivering an exported package of 1 GiB takes, its CSV unpacked (`make bench` prints it)."""

import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from azure.storage.blob import BlobClient

from landfall.config.settings import read_settings
from landfall.services import fno_client
from local.stack import run_services
from tests.bench.memory import MIB, figures, run_worker
from tests.unit.made_packages import MadeEntity, files_of

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


def make_package(file: Path, rows: int) -> Path:
    """A package with this number of rows, not compressed, so that it is as large as its data."""
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
    """Both packages in F&O's storage, which runs in another process."""
    folder = tmp_path_factory.mktemp("bench")
    with run_services(folder) as settings:
        read = read_settings(settings | {"EXPORT_SCHEDULE": "0 0 6 * * *"})
        fno = fno_client(read.fno, read.plan.submission)
        rows = 1024 * MIB // len(ROW) // ROWS_AT_ONCE * ROWS_AT_ONCE + ROWS_AT_ONCE
        urls = []
        for name, count in (("large.zip", rows), ("small.zip", 1)):
            urls.append(fno.write_url(name).url)
            file = make_package(folder / name, count)
            with file.open("rb") as content:
                BlobClient.from_blob_url(urls[-1]).upload_blob(content, max_concurrency=1)
            file.unlink()
        yield Offered(urls[0], urls[1], rows, settings)


@pytest.mark.slow
@pytest.mark.timeout(1500)
def test_a_large_export_needs_little_memory(offered: Offered, capsys: pytest.CaptureFixture[str]) -> None:
    """A worker that delivers and unpacks a package of 1 GiB holds one piece of it at a time and counts every row."""
    worker = "tests.bench.delivery_worker"
    found = run_worker(worker, offered.large, offered.small, settings=offered.settings)
    with capsys.disabled():
        print(f"\n1 GiB delivered and unpacked: {figures(found, MOST)}")  # noqa: T201 - for `make bench`
    assert found["rows"] == offered.rows
    assert found["above"] < MOST
    assert {"package", "data: Customer groups.csv"} <= set(found["files"])
