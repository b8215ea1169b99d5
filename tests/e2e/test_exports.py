"""Scheduled exports, all the way to the target container."""

import io
import json
import zipfile
from collections.abc import Iterator
from datetime import datetime
from typing import Any

import pytest

from tests.e2e.site import Site, customer_groups, run_site

EXPORT = "customer-groups"


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A local run with an export due every five seconds."""
    with run_site(tmp_path_factory.mktemp("exports"), EXPORT_SCHEDULE="*/5 * * * * *") as site:
        yield site


def delivered(site: Site, *, after: str = "") -> dict[str, Any]:
    """The next export run that brought a package, with its slot after this moment."""

    def found() -> dict[str, Any] | None:
        runs = [run for run in site.runs(export=EXPORT) if run["outcome"] == "Succeeded"]
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
    assert receipt == json.loads(site.read(f"reports/{run['run_id']}/receipt.json"))
    assert {**run, **receipt} == run
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
    runs = [run for run in site.runs(export=EXPORT) if run["outcome"]]
    assert len({(run["company"], run["times"]["Slot"]) for run in runs}) == len(runs)
    ids = [each["id"] for each in site.fno("executions")["executions"] if each["kind"].lower() == "export"]
    assert sorted(set(ids)) == sorted(ids)
    assert {run["execution_id"] for run in runs} <= set(ids)


def ask(site: Site, key: str, **asked: Any) -> dict[str, Any]:
    """Ask for the export; the run."""
    answer = site.call("POST", f"exports/{EXPORT}/runs", asked, **{"Idempotency-Key": key})
    assert answer.status_code == 202, answer.text
    run: dict[str, Any] = answer.json()
    return run


def end_of(site: Site, run: dict[str, Any]) -> dict[str, Any]:
    """The same run when it is done."""

    def done() -> dict[str, Any] | None:
        found: dict[str, Any] = site.call("GET", f"runs/{run['run_id']}").json()
        return found if found["state"] == "Done" else None

    ended: dict[str, Any] = site.wait(done, f"the end of {run['run_id']}")
    return ended


def test_a_full_export_on_demand_brings_everything(site: Site) -> None:
    """Also what the schedule has brought before; the request repeated is the same run, and who asked why is kept."""
    delivered(site)
    run = ask(site, "full-1", full=True, reason="a new reader")
    assert ask(site, "full-1", full=True, reason="a new reader")["run_id"] == run["run_id"]
    ended = end_of(site, run)
    assert ended["outcome"] == "Succeeded"
    assert any(line.startswith(("10,", '"10"')) for line in rows(site, ended))
    assert ended["changes"] == ["reset the change-tracking tokens of Customer groups"]
    assert [(each["what"], each["why"]) for each in ended["history"]] == [("requested a full export", "a new reader")]
    calls = site.operations("ExportToPackage", ended["execution_id"])
    assert len({each["call"] for each in calls}) == 1


def test_a_preview_lies_apart(site: Site) -> None:
    """By F&O's own action, under preview/, with a warning about change tracking."""
    delivered(site)
    run = ask(site, "preview-1", preview=2, company="usmf")
    assert "change tracking" in run["warning"]
    ended = end_of(site, run)
    assert ended["outcome"] in {"Succeeded", "NoRows"}  # as much as has changed since the last slot
    assert ended.get("files", {}).get("package", "exports/preview/").startswith("exports/preview/")
    assert site.operations("ExportToPackagePreview", ended["execution_id"])


@pytest.mark.parametrize(
    ("name", "asked", "status", "said"),
    [
        ("nobody", {}, 404, "no export nobody"),
        (EXPORT, {"company": "DEMF"}, 400, "Set company to one of USMF"),
        (EXPORT, {"full": True, "preview": 5}, 400, "not both"),
        (EXPORT, {"colour": "red"}, 400, "colour"),
    ],
)
def test_what_cannot_be_exported_is_said(site: Site, name: str, asked: dict[str, Any], status: int, said: str) -> None:
    """An unknown export, a company of another export, contradicting fields and a misspelt field are each refused."""
    answer = site.call("POST", f"exports/{name}/runs", asked)
    assert answer.status_code == status
    assert said in answer.json()["detail"]


def test_a_key_is_one_request(site: Site) -> None:
    """The key of another wish is refused: its run would not be what was asked for."""
    ask(site, "key-of-two", preview=1)
    answer = site.call("POST", f"exports/{EXPORT}/runs", {"preview": 2}, **{"Idempotency-Key": "key-of-two"})
    assert answer.status_code == 409


def test_exports_are_listed_with_their_next_slot(site: Site) -> None:
    """What is exported when, and how it went last for each company."""
    delivered(site)
    listed = site.call("GET", "exports").json()
    (export,) = listed["exports"]
    assert (export["name"], export["refresh"], listed["mistakes"]) == (EXPORT, "incremental", [])
    assert datetime.fromisoformat(export["next_slot"]).second % 5 == 0
    (company,) = export["companies"]
    assert (company["company"], company["last"]["export"]) == ("USMF", EXPORT)
