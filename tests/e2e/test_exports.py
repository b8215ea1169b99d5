"""Scheduled exports, all the way to the target container."""

import io
import json
import zipfile
from datetime import datetime
from typing import Any

from tests.e2e.site import Site, customer_groups

EXPORT = "customer-groups"


def delivered(site: Site, *, after: str = "") -> dict[str, Any]:
    """The next export run that brought a package, with its slot after this moment."""

    def found() -> dict[str, Any] | None:
        runs = [run for run in site.runs() if run["export"] == EXPORT and run["outcome"] == "Succeeded"]
        later = [run for run in runs if run["times"]["Slot"] > after]
        return min(later, key=lambda run: run["times"]["Slot"]) if later else None

    run: dict[str, Any] = site.wait(found, "an export's package")
    return run


def rows(site: Site, run: dict[str, Any]) -> list[str]:
    """The lines of the exported customer groups."""
    with zipfile.ZipFile(io.BytesIO(site.read(run["files"]["package"]))) as package:
        assert package.testzip() is None
        assert {"Manifest.xml", "PackageHeader.xml"} <= set(package.namelist())
        name = next(name for name in package.namelist() if name.startswith("Customer groups"))
        content = package.read(name)
    return content.decode("utf-16" if content[:2] == b"\xff\xfe" else "utf-8-sig").split("\r\n")


def test_a_scheduled_export_lies_whole_in_its_place(site: Site) -> None:
    """The package is at the path of its template, opens, and its receipt lies beside it and among the reports."""
    run = delivered(site)

    slot = datetime.fromisoformat(run["times"]["Slot"])
    path = f"exports/{EXPORT}/USMF/{slot:%Y/%m/%d}/{EXPORT}-USMF-{slot:%Y%m%dT%H%M%SZ}.zip"
    assert run["files"]["package"] == path
    assert any("CUSTOMERGROUPID" in line.upper() for line in rows(site, run)[:1])
    assert run["entities"][0]["staged"] == len([line for line in rows(site, run)[1:] if line])
    receipt = json.loads(site.read(f"{path}.receipt.json"))
    assert receipt == run == json.loads(site.read(f"reports/{run['run_id']}/receipt.json"))
    assert (receipt["kind"], receipt["export"], receipt["company"]) == ("export", EXPORT, "USMF")


def test_the_next_export_brings_only_what_changed(site: Site) -> None:
    """After the first, full run only a row imported since is in the next package."""
    first = delivered(site)
    imported = site.drop("packages/USMF/delta.zip", customer_groups("Delta", ("DELTA", "Changed since")))
    site.run_of("packages/USMF/delta.zip", etag=imported)

    lines: list[str] = []
    after = first["times"]["Slot"]
    while not any(line.startswith(("DELTA", '"DELTA"')) for line in lines):
        run = delivered(site, after=after)
        after, lines = run["times"]["Slot"], rows(site, run)

    assert not any(line.startswith(("10,", '"10"')) for line in lines)


def test_a_slot_without_changes_ends_norows_and_delivers_nothing(site: Site) -> None:
    """Nothing to bring is an outcome, not an error, and leaves no file."""

    def found() -> dict[str, Any] | None:
        return next((run for run in site.runs() if run["outcome"] == "NoRows"), None)

    run = site.wait(found, "a slot without changes")

    assert "package" not in run["files"]
    assert run["entities"][0]["staged"] == 0


def test_each_slot_has_one_run_and_one_execution(site: Site) -> None:
    """However often its timer fires, a slot is one run and one execution in F&O."""
    delivered(site)
    runs = [run for run in site.runs() if run["export"] == EXPORT and run["outcome"]]
    assert len({(run["company"], run["times"]["Slot"]) for run in runs}) == len(runs)
    ids = [each["id"] for each in site.fno("executions")["executions"] if each["kind"].lower() == "export"]
    assert sorted(set(ids)) == sorted(ids)
    assert {run["execution_id"] for run in runs} <= set(ids)
