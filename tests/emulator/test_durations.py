"""The switch `durations`: how long the executions of a project take."""

import time

import pytest

from tests.contract.conftest import Caller
from tests.contract.package_files import package, part

GROUPS = package(part("Customer groups", "CUSTOMERGROUPID,DESCRIPTION", "T1,Test"))


def wait_until_executing(fno: Caller) -> None:
    """Wait until the only execution is Executing, without a status call."""
    while fno.control("GET", "executions")["executions"][0]["status"] != "Executing":
        time.sleep(0.01)


@pytest.mark.parametrize("looks", [1, 5])
def test_final_at_the_nth_look(fno: Caller, looks: int) -> None:
    """An execution with n looks ends at the nth status call, and not before."""
    fno.control("PATCH", "settings", {"durations": {"counted": {"looks": looks}}})
    execution = fno.start_import(GROUPS, "Counted").json()["value"]
    wait_until_executing(fno)
    statuses = [fno.value("GetExecutionSummaryStatus", executionId=execution) for _ in range(looks)]
    assert set(statuses) == {"Executing"}
    assert fno.wait(execution) == "Succeeded"


def test_range_of_seconds(fno: Caller) -> None:
    """With a pair of seconds, an execution takes a time between them, on the emulated clock."""
    fno.control("PATCH", "settings", {"durations": {"Slow": [500, 900]}})
    execution = fno.start_import(GROUPS, "Slow").json()["value"]
    wait_until_executing(fno)
    fno.control("POST", "clock", {"advance": 400})
    assert fno.value("GetExecutionSummaryStatus", executionId=execution) == "Executing"
    fno.control("POST", "clock", {"advance": 600})
    assert fno.wait(execution) == "Succeeded"
