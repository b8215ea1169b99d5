"""Events that come often or late, two hosts at once, orchestrations that a person has terminated."""

import asyncio
import json
import os
import time
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import pytest
import requests
from azure.storage.blob import BlobProperties

from landfall.claims import claim_landed
from landfall.config.plan import Plan
from landfall.config.settings import Storage
from landfall.ledger.ledger import Ledger
from landfall.records import utc_now
from landfall.services import Services
from landfall.storage.account import LANDING, DataAccount
from local.app_host import embedded_host
from local.ports import free_ports
from local.stack import ROOT, app_settings
from tests.e2e.site import Site, customer_groups

DELIVERIES = 40


@dataclass
class Remembered:
    """A blob as an event tells of it, whether or not it still lies there."""

    blob_name: str
    etag: str
    landed: datetime
    container_name: str = LANDING

    def get_blob_properties(self) -> BlobProperties:
        """As the SDK's client does."""
        return BlobProperties(**{"ETag": self.etag, "Content-Length": 1, "Last-Modified": self.landed})


def package(name: str) -> bytes:
    """A package of one customer group for a project of the same name, in capitals."""
    return customer_groups(name.upper(), (name.upper(), "One group"))


def executions(site: Site, name: str) -> list[str]:
    """F&O's executions of that project."""
    return [each["id"] for each in site.fno("executions")["executions"] if each["project"] == name.upper()]


def ask_host(site: Site, method: str, path: str, **more: Any) -> requests.Response:
    """Call the host's own HTTP API, as an operator does."""
    keys = json.loads((site.folder / "host" / "keys.json").read_text())
    return requests.request(
        method, f"{site.stack.app.url}{path}", headers={"x-functions-key": keys["master"]}, timeout=60, **more
    )


def durable(site: Site, method: str, path: str) -> requests.Response:
    """Call Durable's HTTP API about instances."""
    return ask_host(site, method, f"/runtime/webhooks/durabletask/instances/{path}")


def deliver(site: Site, name: str, etag: str) -> int:
    """Tell forty workers of one version at the same time; how many of them started something."""
    account = DataAccount(Storage(connection_string=site.stack.storage))
    services = Services(Plan(), account, Ledger(account.ledger_table()), None)  # type: ignore[arg-type]

    async def start(orchestrator: str, instance: str, data: dict[str, Any]) -> str:
        path = f"/runtime/webhooks/durabletask/orchestrators/{orchestrator}/{instance}"
        answer = await asyncio.to_thread(ask_host, site, "POST", path, json=data)
        if not answer.ok:
            raise RuntimeError(f"{answer.status_code}: instance already exists")
        return instance

    async def all_at_once() -> list[bool]:
        blob: Any = Remembered(name, etag, utc_now())
        return await asyncio.gather(*(claim_landed(services, blob, start) for _ in range(DELIVERIES)))

    return sum(asyncio.run(all_at_once()))


def test_forty_deliveries_of_one_event_are_one_execution(site: Site) -> None:
    """At once, after the end, and after history was purged: the file is imported once."""
    name = "packages/USMF/forty.zip"
    etag = site.drop(name, package("forty"))
    deliver(site, name, etag)
    run = site.run_of(name)
    assert run["outcome"] == "Succeeded"
    assert executions(site, "forty") == [run["execution_id"]]

    assert deliver(site, name, etag) == 0
    assert durable(site, "DELETE", run["run_id"]).status_code == 200
    assert durable(site, "GET", run["run_id"]).status_code == 404
    assert deliver(site, name, etag) == 0
    calls = [each for each in site.operations("ImportFromPackage", "FORTY") if each["phase"] == "start"]
    assert len(calls) == 1
    assert site.call("GET", f"runs/{run['run_id']}").json() == run


