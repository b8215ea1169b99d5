"""How one execution affects another (fno-behaviour 2.17 and 2.18)."""

import io
import time

import pytest
from openpyxl import Workbook

from tests.contract.conftest import Caller
from tests.contract.package_files import Part, package, part

GROUPS = package(part("Customer groups", "CUSTOMERGROUPID,DESCRIPTION", "T1,Test"))
HEADER_ONLY = package(part("Customer groups", "CUSTOMERGROUPID,DESCRIPTION"))


def workbook() -> bytes:
    """A package with a workbook that has one customer group."""
    book = Workbook()
    book.active.title = "Customer_groups"  # type: ignore[union-attr]
    for row in (["CUSTOMERGROUPID"], ["T1"]):
        book.active.append(row)  # type: ignore[union-attr]
    memory = io.BytesIO()
    book.save(memory)
    sheet = {"ExcelSheetName": "Customer_groups$"}
    return package(Part("Customer groups", ["CUSTOMERGROUPID"], memory.getvalue(), "EXCEL", "groups.xlsx", extra=sheet))


@pytest.mark.parametrize(("switch", "status"), [(True, "Failed"), (False, "Succeeded")])
def test_file_without_rows_spoils_queued_executions(fno: Caller, switch: bool, status: str) -> None:  # noqa: FBT001
    """A file without rows spoils the mapping of its project's queued execution, not later ones (fno-behaviour 2.17)."""
    fno.control("PATCH", "settings", {"queue_seconds": 30, "header_only_spoils_queued": switch})
    empty, queued = (fno.start_import(one).json()["value"] for one in (HEADER_ONLY, GROUPS))
    other = fno.start_import(GROUPS, "Other").json()["value"]
    fno.control("POST", "clock", {"advance": 31})
    assert fno.wait(empty) == "Failed"
    assert fno.wait(queued) == status
    assert ("the mapping is incorrect" in fno.value("GetExecutionErrors", executionId=queued)) is switch
    assert fno.wait(other) == "Succeeded"
    fno.control("PATCH", "settings", {"queue_seconds": 0})
    assert fno.run_import(GROUPS)[1] == "Succeeded"


@pytest.mark.parametrize(("switch", "status"), [(True, "Failed"), (False, "Succeeded")])
def test_one_workbook_at_a_time(fno: Caller, switch: bool, status: str) -> None:  # noqa: FBT001
    """With the switch on, a workbook fails with DMF2039 while another execution with one runs (fno-behaviour 2.18)."""
    fno.control("PATCH", "settings", {"one_excel_at_a_time": switch, "durations": {"First": 600}})
    first = fno.start_import(workbook(), "First").json()["value"]
    while fno.value("GetExecutionSummaryStatus", executionId=first) != "Executing":
        time.sleep(0.02)
    execution, ended = fno.run_import(workbook(), "Second")
    assert ended == status
    assert ("DMF2039" in fno.value("GetExecutionErrors", executionId=execution)) is switch
    assert fno.run_import(GROUPS, "Third")[1] == "Succeeded", "other formats are not affected"
    fno.control("POST", "clock", {"advance": 601})
    assert fno.wait(first) == "Succeeded"
    assert fno.run_import(workbook(), "Second")[1] == "Succeeded"
