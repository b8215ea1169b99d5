"""How long executions take, by project."""

import time

import pytest

from tests.contract.conftest import Caller
from tests.contract.package_files import package, part

GROUPS = package(part("Customer groups", "CUSTOMERGROUPID,DESCRIPTION", "T1,Test"))


def begun(fno: Caller) -> None:
    """Wait until the only execution is Executing, without a look at its status."""
    while fno.control("GET", "executions")["executions"][0]["status"] != "Executing":
        time.sleep(0.01)


@pytest.mark.parametrize("looks", [1, 5])
def test_final_at_the_nth_look(fno: Caller, looks: int) -> None:
    """An execution set to n looks is not final before, and soon after."""
    fno.control("PATCH", "settings", {"durations": {"counted": {"looks": looks}}})
    execution = fno.start_import(GROUPS, "Counted").json()["value"]
    begun(fno)
    statuses = [fno.value("GetExecutionSummaryStatus", executionId=execution) for _ in range(looks)]
    assert set(statuses) == {"Executing"}
    assert fno.wait(execution) == "Succeeded"


def test_spread(fno: Caller) -> None:
    """A pair of seconds is a spread; the emulated clock goes through it."""
    fno.control("PATCH", "settings", {"durations": {"Slow": [500, 900]}})
    execution = fno.start_import(GROUPS, "Slow").json()["value"]
    begun(fno)
    fno.control("POST", "clock", {"advance": 400})
    assert fno.value("GetExecutionSummaryStatus", executionId=execution) == "Executing"
    fno.control("POST", "clock", {"advance": 600})
    assert fno.wait(execution) == "Succeeded"
