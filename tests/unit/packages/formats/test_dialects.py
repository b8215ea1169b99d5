"""Delimited text is checked, read, wrapped and repaired in the dialect of the environment's data source."""

import io
import zipfile
from dataclasses import replace

import pytest

from landfall.packages.archives import RefusedPackageError
from landfall.packages.budget import Budget
from landfall.packages.checks import check_data_files, read_package
from landfall.packages.formats import read_rows, wrap
from landfall.packages.formats.raw_files import RawFile
from landfall.packages.manifest import Dialect, Manifest
from landfall.packages.repair import build_repair
from tests.unit.made_packages import package

GERMAN = Dialect(";", "cp1252", "'")
LINES = "GROUPID;NAME\r\n10;'Größe; 1'\r\n20;Retail\r\n".encode("cp1252")


def opened(data: bytes, dialects: dict[str, Dialect]) -> tuple[zipfile.ZipFile, Manifest]:
    """A checked package with this data file, in an environment with these dialects."""
    content = package(data=data)
    manifest = read_package(io.BytesIO(content), len(content), dialects)
    archive = zipfile.ZipFile(io.BytesIO(content))
    check_data_files(archive, manifest, Budget(len(content)))
    return archive, manifest


def test_rows_are_read_as_the_environment_reads_them() -> None:
    """Delimiter, text qualifier and code page are those of the environment's data source."""
    archive, manifest = opened(LINES, {"CSV": GERMAN})
    rows = [row.values for row in read_rows(archive, manifest.entities[0])]
    assert rows == [{"CUSTOMERGROUPID": "10", "NAME": "Größe; 1"}, {"CUSTOMERGROUPID": "20", "NAME": "Retail"}]


def test_a_repair_keeps_the_bytes() -> None:
    """The rejected rows come back in the dialect in which they came."""
    archive, manifest = opened(LINES, {"CSV": GERMAN})
    held = io.BytesIO()
    build_repair(archive, manifest, [0], lambda _: iter([2]), held)
    with zipfile.ZipFile(held) as repaired:
        assert repaired.read("Customer groups.csv") == "GROUPID;NAME\r\n10;'Größe; 1'\r\n".encode("cp1252")


def test_another_delimiter_is_named() -> None:
    """A file with another delimiter than F&O's is refused in words, with the setting that would take it."""
    with pytest.raises(RefusedPackageError, match=r"divided by semicolons, and F&O reads CSV with commas.*sources in"):
        opened(LINES, {})


def wrapped(text: str, dialect: Dialect) -> tuple[bytes, tuple[str, ...]]:
    """The data file made from a raw file in UTF-8, and what changed."""
    raw = RawFile("groups.csv", 100, "CSV", "Customer groups", dialect=dialect)
    pieces, made = wrap(raw, io.BytesIO(text.encode())), []
    while True:
        try:
            made.append(next(pieces))
        except StopIteration as end:
            return b"".join(made), end.value.changes


def test_a_raw_file_is_written_in_the_dialect() -> None:
    """A dropped file gets the delimiter, the text qualifier and the code page that F&O reads."""
    made, changes = wrapped('GROUPID,NAME\r\n10,"Größe; 1"\r\n20,Retail\r\n', GERMAN)
    assert made == LINES
    assert changes == ("the encoding UTF-8 became CP1252", "commas became semicolons")


def test_a_character_that_the_code_page_lacks_is_refused() -> None:
    """No character is replaced silently."""
    with pytest.raises(RefusedPackageError, match=r"'groups\.csv' has the character '日', which CP1252"):
        wrapped("GROUPID,NAME\r\n10,日本\r\n", replace(GERMAN, delimiter=","))
