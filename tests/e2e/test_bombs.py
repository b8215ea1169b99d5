"""Small files that unpack to very much end as Rejected, and the app's memory stays small while it reads them."""

import io
import random
import zipfile
from pathlib import Path

import pytest

from tests.bench.memory import MIB, memory
from tests.corpus.packages import good, workbook, zipped
from tests.e2e.site import customer_groups, run_site

NS = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
WITH_HEADER = workbook([["CUSTOMERGROUPID", "DESCRIPTION"]])


def noise(mib: int) -> bytes:
    """Text of so many MiB, which deflate shrinks to about a hundredth, so that it passes for data."""
    source = random.Random(1)  # noqa: S311  the same in each run
    return b"".join(source.randbytes(128).hex().encode() * 64 for _ in range(mib * 64))


def a_package(data: bytes, source_format: str = "CSV") -> bytes:
    """A package whose one data file holds these bytes."""
    manifest = good()["Manifest.xml"].replace(b">CSV<", f">{source_format}<".encode())
    return zipped([*(good() | {"Manifest.xml": manifest, "Customer groups.csv": data}).items()])


def with_part(name: str, content: str) -> bytes:
    """A workbook with a header row and another part in place of its own."""
    with zipfile.ZipFile(io.BytesIO(WITH_HEADER)) as book:
        return zipped([*({part: book.read(part) for part in book.namelist()} | {name: content.encode()}).items()])


def texts() -> str:
    """More shared texts than a workbook may have."""
    listed = "".join(f"<si><t>{number * 7919}</t></si>" for number in range(1_100_000))
    return f"<sst {NS}>{listed}</sst>"


def wide_rows() -> str:
    """Rows whose only cell is in the last column that Excel has."""
    rows = "".join(f'<row r="{number}"><c r="XFD{number}"/></row>' for number in range(1, 200_000))
    return f"<worksheet {NS}><sheetData>{rows}</sheetData></worksheet>"


BOMBS = {
    "a value": ("packages/USMF/value.zip", lambda: a_package(b"<Document><G><A>" + noise(250), "XML-Element")),
    "a tag": ("packages/USMF/tag.zip", lambda: a_package(b"<Document><G A='" + noise(250), "XML-Attribute")),
    "a comment": ("packages/USMF/comment.zip", lambda: a_package(b"<Document><!--" + noise(250), "XML-Element")),
    "a record": (
        "packages/USMF/record.zip",
        lambda: a_package(b"CUSTOMERGROUPID,DESCRIPTION\r\n" + b'"' + noise(10) + b'","' + noise(10)),
    ),
    "texts": ("files/USMF/Customer groups.xlsx", lambda: with_part("xl/sharedStrings.xml", texts())),
    "wide rows": ("files/DEMF/Customer groups.xlsx", lambda: with_part("xl/worksheets/sheet1.xml", wide_rows())),
}


@pytest.mark.slow
def test_no_file_fills_the_memory_or_stops_its_neighbours(tmp_path: Path) -> None:
    """Each bomb is rejected, a strict package behind it succeeds, and the host stays below 400 MiB."""
    with run_site(tmp_path) as site:
        for number, (path, build) in enumerate(BOMBS.values()):
            site.drop(path, build())
            site.drop(f"packages/GBSI/good-{number}.zip", customer_groups(f"Behind {number}", ("10", "Ten")))
        for number, (path, _) in enumerate(BOMBS.values()):
            assert site.run_of(f"packages/GBSI/good-{number}.zip")["outcome"] == "Succeeded"
            run = site.run_of(path)
            assert (path, run["outcome"]) == (path, "Rejected"), run["reason"]
        assert memory("VmHWM", site.stack.as_json()["pids"]["host"]) < 400 * MIB
