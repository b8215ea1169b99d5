"""The demo finds rows that no export delivered, and rows that an export delivered again."""

from pathlib import Path

import pytest

from local.demo.deltas import export_mistakes
from local.demo.samples import Attempt, Sample
from local.demo.tour import Ride
from tests.local.demo.records import make_export, sample
from tests.unit.made_packages import zipped

GROUPS = "Customer groups"


def samples() -> list[Sample]:
    """A sample for any export, and one that is dropped after the first export."""
    setup = Attempt("Succeeded", {}, exported=frozenset({(GROUPS, "HOTEL")}))
    late = Attempt("Succeeded", {}, exported=frozenset({(GROUPS, "LOGIST")}), after_export=True)
    return [sample("setup", setup), sample("late", late)]


def mistakes_of(folder: Path, *packages: list[str]) -> list[str]:
    """The mistakes in packages with these groups, one package per slot; an empty list is a slot without a package."""
    rides, files = [], {}
    for number, keys in enumerate(packages):
        slot = f"2026-01-01T06:00:{number}0Z"
        rides.append(Ride(slot, 0, run=make_export(slot), ended=1))
        if keys:
            package = folder / f"{number}.zip"
            rows = "".join(f"{key},Name\r\n" for key in ["CUSTOMERGROUPID", *keys])
            package.write_bytes(zipped({"Customer groups.csv": rows.encode("utf-16"), "Manifest.xml": b"<a/>"}))
            files[slot] = {"package": package}
    return export_mistakes(rides[::-1], files, samples())


@pytest.mark.parametrize(
    "packages",
    [
        [["10", "20", "HOTEL"], ["LOGIST"]],
        [["10", "20"], [], ["HOTEL", "LOGIST"]],
        [["10", "20", "HOTEL"], ["HOTEL", "LOGIST"]],
    ],
)
def test_delivered_changes_are_right(tmp_path: Path, packages: list[list[str]]) -> None:
    """The first package has all rows; rows that a sample wrote in the meantime may be in either package."""
    assert mistakes_of(tmp_path, *packages) == []


@pytest.mark.parametrize(
    ("packages", "wrong"),
    [
        ([["10", "HOTEL"]], "no export delivered Customer groups LOGIST"),
        ([["10"], ["LOGIST"]], "no export delivered Customer groups HOTEL"),
        ([["10", "HOTEL", "LOGIST"], []], "no export delivered Customer groups LOGIST"),
        (
            [["10", "HOTEL"], ["10", "LOGIST"]],
            "an export delivered Customer groups 10 again, although it had not changed",
        ),
    ],
)
def test_lost_and_repeated_rows_are_named(tmp_path: Path, packages: list[list[str]], wrong: str) -> None:
    """A row in no package, a change in no later package and an unchanged row in a later package are mistakes."""
    assert mistakes_of(tmp_path, *packages) == [wrong]
