"""Times when nothing may go, and files that wait for others, with clocks that stand still until they are turned."""

import random
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.site import customer_groups
from tests.e2e.still_site import StillSite, run_still_site

PLAN = """\
imports:
  - {name: packages, path: "packages/{company}/{name}.zip", order: strict}
  - {name: urgent, path: "urgent/{company}/{name}.zip"}
  - {name: groups, path: "groups/{company}/{name}.csv", entity: Customer groups, format: CSV}
  - {name: customers, path: "customers/{company}/{name}.csv", entity: Customers V3, format: CSV, after: [groups]}
freeze:
  - {from: "%s", to: "%s", reason: maintenance, except: [urgent]}
"""
LONG = timedelta(hours=2)


@contextmanager
def nightly(folder: Path, freeze: datetime) -> Iterator[StillSite]:
    """A local run that is frozen for two hours from a moment on."""
    file = folder / "nights.yaml"
    times = (freeze, freeze + LONG)
    file.write_text(PLAN % tuple(f"{each:%Y-%m-%dT%H:%M:%S}" for each in times), encoding="utf-8")
    with run_still_site(folder, LANDFALL_FILE=str(file)) as site:
        yield site


def named(site: StillSite) -> dict[str, dict[str, Any]]:
    """The runs by the names of their files."""
    return {run["source"]["name"].rpartition("/")[2]: run for run in site.runs()}


def starts(site: StillSite) -> list[tuple[str, str]]:
    """The file and the moment of each call of ImportFromPackage, in their order."""
    names = {run["execution_id"]: name for name, run in named(site).items()}
    calls = site.operations("ImportFromPackage")
    return [(names[each["execution_id"]], each["time"]) for each in calls if each["phase"] == "start"]


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_a_freeze_holds_what_lands_and_nothing_else(tmp_path: Path) -> None:
    """The run that F&O has goes on, an excepted route's file goes, and the others go after it, as they landed."""
    freeze = datetime.now(UTC).replace(microsecond=0) + timedelta(minutes=5)
    with nightly(tmp_path, freeze) as site:
        site.switch(durations={"Long": 3600})
        site.drop("packages/USMF/long.zip", customer_groups("Long", ("L", "x")))
        site.wait(lambda: named(site).get("long.zip", {}).get("state") == "Running", "the long run", 100)
        site.wait(lambda: site.now() > freeze, "the freeze", 200)
        for number in range(5):
            site.drop(f"packages/USMF/{number}.zip", customer_groups(f"P{number}", (f"F{number}", "x")))
        site.drop("urgent/USMF/urgent.zip", customer_groups("Urgent", ("U", "x")))
        ended = site.wait(lambda: named(site).get("urgent.zip", {}).get("outcome"), "the excepted one", 200)
        assert ended == "Succeeded"
        waiting = [named(site)[f"{number}.zip"] for number in range(5)]
        assert {run["state"] for run in waiting} == {"Waiting"}
        assert all(run["reason"].startswith("Frozen until") and run["source"]["sha256"] for run in waiting)
        site.wait(lambda: named(site)["long.zip"]["outcome"] == "Succeeded", "the long run's end", 200)
        assert site.now() < freeze + LONG
        site.wait(lambda: all(named(site)[f"{number}.zip"]["outcome"] for number in range(5)), "the end", 300)
        assert {named(site)[f"{number}.zip"]["outcome"] for number in range(5)} == {"Succeeded"}
        order = [name for name, _ in starts(site)]
        assert order == ["long.zip", "urgent.zip", *(f"{number}.zip" for number in range(5))]
        late = datetime.fromisoformat(next(at for name, at in starts(site) if name == "0.zip"))
        assert abs(late - (freeze + LONG)) < timedelta(minutes=1)


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_customers_wait_for_their_groups(tmp_path: Path) -> None:
    """Whichever of two files that land together comes first, no row lacks what it refers to."""
    schedules, order = 40, random.Random(16)  # noqa: S311  no secret
    with nightly(tmp_path, datetime.now(UTC) + timedelta(days=30)) as site:
        for number in range(schedules):
            group = f"G{number}"
            files = [
                (f"groups/USMF/{number}-groups.csv", f"CUSTOMERGROUPID,DESCRIPTION\n{group},x\n"),
                (
                    f"customers/USMF/{number}-customers.csv",
                    f"CUSTOMERACCOUNT,ORGANIZATIONNAME,CUSTOMERGROUPID,SALESCURRENCYCODE\nC{number},x,{group},USD\n",
                ),
            ]
            order.shuffle(files)
            for name, content in files:
                site.drop(name, content.encode())
                for _ in range(order.randrange(4)):
                    site.pass_time()
        runs = site.wait(lambda: all_ended(site, 2 * schedules), "the end", 600)
        refused = [(run["source"]["name"], run["reason"]) for run in runs if run["outcome"] != "Succeeded"]
        assert refused == []


def all_ended(site: StillSite, count: int) -> list[dict[str, Any]]:
    """All runs, once so many have ended."""
    runs = site.runs()
    return runs if sum(run["outcome"] is not None for run in runs) >= count else []
