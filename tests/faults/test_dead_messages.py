"""What a killed host had taken lies still for minutes, as on Azure: order and lanes hold, other lanes go on."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.site import NEVER, Site, customer_groups, run_site

LIES_STILL_SECONDS = "20"
"""Azure's five minutes, shortened: longer than any wait of the app that might stand for knowledge."""
PLAN = """\
imports:
  - {name: packages, path: "packages/{company}/{name}.zip", order: strict}
"""


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    """A local run in which the sweeper does nothing."""
    plan = tmp_path / "plan.yaml"
    plan.write_text(PLAN, encoding="utf-8")
    settings = {
        "LANDFALL_FILE": str(plan),
        "LANDFALL__SWEEPER__SCHEDULE": NEVER,
        "LOCAL_HOST_REDELIVERY_SECONDS": LIES_STILL_SECONDS,
    }
    with run_site(tmp_path / "site", **settings) as site:
        yield site


def created(site: Site, name: str) -> str:
    """When F&O began the one execution of a file."""
    run = site.run_of(name)
    assert run["outcome"] == "Succeeded", run
    [begun] = [each["created"] for each in site.fno("executions")["executions"] if each["id"] == run["execution_id"]]
    return str(begun)


def kill_with_three(site: Site, ready: Callable[[list[dict[str, Any]]], bool]) -> list[str]:
    """Drop three files of a project, kill the host when they are so far, start it, and drop one more; their names."""
    names = [f"packages/USMF/{index}.zip" for index in range(4)]
    for name in names[:3]:
        site.drop(name, customer_groups("STILL", (name[-5], "One")))
    site.wait(lambda: ready(site.runs()), "runs that are so far")
    site.stack.kill_host()
    site.stack.start_host()
    site.drop(names[3], customer_groups("STILL", ("3", "One")))
    return names


@pytest.mark.slow
def test_strict_order_holds_while_messages_lie_still(site: Site) -> None:
    """A file that lands after the kill waits for those before it."""
    names = kill_with_three(site, lambda runs: any(run["state"] not in {"Claimed", "Done"} for run in runs))
    begun = [created(site, name) for name in names]
    assert begun == sorted(begun)
    assert len(site.fno("executions")["executions"]) == 4


@pytest.mark.slow
def test_other_lanes_go_on_while_messages_lie_still(site: Site) -> None:
    """A file of another project waits for none of those whose project is known."""
    names = kill_with_three(site, lambda runs: len(runs) == 3 and all(run["data_project"] for run in runs))
    site.drop("packages/USMF/other.zip", customer_groups("OTHER", ("4", "One")))
    other = created(site, "packages/USMF/other.zip")
    assert other < created(site, names[-1])
