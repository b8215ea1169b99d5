"""Failures from outside: repaired, dealt with by a person, one by one and many at once."""

import csv
import io
import json
from typing import Any
from uuid import uuid4

import pytest

from samples.build import package
from tests.e2e.site import Site
from tests.e2e.test_api import ENTITY, ended
from tests.e2e.test_command_line import landfall
from tests.e2e.test_repairs import corrected
from tests.e2e.test_reruns import needs_group


@pytest.fixture
def failed(site: Site) -> list[str]:
    """Two runs that failed."""
    names = [f"packages/USMF/{uuid4().hex}.zip" for _ in range(2)]
    for name in names:
        site.drop(name, needs_group(name[-12:-4], name[-12:-4], "NOWHERE"))
    return [str(site.run_of(name)["run_id"]) for name in names]


def open_failures(site: Site) -> set[str]:
    """The ids of all open failures."""
    return {run["run_id"] for run in site.runs(open_failure="true", limit="1000")}


def bulk(site: Site, action: str, key: str | None = None, **which: Any) -> Any:
    """The answer to a request about many runs."""
    headers = {"Idempotency-Key": key} if key else {}
    answer = site.call("POST", "runs/bulk", {"action": action, "reason": "tried by a test", **which}, **headers)
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_a_repaired_run_is_dealt_with(site: Site) -> None:
    """Once its corrected rows are in, it is no open failure, and the two runs name each other."""
    name = "packages/USMF/dealt.zip"
    site.drop(name, package({"data_project": "Dealt", "entities": [ENTITY]}))
    run_id = site.run_of(name)["run_id"]
    assert run_id in open_failures(site)
    repair = site.call("GET", f"runs/{run_id}/repair").content
    for wrong, right in (("NONE", "10"), ("31.31.2020", "2020-12-31")):
        repair = corrected(repair, {"Customers V3.csv": ("utf-16-le", wrong, right)})
    sent = site.call("POST", f"runs/{run_id}/repairs", repair, **{"Content-Type": "application/zip"}).json()
    site.wait(lambda: ended(site, sent["run_id"]), "the repair's end")
    run = site.call("GET", f"runs/{run_id}").json()
    assert (run["outcome"], run["open_failure"], run["repaired_by"]) == ("PartiallySucceeded", False, [sent["run_id"]])
    assert (run["dealt_with"]["run_id"], run["dealt_with"]["who"]) == (sent["run_id"], None)
    assert run_id not in open_failures(site)


def test_a_person_deals_with_a_run_and_takes_it_back(site: Site, failed: list[str]) -> None:
    """With a reason, which stays; what is no open failure is refused."""
    about = f"runs/{failed[0]}/dealt-with"
    assert site.call("POST", about, {}).status_code == 400
    run = site.call("POST", about, {"reason": "by hand"}).json()
    assert (run["open_failure"], run["dealt_with"]["why"]) == (False, "by hand")
    assert failed[0] not in open_failures(site)
    assert site.call("DELETE", about).json()["open_failure"] is True
    assert failed[0] in open_failures(site)
    assert site.call("POST", "runs/imp-none/dealt-with", {"reason": "x"}).status_code == 404


def test_many_runs_are_run_again_once(site: Site, failed: list[str]) -> None:
    """Each run has its answer, one refusal stops no other, and the same key again acts on none a second time."""
    site.call("POST", f"runs/{failed[1]}/dealt-with", {"reason": "by hand"})
    key, wanted = uuid4().hex, [*failed, "imp-none"]
    first = bulk(site, "rerun", key, runs=wanted)
    assert [(each["run_id"], each["status"]) for each in first["runs"]] == [
        *zip(wanted, (200, 409, 404), strict=True),
    ]
    assert first["runs"][0]["detail"] == "Started attempt 2."
    assert site.wait(lambda: ended(site, failed[0]), "the second attempt")["attempt"] == 2
    assert bulk(site, "rerun", key, runs=wanted) == first
    assert site.call("GET", f"runs/{failed[0]}").json()["attempt"] == 2
    other = {"action": "cancel", "reason": "x", "runs": wanted}
    assert site.call("POST", "runs/bulk", other, **{"Idempotency-Key": key}).status_code == 409


def test_many_runs_are_chosen_by_a_filter(site: Site, failed: list[str]) -> None:
    """All that match are dealt with, and a repeated request does not go on to others."""
    key = uuid4().hex
    first = bulk(site, "dealt_with", key, filter={"open_failure": True, "route": "packages"})
    assert set(failed) <= {each["run_id"] for each in first["runs"] if each["status"] == 200}
    assert not set(failed) & open_failures(site)
    site.call("DELETE", f"runs/{failed[0]}/dealt-with")
    assert bulk(site, "dealt_with", key, filter={"open_failure": True, "route": "packages"}) == first
    assert failed[0] in open_failures(site)


def test_the_command_line_deals_with_many(site: Site, failed: list[str]) -> None:
    """Their errors are one file, several are run again by one command, and dealt with they leave the list."""
    done = landfall(site, "errors", "--open-failures", "--limit", "1000")
    assert done.returncode == 0, done.stderr
    rows = list(csv.DictReader(io.StringIO(done.stdout.removeprefix("\ufeff"))))
    assert {row["run_id"] for row in rows} >= set(failed)
    assert landfall(site, "rerun", *failed).returncode == 2
    again = landfall(site, "rerun", *failed, "--reason", "once more", "--json")
    assert [each["detail"] for each in json.loads(again.stdout)] == ["Started attempt 2."] * 2
    for run_id in failed:
        site.wait(lambda about=run_id: ended(site, about), "the second attempt")
    assert landfall(site, "deal-with", *failed, "--reason", "by hand").returncode == 0
    listed = json.loads(landfall(site, "runs", "--open-failures", "--limit", "1000", "--json").stdout)
    assert not {run["run_id"] for run in listed} & set(failed)
    refused = landfall(site, "deal-with", "imp-none", "--reason", "x")
    assert (refused.returncode, "There is no run" in refused.stdout) == (1, True)
