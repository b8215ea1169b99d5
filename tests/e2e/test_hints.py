"""Hints at a running app whose clocks stand still: a true one ends a long wait, and all others change nothing."""

import json
import random
from collections.abc import Iterator
from typing import Any

import pytest
import requests

from tests.e2e.site import customer_groups
from tests.e2e.still_site import StillSite, run_still_site

KEY = "a-long-key-for-hints"
SETTINGS = {
    "LANDFALL__HINTS__KEY": "%HINTS_KEY%",
    "HINTS_KEY": KEY,
    "LANDFALL__POLLING__FLOOR_SECONDS": "60",
    "LANDFALL__POLLING__CAP_SECONDS": "60",
}


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StillSite]:
    """A local run that looks once a minute, and whose executions take long."""
    with run_still_site(tmp_path_factory.mktemp("hints"), **SETTINGS) as running:
        yield running


def send(site: StillSite, body: Any, key: str = KEY) -> requests.Response:
    """Send a hint."""
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    return requests.post(f"{site.host.url}/api/hints", data=content, headers={"x-landfall-hints-key": key}, timeout=60)


def run_of(site: StillSite, name: str) -> dict[str, Any]:
    """A file's run."""
    return next((run for run in site.runs() if run["source"]["name"].endswith(name)), {})


def start(site: StillSite, project: str, seconds: int) -> dict[str, Any]:
    """Have F&O execute a file for so long; its run, after the first look."""
    site.switch(durations={project: seconds})
    site.drop(f"packages/USMF/{project}.zip", customer_groups(project, (project, "x")))
    before = looks(site)
    site.wait(lambda: looks(site) > before and run_of(site, f"{project}.zip")["state"] == "Running", "the first look")
    return run_of(site, f"{project}.zip")


def looks(site: StillSite) -> int:
    """How often F&O was asked for a status."""
    return sum(each["phase"] == "start" for each in site.operations("GetExecutionSummaryStatus"))


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_a_true_hint_ends_the_wait(site: StillSite) -> None:
    """The next look is a minute away; a lie before the end changes nothing, and the truth ends the run at once."""
    run = start(site, "Hinted", 30)
    assert send(site, {"ExecutionId": run["execution_id"], "Status": "Succeeded"}).status_code == 202
    before, asked = site.now(), looks(site)
    site.wait(lambda: looks(site) > asked, "the look for the lie")
    assert 2 <= (site.now() - before).total_seconds() < 10
    assert run_of(site, "Hinted.zip")["outcome"] is None
    site.wait(lambda: not site.is_working(), "the wait", time_passes=False)
    site.turn(30)
    begun = site.now()
    assert send(site, {"ExecutionId": run["execution_id"]}).status_code == 202
    site.wait(lambda: run_of(site, "Hinted.zip")["outcome"] == "Succeeded", "the end")
    assert (site.now() - begun).total_seconds() <= 3


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_a_flood_of_hints_changes_nothing(site: StillSite) -> None:
    """Ten thousand of all kinds cost one look at most, and no run ends otherwise than F&O says."""
    run = start(site, "Flooded", 3600)
    asked, order = looks(site), random.Random(16)  # noqa: S311  no secret
    with requests.Session() as session:
        session.headers["x-landfall-hints-key"] = KEY
        for _ in range(10_000):
            body = order.choice(
                [
                    {"ExecutionId": f"imp-{order.getrandbits(128):032x}"},
                    {"ExecutionId": run["execution_id"], "Status": "Failed"},
                    {"ProjectName": "Flooded"},
                    [[{"data": order.random()}]],
                ]
            )
            session.post(f"{site.host.url}/api/hints", json=body, timeout=60).raise_for_status()
    site.turn(5)
    site.wait(lambda: looks(site) > asked, "the look", time_passes=False)
    assert looks(site) == asked + 1
    assert run_of(site, "Flooded.zip")["state"] == "Running"


def test_a_stranger_is_refused(site: StillSite) -> None:
    """Without the key, with another one, with too much, and with what is no JSON."""
    for key in ("", "other", KEY + "x", "\u00e9".encode().decode("latin-1")):
        assert send(site, {}, key).status_code == 401
    assert send(site, b" " * 65_537).status_code == 413
    assert send(site, b"no json").status_code == 400
    assert send(site, b"[" * 60_000).status_code == 400


def test_event_grid_and_cloud_events_shake_hands(site: StillSite) -> None:
    """Event Grid's validation code comes back, and CloudEvents' origin is allowed, also with the key in the address."""
    event = {"eventType": "Microsoft.EventGrid.SubscriptionValidationEvent", "data": {"validationCode": "c0de"}}
    assert send(site, [event]).json() == {"validationResponse": "c0de"}
    asked = requests.options(
        f"{site.host.url}/api/hints?key={KEY}", headers={"WebHook-Request-Origin": "eventgrid.azure.net"}, timeout=60
    )
    assert (asked.status_code, asked.headers["WebHook-Allowed-Origin"]) == (200, "eventgrid.azure.net")
    about = {"x-landfall-hints-key": KEY, "Origin": "eventgrid.azure.net"}
    sent = requests.post(f"{site.host.url}/api/hints", json={"specversion": "1.0"}, headers=about, timeout=60)
    assert sent.status_code == 202
