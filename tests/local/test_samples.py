import io
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from openpyxl import load_workbook

from local.demo.samples import Sample, build
from local.stack import ROOT
from tests.test_architecture import tracked

SCRIPT = ROOT / "samples" / "build.py"


@pytest.fixture(scope="module")
def samples(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Sample]:
    return {sample.name: sample for sample in build(SCRIPT, tmp_path_factory.mktemp("samples"))}


@pytest.fixture
def setup(samples: dict[str, Sample]) -> Iterator[zipfile.ZipFile]:
    with zipfile.ZipFile(samples["customer-setup"].path) as package:
        yield package


@pytest.fixture
def asset_types(samples: dict[str, Sample]) -> Iterator[zipfile.ZipFile]:
    with zipfile.ZipFile(samples["asset-major-types"].path) as package:
        yield package


def test_every_folder_is_a_sample_that_states_its_outcome(samples: dict[str, Sample]) -> None:
    """The build covers every folder, every sample states its outcome, and every `after` names a sample."""
    folders = {path.relative_to(SCRIPT.parent).parts[0] for path in tracked("samples/*/*")}
    assert set(samples) == folders
    for sample in samples.values():
        assert sample.path.is_file()
        assert sample.attempts
        assert {attempt.after for attempt in sample.attempts} <= {None, *samples}


def test_building_again_gives_the_same_bytes(samples: dict[str, Sample], tmp_path: Path) -> None:
    """A package depends only on its sources, not on the clock or the time zone."""
    command = [sys.executable, str(SCRIPT), str(tmp_path)]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, env={"TZ": "Asia/Tokyo"})
    for sample in samples.values():
        assert (tmp_path / sample.path.name).read_bytes() == sample.path.read_bytes()


def test_a_package_holds_no_build_time(asset_types: zipfile.ZipFile) -> None:
    """The package and the workbook in it carry only the fixed time."""
    with zipfile.ZipFile(io.BytesIO(asset_types.read("Fixed asset major type.xlsx"))) as book:
        times = {entry.date_time for archive in (asset_types, book) for entry in archive.infolist()}
        properties = book.read("docProps/core.xml")
    assert times == {(2000, 1, 1, 0, 0, 0)}
    assert properties.count(b"2000-01-01T00:00:00Z") == 2


def test_rows_are_written_in_their_format(setup: zipfile.ZipFile) -> None:
    """CSV is UTF-8, CSV-Unicode is UTF-16 LE with a byte order mark, and lines end in CR LF (fno-behaviour 3.7)."""
    customers = setup.read("Customers V3.csv").decode("utf-8")
    vendors = setup.read("Vendor groups.csv")
    assert vendors.startswith(b"\xff\xfe")
    for text in (customers, vendors.decode("utf-16")):
        assert text.count("\n") == text.count("\r\n") == len(text.splitlines())
    assert "\r\nBAKERY,Bäckereien und Café-Zulieferer,Net10\r\n" in vendors.decode("utf-16")


def test_one_sample_is_written_as_fno_exports_it(asset_types: zipfile.ZipFile) -> None:
    """Both XML files are UTF-16 LE with a byte order mark and no declaration; the rows are in an Excel sheet."""
    for name in ("Manifest.xml", "PackageHeader.xml"):
        content = asset_types.read(name)
        assert content.startswith(b"\xff\xfe<\x00D\x00a\x00t\x00a\x00M\x00")
    assert "<ExcelSheetName>Fixed_asset_major_type$</ExcelSheetName>" in asset_types.read("Manifest.xml").decode(
        "utf-16"
    )
    book = load_workbook(io.BytesIO(asset_types.read("Fixed asset major type.xlsx")))
    rows = list(book["Fixed_asset_major_type"].values)
    assert rows[0] == ("MAJORTYPEID", "DESCRIPTION")
    assert len(rows) == 5
