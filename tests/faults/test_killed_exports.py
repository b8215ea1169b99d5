"""The host is killed, as kill -9 does, while F&O or its storage works on a call of an export."""

import io
import time
import zipfile
from typing import Any

import pytest

from tests.e2e.site import Site
from tests.faults.test_killed_host import HELD_SECONDS, SETTLING_SECONDS

EXPORT = "customer-groups"


@pytest.mark.slow
@pytest.mark.parametrize(
    "operation",
    [
        "Read DataManagementDefinitionGroupDetails",
        "ResetVersionToken",
        "ExportToPackage",
        "GetExecutionSummaryStatus",
        "GetExportedPackageUrl",
        "GetBlobProperties",
        "GetBlob",
        "GetExecutionSummaryPageUrl",
    ],
)
@pytest.mark.parametrize("when", ["before", "after"])
def test_killed_during_any_call_of_an_export(site: Site, operation: str, when: str) -> None:
    """Wherever on the road the host dies, there is one execution, and one whole package at its place."""
    before = len(site.operations(operation, ""))
    site.plan_fault({"operation": operation, "when": when, "do": {"delay": HELD_SECONDS}})
    key = {"Idempotency-Key": f"{operation} {when}".replace(" ", "-")}
    asked = site.call("POST", f"exports/{EXPORT}/runs", {"full": True}, **key)
    assert asked.status_code == 202, asked.text
    site.wait(lambda: len(site.operations(operation, "")) > before, f"{operation} for the export")
    time.sleep(SETTLING_SECONDS)
    site.stack.kill_host()
    site.stack.start_host()

    run = site.wait(lambda: ended(site, asked.json()["run_id"]), "the export's end")
    assert run["outcome"] == "Succeeded", run
    ids = [each["id"] for each in site.fno("executions")["executions"]]
    assert ids.count(run["execution_id"]) == 1
    calls = site.operations("ExportToPackage", run["execution_id"])
    assert len({each["call"] for each in calls}) <= 1 + (operation == "ExportToPackage")
    assert [name for name in site.names("exports") if run["run_id"] in name] == []
    slot = run["files"]["package"].removeprefix("exports/").removesuffix(".zip")
    assert site.names("exports", slot) == [f"{slot}.zip", f"{slot}.zip.receipt.json"]
    with zipfile.ZipFile(io.BytesIO(site.read(run["files"]["package"]))) as package:
        assert package.testzip() is None
        lines = package.read("Customer groups.csv").decode("utf-8-sig").splitlines()
    assert len(lines) - 1 == run["entities"][0]["staged"] > 0


def ended(site: Site, run_id: str) -> dict[str, Any] | None:
    """The run, once it is done."""
    run: dict[str, Any] = site.call("GET", f"runs/{run_id}").json()
    return run if run["state"] == "Done" else None
