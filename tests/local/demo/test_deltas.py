"""The demo notices an export that loses a row, and one that brings what had not changed."""

from pathlib import Path

import pytest

from local.demo.deltas import lost_or_repeated
from local.demo.samples import Attempt, Sample
from local.demo.tour import Ride
from tests.local.demo.records import make_export, sample
from tests.unit.made_packages import zipped

GROUPS = "Customer groups"


def samples() -> list[Sample]:
    """One that may come with the first export or later, one that is dropped after the first."""
    setup = Attempt("Succeeded", {}, exported=frozenset({(GROUPS, "HOTEL")}))
    late = Attempt("Succeeded", {}, exported=frozenset({(GROUPS, "LOGIST")}), after_export=True)
    return [sample("setup", setup), sample("late", late)]


def judged(folder: Path, *packages: list[str]) -> list[str]:
    """What is wrong with packages of these groups, one per slot; an empty one was not delivered."""
    rides, files = [], {}
    for number, keys in enumerate(packages):
        slot = f"2026-01-01T06:00:{number}0Z"
        rides.append(Ride(slot, 0, run=make_export(slot), ended=1))
        if keys:
            package = folder / f"{number}.zip"
            rows = "".join(f"{key},Name\r\n" for key in ["CUSTOMERGROUPID", *keys])
            package.write_bytes(
                zipped({"Customer groups.csv": rows.encode("utf-16"), "Manifest.xml": b"<a/>"})
            )
            files[slot] = {"package": package}
    return lost_or_repeated(rides[::-1], files, samples())


@pytest.mark.parametrize(
    "packages",
    [
        [["10", "20", "HOTEL"], ["LOGIST"]],
        [["10", "20"], [], ["HOTEL", "LOGIST"]],
        [["10", "20", "HOTEL"], ["HOTEL", "LOGIST"]],
    ],
)
def test_changes_that_came_are_right(tmp_path: Path, packages: list[list[str]]) -> None:
    """The first package has what was there; what a sample wrote meanwhile may be in either."""
    assert judged(tmp_path, *packages) == []


@pytest.mark.parametrize(
    ("packages", "wrong"),
    [
        ([["10", "HOTEL"]], "no export brought Customer groups LOGIST"),
        ([["10"], ["LOGIST"]], "no export brought Customer groups HOTEL"),
        ([["10", "HOTEL", "LOGIST"], []], "no export brought Customer groups LOGIST"),
        (
            [["10", "HOTEL"], ["10", "LOGIST"]],
            "an export brought Customer groups 10 again, though nothing had changed it",
        ),
    ],
)
def test_what_is_lost_or_repeated_is_named(tmp_path: Path, packages: list[list[str]], wrong: str) -> None:
    """A row in no package, a change that no later package brought, a row that nobody had changed."""
    assert judged(tmp_path, *packages) == [wrong]
