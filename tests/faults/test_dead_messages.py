"""What a killed host had taken lies still for five minutes, as on Azure: order, lanes and calls hold, others go on."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from tests.e2e.site import customer_groups
from tests.e2e.still_site import StillSite, run_still_site

FIVE_MINUTES = "300"
PLAN = """\
imports:
  - {name: packages, path: "packages/{company}/{name}.zip", order: strict}
exports:
  - {name: groups, schedule: "0 0 0 1 1 *", companies: [USMF], data_project: Customer groups export}
"""
CALL_SECONDS = 4
"""How long F&O takes for a call during which the host dies."""


@pytest.fixture
def site(tmp_path: Path) -> Iterator[StillSite]:
    """A local run with clocks that stand still, in which the sweeper does nothing."""
    plan = tmp_path / "plan.yaml"
    plan.write_text(PLAN, encoding="utf-8")
    options = ("--redelivery-seconds", FIVE_MINUTES)
    with run_still_site(tmp_path / "site", *options, LANDFALL_FILE=str(plan)) as site:
        yield site


def run_of(site: StillSite, name: str) -> dict[str, Any] | None:
    """The run of a file, once it is done."""
    named = (run for run in site.runs() if run["source"]["name"] == name and run["state"] == "Done")
    return next(named, None)


def begun(site: StillSite, names: list[str]) -> list[str]:
    """When F&O began the one execution of each file."""
    runs = [site.wait(lambda name=name: run_of(site, name), f"the run of {name}") for name in names]
    assert {run["outcome"] for run in runs} == {"Succeeded"}
    made = {each["id"]: each["created"] for each in site.executions()}
    assert len(made) == len(site.executions())
    return [made[run["execution_id"]] for run in runs]


def die_with_three(site: StillSite, ready: Callable[[list[dict[str, Any]]], bool]) -> list[str]:
    """Drop three files of a project, kill the host when they are so far, and drop one more; their names."""
    names = [f"packages/USMF/{index}.zip" for index in range(4)]
    for name in names[:3]:
        site.drop(name, customer_groups("STILL", (name[-5], "One")))
    site.wait(lambda: ready(site.runs()), "runs that are so far", time_passes=False)
    site.die()
    site.drop(names[3], customer_groups("STILL", ("3", "One")))
    return names


def hold_call(site: StillSite, action: str) -> None:
    """Have F&O take its time for the next call of an action, after it has done what it asks for."""
    site.plan_fault({"operation": action, "when": "after", "do": {"delay": CALL_SECONDS}})


def die_in_call(site: StillSite, action: str) -> None:
    """Kill the host during its call, which F&O ends all the same before the clocks move."""
    site.wait(lambda: len(site.operations(action)) == 1, "a call", time_passes=False)
    site.die()
    site.wait(lambda: len(site.operations(action)) == 2, "the call's end", time_passes=False)


def overlaps(site: StillSite, action: str) -> int:
    """How many calls of an action began while another one was under way."""
    open_calls, found = set(), 0
    for each in site.operations(action):
        if each["phase"] == "start":
            found += bool(open_calls)
            open_calls.add(each["call"])
        else:
            open_calls.discard(each["call"])
    return found


@pytest.mark.slow
def test_strict_order_holds(site: StillSite) -> None:
    """A file that lands after the kill waits for those before it."""
    names = die_with_three(site, lambda runs: any(run["state"] not in {"Claimed", "Done"} for run in runs))
    times = begun(site, names)
    assert times == sorted(times)
    assert len(times) == 4


@pytest.mark.slow
def test_other_lanes_go_on(site: StillSite) -> None:
    """A file of another project waits for none of those whose project is known."""
    names = die_with_three(site, lambda runs: len(runs) == 3 and all(run["data_project"] for run in runs))
    other = "packages/USMF/other.zip"
    site.drop(other, customer_groups("OTHER", ("4", "One")))
    last, others = begun(site, [names[-1], other])
    assert others < last


@pytest.mark.slow
def test_the_call_slot_is_given_back(site: StillSite) -> None:
    """A dead host's call is over once F&O has its execution: others call before the five minutes, and none overlap."""
    names = [f"packages/USMF/{project}.zip" for project in ("one", "two", "three")]
    hold_call(site, "ImportFromPackage")
    for name in names:
        site.drop(name, customer_groups(name[14:-4].upper(), ("1", name)))
    die_in_call(site, "ImportFromPackage")
    assert len(begun(site, names)) == len(site.executions()) == 3
    assert overlaps(site, "ImportFromPackage") == 0
    dead = min(site.executions(), key=lambda each: each["created"])
    last = max(site.runs(), key=lambda run: run["times"]["Done"])
    assert last["execution_id"] == dead["id"], "the others have waited for the dead host's run"


@pytest.mark.slow
def test_an_export_is_taken_up(site: StillSite) -> None:
    """The export whose host died is delivered once, and the one ordered meanwhile comes after it."""
    hold_call(site, "ExportToPackage")
    first = order(site)
    die_in_call(site, "ExportToPackage")
    second = order(site)
    runs = {run: site.wait(lambda run=run: delivered(site, run), "the package") for run in (first, second)}
    ended = [runs[each]["times"]["Done"] for each in (first, second)]
    assert ended == sorted(ended)
    assert len(site.executions()) == len({run["execution_id"] for run in runs.values()}) == 2
    assert len({run["files"]["package"] for run in runs.values()}) == 2


def order(site: StillSite) -> str:
    """Order an export; its run's id."""
    answer = requests.post(f"{site.host.url}/api/exports/groups/runs", json={"full": True}, timeout=60)
    assert answer.status_code == 202, answer.text
    return str(answer.json()["run_id"])


def delivered(site: StillSite, run_id: str) -> dict[str, Any] | None:
    """The export's run, once it is done and well."""
    [run] = [each for each in site.runs() if each["run_id"] == run_id]
    assert run["outcome"] in {None, "Succeeded"}, run
    return run if run["state"] == "Done" else None
