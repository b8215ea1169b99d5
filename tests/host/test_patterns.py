"""The patterns in the documentation of Durable Functions, in an app that runs on any Functions host."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from local.host.durable.events import EventType
from tests.host.conftest import APPS
from tests.host.running_host import MakeHost, RunningHost, wait_for

EVENTS = "/runtime/webhooks/durabletask/instances"


@pytest.fixture(scope="module")
def host(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningHost]:
    """One host for all patterns."""
    with RunningHost(APPS / "patterns", tmp_path_factory.mktemp("patterns") / "state") as running:
        yield running


def start(host: RunningHost, name: str, value: Any = None) -> str:
    """Start an orchestration; its id."""
    return str(json.loads(host.request("POST", f"/api/orchestrators/{name}", value)[1])["id"])


def output(host: RunningHost, name: str, value: Any = None) -> Any:
    """Run an orchestration to its end; its output."""
    return host.wait_for_end(start(host, name, value))["output"]


def test_function_chaining(host: RunningHost) -> None:
    """Each step gets the result of the one before; names match in any letter case; blueprints may be in other files."""
    assert output(host, "priceorder", [10, 20, 0.5]) == "36.60 EUR"


def test_fan_out_fan_in(host: RunningHost) -> None:
    """The fan-in gets the results of all activities."""
    assert output(host, "count_letters", "to be or not to be") == 13


def test_human_interaction(host: RunningHost) -> None:
    """The right answer verifies, three wrong answers refuse, and no answer times out."""

    def events(instance: str, kind: int) -> int:
        """The number of events of a kind in the history."""
        count = "SELECT count(*) FROM history WHERE instance = ? AND json_extract(event, '$.EventType') = ?"
        return int(host.rows(count, instance, kind)[0][0])

    def verify(patience: float, *answers: int) -> Any:
        instance = start(host, "verify", {"phone": "555-1234", "patience": patience})
        # An answer before the first wait would go to every later wait, too, here as on Azure.
        wait_for(lambda: events(instance, EventType.TIMER_CREATED) == 1)
        for number, answer in enumerate(answers, start=1):
            host.request("POST", f"{EVENTS}/{instance}/raiseEvent/answer", answer)
            wait_for(lambda number=number: events(instance, EventType.EVENT_RAISED) == number)
        return host.wait_for_end(instance)["output"]

    assert verify(600, 1, 1234) == "verified"
    assert verify(600, 1, 2, 3) == "refused"
    assert verify(0.2) == "timed out"


def test_monitor(make_host: MakeHost) -> None:
    """The monitor polls with growing pauses until the job is done or too late; a manual clock skips the pauses."""
    host = make_host("patterns", "--clock", "manual")
    done = start(host, "watch", {"hours": 48, "done_at": 6})
    late = start(host, "watch", {"hours": 1, "done_at": 99})

    def over() -> bool:
        host.request("POST", "/admin/host/clock", {"seconds": 600})
        return {host.status(each)["runtimeStatus"] for each in (done, late)} == {"Completed"}

    wait_for(over)
    assert host.status(done)["output"] == "done after 6 looks"
    assert host.status(late)["output"] == "took too long"


def test_entities(host: RunningHost) -> None:
    """Signals of clients and orchestrations count, clients can read the state, and a removed entity has none."""
    assert host.request("GET", "/api/counters/c")[1] == b"none"
    for _ in range(3):
        assert host.request("POST", "/api/counters/c/add?by=2")[0] == 202
    wait_for(lambda: host.request("GET", "/api/counters/c")[1] == b"6")
    host.request("POST", "/api/counters/c/remove")
    wait_for(lambda: host.request("GET", "/api/counters/c")[1] == b"none")
    assert output(host, "count_up", 7) == 107


def test_sub_orchestrations(host: RunningHost) -> None:
    """Children run under the given ids and know their parent; a failing one is retried, then raises in the parent."""
    parent = start(host, "set_up_all", ["north", "nowhere", "south"])
    assert host.wait_for_end(parent)["output"] == ["north is up (True)", "no such site", "south is up (True)"]
    assert host.status(f"{parent}-south")["runtimeStatus"] == "Completed"
    assert host.status(f"{parent}-nowhere")["runtimeStatus"] == "Failed"


def test_custom_status(host: RunningHost) -> None:
    """The status shows the progress of each step, and the last progress after the end."""
    instance = start(host, "bake")
    for done, step in enumerate(["mix", "bake", "cool"]):
        wait_for(lambda done=done, step=step: host.status(instance)["customStatus"] == {"step": step, "done": done})
        host.request("POST", f"{EVENTS}/{instance}/raiseEvent/{step}%20is%20done", "yes")
    assert host.wait_for_end(instance)["customStatus"] == "ready"
