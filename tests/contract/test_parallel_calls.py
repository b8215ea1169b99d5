"""Overlapping ImportFromPackage calls (fno-behaviour 5.9 and 9.6)."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.contract.conftest import Caller
from tests.contract.package_files import package, part

GROUPS = package(part("Customer groups", "CUSTOMERGROUPID,DESCRIPTION", "T1,Test"))
SLOW = {"operation": "ImportFromPackage", "nth": 1, "when": "after", "do": {"delay": 1}}


def two_calls(fno: Caller, first: str, second: str) -> list[int]:
    """The statuses of two overlapping calls; a fault delays the first one's answer."""
    urls = [fno.upload(GROUPS, f"{n}.zip") for n in range(2)]
    fno.control("POST", "faults", SLOW)
    common = {"executionId": "", "execute": True, "overwrite": True, "legalEntityId": "USMF"}
    with ThreadPoolExecutor() as pool:
        holding = pool.submit(fno.post, "ImportFromPackage", packageUrl=urls[0], definitionGroupId=first, **common)
        while not fno.control("GET", "operations?operation=ImportFromPackage")["operations"]:
            pass
        late = fno.post("ImportFromPackage", packageUrl=urls[1], definitionGroupId=second, **common)
        return [holding.result().status_code, late.status_code]


def test_same_project_is_refused(fno: Caller) -> None:
    """The second call for a project fails with a deadlock while the first is in flight (fno-behaviour 5.9)."""
    assert two_calls(fno, "One", "one") == [200, 400]


@pytest.mark.parametrize(
    ("switches", "statuses"),
    [
        ({}, [200, 400]),
        ({"one_import_call_per_environment": False}, [200, 200]),
        ({"enhanced_parallel_import": True}, [200, 200]),
    ],
)
def test_other_project_depends_on_the_switch(fno: Caller, switches: dict[str, bool], statuses: list[int]) -> None:
    """Calls for different projects may overlap only if the environment allows it (fno-behaviour 9.6)."""
    fno.control("PATCH", "settings", switches)
    assert two_calls(fno, "One", "Two") == statuses


@pytest.mark.parametrize(("busy", "status"), [("queue", 200), ("refuse", 400)])
def test_busy_project(fno: Caller, busy: str, status: int) -> None:
    """An execution of a busy project waits, or its call is refused (our switch: fno-behaviour 9.10)."""
    fno.control("PATCH", "settings", {"busy_project": busy, "durations": {"Busy": {"looks": 1}}})
    first = fno.start_import(GROUPS, "Busy").json()["value"]
    second = fno.start_import(GROUPS, "Busy")
    assert second.status_code == status
    assert fno.wait(first) == "Succeeded"
    if status == 200:
        assert fno.wait(second.json()["value"]) == "Succeeded"
