"""Whatever a file holds, the reason why it is refused is a sentence."""

import io
import zipfile
from collections.abc import Callable

import pytest
from openpyxl import Workbook

from landfall.fno.redaction import LONGEST
from landfall.packages.archives import RefusedPackageError
from landfall.packages.budget import Budget
from landfall.packages.building import Package, Part
from landfall.packages.checks import check_company, check_data_files, check_data_project, read_package
from landfall.packages.formats.raw_files import RawFile
from landfall.packages.formats.rows import UnreadableRowsError
from landfall.packages.formats.workbooks import sheet_lines
from tests.unit.made_packages import MadeEntity, files_of, manifest_xml, package, zipped

LONG = "X" * 1_080_000


def read(content: bytes) -> None:
    """Check a package as intake does."""
    manifest = read_package(io.BytesIO(content), len(content))
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        check_data_files(archive, manifest, Budget(len(content)))


def wrap(name: str, content: bytes, source_format: str = "CSV") -> None:
    """Wrap a raw file as intake does."""
    raw = RawFile(name, len(content), source_format)
    list(Package("Customers", [Part(raw, lambda: io.BytesIO(content))]))


def workbook(*titles: str) -> bytes:
    """A workbook with these sheets."""
    book, held = Workbook(write_only=True), io.BytesIO()
    for title in titles:
        book.create_sheet(title)
    book.save(held)
    return held.getvalue()


def many(count: int) -> str:
    """Names of so many columns."""
    return ",".join(f"COLUMN{number}" for number in range(count))


SHEETS = workbook(*(f"Sheet {number}" for number in range(300)))
NAMED_LONG = MadeEntity(LONG, columns={})
REFUSALS: dict[str, tuple[Callable[[], None], str]] = {
    "header of one column": (lambda: read(package(data=f"{LONG}\r\n1\r\n".encode())), "correct the mapping."),
    "header of many columns": (lambda: read(package(data=f"{many(5000)}\r\n1\r\n".encode())), "correct the mapping."),
    "many mapped columns": (
        lambda: read(package(MadeEntity(columns={f"C{number}": f"X{number}" for number in range(5000)}))),
        "Remove columns.",
    ),
    "raw file on one line": (lambda: wrap("edi.csv", f"{'UNB+' * 180_000}".encode()), "template that maps them."),
    "raw column twice": (lambda: wrap("a.csv", f"{LONG[:128]},{LONG[:128]}\n1,2\n".encode()), "remove one of them."),
    "raw file's name": (lambda: wrap(f"{'y' * 1020}.csv", b"A\n"), "Add a row."),
    "XML element": (lambda: wrap("a.xml", f"<d><r><{LONG}-/></r></d>".encode(), "XML-Element"), "maps them."),
    "label of an entity": (lambda: read(package(NAMED_LONG)), "export the package again."),
    "entry": (lambda: read(zipped({**files_of(MadeEntity()), f"{'y' * 60_000}.csv": b""})), "remove the file."),
    "folder": (lambda: read(zipped({**files_of(MadeEntity()), f"{'y' * 60_000}/a": b""})), "at the top level."),
    "data file of a manifest": (
        lambda: read(zipped({**files_of(MadeEntity()), "Manifest.xml": manifest_xml(MadeEntity(file=LONG)).encode()})),
        "in Manifest.xml.",
    ),
    "sheets": (
        lambda: next(sheet_lines(io.BytesIO(SHEETS), "Customers")),
        "290 more",
    ),
    "entities": (
        lambda: read(package(*(MadeEntity(f"E{number}", "a.csv") for number in range(2001)))),
        "Divide the package.",
    ),
    "data project": (lambda: check_data_project(LONG), "or its route."),
    "company": (lambda: check_company(LONG), "four letters and digits."),
}


@pytest.mark.parametrize("what", REFUSALS)
def test_a_refusal_is_a_sentence(what: str) -> None:
    """However long a name or a list in the file is: the reason is short, and its end still says what to do."""
    refuse, advice = REFUSALS[what]
    with pytest.raises((RefusedPackageError, UnreadableRowsError)) as raised:
        refuse()
    reason = str(raised.value)
    assert len(reason.encode("utf-16-le")) <= 2 * LONGEST
    assert advice in reason
