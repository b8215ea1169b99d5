"""The control API: operation log, faults, switches, reset and cancel."""

import logging
import time

import pytest
import requests

from tests.contract.conftest import Caller
from tests.contract.package_files import package, part

GROUPS = package(part("Customer groups", "CUSTOMERGROUPID,DESCRIPTION", "T1,Test"))


def test_log_has_start_and_end_of_every_call(fno: Caller) -> None:
    """The log has two entries per call, with execution, project and status, and without SAS or secret."""
    execution, _ = fno.run_import(GROUPS, "Logged")
    start, end = fno.control("GET", "operations?operation=ImportFromPackage")["operations"]
    assert (start["phase"], end["phase"], end["call"], end["status"]) == ("start", "end", start["seq"], 200)
    assert (end["execution_id"], end["project"]) == (execution, "Logged")
    everything = str(fno.control("GET", "operations"))
    assert "sig=" not in everything
    assert fno.ready["client_secret"] not in everything


def test_status_fault_strikes_the_nth_call_once(fno: Caller) -> None:
    """A planned answer replaces the work of the nth call only, and the fault is then consumed."""
    answer = {"status": 429, "headers": {"Retry-After": "7"}, "body": {"error": "busy"}}
    fno.control("POST", "faults", {"operation": "GetAzureWriteUrl", "nth": 2, "do": answer})
    assert len(fno.control("GET", "faults?consumed=false")["faults"]) == 1
    responses = [fno.post("GetAzureWriteUrl", uniqueFileName="a") for _ in range(3)]
    assert [one.status_code for one in responses] == [200, 429, 200]
    assert responses[1].headers["Retry-After"] == "7"
    assert fno.control("GET", "faults?consumed=false")["faults"] == []


def test_dropped_connection_after_the_work(fno: Caller) -> None:
    """A connection that closes after the work loses the answer, but the execution runs."""
    url = fno.upload(GROUPS)
    fno.control("POST", "faults", {"operation": "ImportFromPackage", "when": "after", "do": {"drop": True}})
    with pytest.raises(requests.ConnectionError):
        fno.post(
            "ImportFromPackage",
            packageUrl=url,
            definitionGroupId="Lost",
            executionId="lost-1",
            execute=True,
            overwrite=True,
            legalEntityId="USMF",
        )
    assert fno.wait("lost-1") == "Succeeded"
    assert fno.control("GET", "operations?operation=ImportFromPackage")["operations"][1]["status"] is None


def test_dropped_connection_before_the_work(fno: Caller) -> None:
    """A connection that closes before the work leaves no execution."""
    fno.control("POST", "faults", {"operation": "ExportToPackage", "when": "before", "do": {"drop": True}})
    with pytest.raises(requests.ConnectionError):
        fno.run_export("Vendors export")
    assert fno.control("GET", "executions")["executions"] == []


@pytest.mark.parametrize(
    "fault",
    [
        {},
        {"operation": "X"},
        {"operation": "X", "do": {"explode": 1}},
        {"operation": "X", "when": "never", "do": {"drop": True}},
    ],
)
def test_invalid_fault_is_refused(fno: Caller, fault: dict[str, object]) -> None:
    """A fault with an unknown key or value is refused, so that a typo cannot make a test pass."""
    response = requests.post(f"{fno.ready['url']}/_emulator/faults", json=fault, timeout=30)
    assert response.status_code == 400
    assert "A fault " in response.json()["error"]


def test_unknown_switch_is_refused(fno: Caller) -> None:
    """The error for an unknown switch lists the known switches."""
    response = requests.patch(f"{fno.ready['url']}/_emulator/settings", json={"quick": True}, timeout=30)
    assert response.status_code == 400
    assert "execution_seconds" in response.json()["error"]


def test_unknown_value_of_a_switch_is_refused(fno: Caller) -> None:
    """The error for an unknown value of a switch lists the known values."""
    response = requests.patch(f"{fno.ready['url']}/_emulator/settings", json={"busy_project": "wait"}, timeout=30)
    assert response.status_code == 400
    assert "queue, refuse" in response.json()["error"]


def test_reset_restores_the_first_state(fno: Caller) -> None:
    """After a reset the environment has its seeded rows and first switches only."""
    fno.run_import(GROUPS)
    fno.control("PATCH", "settings", {"execution_seconds": 5})
    fno.control("POST", "reset")
    assert fno.control("GET", "executions")["executions"] == []
    assert fno.control("GET", "settings")["execution_seconds"] == 0.1
    rows = fno.control("GET", "rows/Customer groups?company=USMF")["rows"]
    assert [one["CustomerGroupId"] for one in rows] == ["10", "20", "30", "40", "80", "90"]


def test_execution_is_canceled(fno: Caller) -> None:
    """A canceled execution is Canceled: it writes no further rows, frees its project, and cannot be canceled again."""
    fno.control("PATCH", "settings", {"durations": {"Slow": 600, "Vendors export": 600}})
    running = [fno.start_import(GROUPS, "Slow").json()["value"]]
    export = {"packageName": "p", "executionId": "", "reExecute": False, "legalEntityId": "USMF"}
    running.append(fno.value("ExportToPackage", definitionGroupId="Vendors export", **export))
    behind = fno.start_import(GROUPS, "Slow").json()["value"]
    for execution in running:
        while fno.value("GetExecutionSummaryStatus", executionId=execution) != "Executing":
            time.sleep(0.02)
        fno.control("POST", "cancel", {"execution_id": execution})
        assert fno.wait(execution) == "Canceled"
    again = {"execution_id": running[0]}
    assert requests.post(f"{fno.ready['url']}/_emulator/cancel", json=again, timeout=30).status_code == 400
    while fno.value("GetExecutionSummaryStatus", executionId=behind) != "Executing":
        time.sleep(0.02)
    fno.control("POST", "clock", {"advance": 601})
    assert fno.wait(behind) == "Succeeded"
    assert [fno.value("GetExecutionSummaryStatus", executionId=one) for one in running] == ["Canceled"] * 2
    assert fno.details(running[0])[0]["TargetStatus"] == "Canceled"
    assert {fno.value("GetExportedPackageUrl", executionId=running[1]) for _ in range(3)} == {""}


def test_executions_show_entities_and_counts(fno: Caller) -> None:
    """Executions are listed with entities and counts, and without a token."""
    fno.run_import(GROUPS, "Shown")
    (found,) = fno.control("GET", "executions")["executions"]
    assert (found["project"], found["kind"], found["status"]) == ("Shown", "import", "Succeeded")
    (entity,) = found["entities"]
    assert (entity["entity"], entity["sent"], entity["staged"], entity["created"]) == (
        "Customer groups",
        1,
        1,
        1,
    )


def test_nothing_secret_is_logged(fno: Caller, caplog: pytest.LogCaptureFixture) -> None:
    """The process's log contains neither SAS nor token nor secret."""
    with caplog.at_level(logging.DEBUG):
        fno.run_import(GROUPS)
    text = "\n".join(one.getMessage() for one in caplog.records if one.name.startswith("fno_emulator"))
    assert text
    for secret in ("sig=", fno.ready["client_secret"], str(fno.session.headers["Authorization"])[7:]):
        assert secret not in text