@pytest.mark.slow
def test_two_hosts_on_one_store_one_killed(site: Site) -> None:
    """What two hosts share is imported once, also when one of them is killed in the middle of it."""
    names = [f"two{index}" for index in range(8)]
    environment = {
        **os.environ,
        **app_settings(site.stack.storage, site.stack.emulator),
        "LANDFALL__SUBMISSION__GRACE_SECONDS": "3",
        "EXPORT_SCHEDULE": "0 0 0 1 1 *",
    }
    second = embedded_host(
        ROOT, site.folder / "host", free_ports(0)[0], environment, site.folder / "logs" / "second.log"
    )
    second.part.start()
    try:
        second.ready()
        for name in names:
            site.drop(f"packages/USMF/{name}.zip", package(name))
        site.wait(lambda: sum(len(executions(site, name)) for name in names) >= 2, "two executions")
        site.stack.kill_host()
        end = time.monotonic() + 120
        while not all(executions(site, name) for name in names):
            second.part.check()
            assert time.monotonic() < end, "the host that is left did not carry on"
            time.sleep(0.5)
        site.stack.start_host()
        runs = {name: site.run_of(f"packages/USMF/{name}.zip") for name in names}
    finally:
        second.part.stop()
    assert {run["outcome"] for run in runs.values()} == {"Succeeded"}
    assert {name: executions(site, name) for name in names} == {
        name: [run["execution_id"]] for name, run in runs.items()
    }


@pytest.mark.slow
def test_a_terminated_run_is_taken_up_and_keeps_its_lane(site: Site) -> None:
    """A person terminates what holds a lane: the sweeper has it carry on, once, and who waits behind it follows."""
    first, second = "packages/USMF/a-terminated.zip", "packages/USMF/b-behind.zip"
    site.switch(durations={"TERMINATED": 6})
    try:
        site.drop(first, package("terminated"))
        holder = site.wait(lambda: next((run for run in site.runs() if run["state"] == "Running"), None), "a holder")
        site.drop(second, package("terminated"))
        site.wait(lambda: waiting(site, "terminated"), "a run behind it")
        assert durable(site, "POST", f"{holder['run_id']}/terminate?reason=test").status_code == 202
        ended = site.wait(lambda: durable(site, "GET", holder["run_id"]).status_code == 200, "the end")
        assert ended

        def taken_up() -> bool:
            """Sweep until the row, which each look at F&O changes, has been quiet for long enough."""
            time.sleep(1)
            assert ask_host(site, "POST", "/admin/functions/sweep_due", json={}).status_code == 202
            return durable(site, "GET", holder["run_id"]).status_code == 202

        site.wait(taken_up, "a sweep that takes it up")
        runs = [site.run_of(name) for name in (first, second)]
    finally:
        site.switch(durations={})
    assert [run["outcome"] for run in runs] == ["Succeeded"] * 2
    assert sorted(executions(site, "terminated")) == sorted(run["execution_id"] for run in runs)
    one, two = (
        next(each for each in site.fno("executions")["executions"] if each["id"] == run["execution_id"]) for run in runs
    )
    assert two["created"] >= one["finished"]


def waiting(site: Site, lane: str) -> list[str]:
    """The runs that wait in a lane."""
    lanes = site.call("GET", "lanes").json()["lanes"]
    return [run for each in lanes if each["lane"] == lane for run in each["waiting"]]


def test_a_person_holds_and_releases_a_lane(site: Site) -> None:
    """While it is held its file waits, and the reason is shown; released, the file is imported at once."""
    name = "packages/USMF/held.zip"
    assert site.call("POST", "lanes/HELD/hold").status_code == 202
    site.drop(name, package("held"))
    run = site.wait(lambda: waiting(site, "held"), "a run that waits")
    lane = next(each for each in site.call("GET", "lanes").json()["lanes"] if each["lane"] == "held")
    assert (lane["held"]["reason"], lane["holder"], lane["waiting"]) == (
        "Someone with the function key held the lane",
        None,
        run,
    )
    assert executions(site, "held") == []

    assert site.call("POST", "lanes/held/release").status_code == 202
    assert site.run_of(name)["outcome"] == "Succeeded"
    conflict = site.call("POST", "lanes/held/release")
    assert (conflict.status_code, conflict.headers["Content-Type"]) == (409, "application/problem+json")


def test_a_person_passes_over_a_waiting_run(site: Site) -> None:
    """It ends as Canceled with its file in the archive, and F&O never hears of it."""
    name = "packages/USMF/passed.zip"
    site.call("POST", "lanes/passed/hold")
    site.drop(name, package("passed"))
    site.wait(lambda: waiting(site, "passed"), "a run that waits")
    assert site.call("POST", "lanes/passed/skip").status_code == 202
    run = site.run_of(name)
    assert (run["outcome"], executions(site, "passed")) == ("Canceled", [])
    assert run["files"]["archive"].startswith("archive/Canceled/")
    assert site.call("POST", "lanes/passed/skip").status_code == 409
    assert site.call("POST", "lanes/passed/release").status_code == 202
