"""The host is killed, as kill -9 does, while F&O works on a call of it."""

import time

import pytest

from samples.build import package
from tests.e2e.site import Site

HELD_SECONDS = 8
"""How long F&O holds its answer: the host is dead and up again before."""
SETTLING_SECONDS = 0.5
"""From the start of a call to its effect: F&O's work on a small package."""


def half_good(project: str) -> bytes:
    """A package with a row that F&O takes and one that it refuses, so that every call of the road is made."""
    rows = [
        ["CUSTOMERACCOUNT", "ORGANIZATIONNAME", "CUSTOMERGROUPID", "SALESCURRENCYCODE"],
        [f"{project}-1", "Good", "10", "USD"],
        [f"{project}-2", "", "10", "USD"],
    ]
    return package({"data_project": project, "entities": [{"entity": "Customers V3", "format": "CSV", "rows": rows}]})


def kill_during(site: Site, operation: str, name: str) -> None:
    """Drop the package, kill the host while F&O holds the answer to this call, start it again."""
    project = name.upper()
    before = len(site.operations(operation, ""))
    site.plan_fault({"operation": operation, "when": "after", "do": {"delay": HELD_SECONDS}})
    site.drop(f"packages/USMF/{name}.zip", half_good(project))
    site.wait(lambda: len(site.operations(operation, "")) > before, f"{operation} for {project}")
    time.sleep(SETTLING_SECONDS)
    site.stack.kill_host()
    site.stack.start_host()


def assert_imported_once(site: Site, name: str) -> None:
    """One execution, one file in the archive, nothing in landing, the refused row explained."""
    run = site.run_of(f"packages/USMF/{name}.zip")
    assert run["outcome"] == "PartiallySucceeded", run
    executions = [each["id"] for each in site.fno("executions")["executions"] if each["project"] == name.upper()]
    assert executions == [run["execution_id"]]
    assert [(line["key"], line["field"]) for line in site.errors(run)] == [(f"{name.upper()}-2", "ORGANIZATIONNAME")]
    assert len([place for place in site.names("archive") if place.endswith(f"/{name}.zip")]) == 1
    assert f"packages/USMF/{name}.zip" not in site.names("landing")


def test_killed_between_import_and_answer(site: Site) -> None:
    """A host that dies after ImportFromPackage was heard and before it was answered imports the file once."""
    kill_during(site, "ImportFromPackage", "k0")
    assert_imported_once(site, "k0")
    calls = [entry for entry in site.operations("ImportFromPackage", "K0") if entry["phase"] == "start"]
    assert len(calls) == 1


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "operation"),
    [
        ("k1", "GetAzureWriteUrl"),
        ("k2", "PutBlobFromUrl"),
        ("k3", "GetExecutionSummaryStatus"),
        ("k4", "Read DataManagementExecutionJobDetails"),
        ("k5", "GetExecutionErrors"),
        ("k6", "GetImportStagingErrorFileUrl"),
        ("k7", "GenerateImportTargetErrorKeysFile"),
        ("k8", "GetImportTargetErrorKeysFileUrl"),
    ],
)
def test_killed_during_any_call(site: Site, name: str, operation: str) -> None:
    """Wherever on the road the host dies, the file is imported once and explained in full."""
    kill_during(site, operation, name)
    assert_imported_once(site, name)


@pytest.mark.slow
def test_killed_again_and_again(site: Site) -> None:
    """Twelve kills at arbitrary moments of six runs leave six runs, six executions, six files in the archive."""
    names = [f"again{index}" for index in range(6)]
    for name in names:
        site.drop(f"packages/USMF/{name}.zip", half_good(name.upper()))
    for kill in range(12):
        time.sleep(0.3 + 0.2 * (kill % 5))
        site.stack.kill_host()
        site.stack.start_host()
    for name in names:
        assert_imported_once(site, name)
