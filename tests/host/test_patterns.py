"""The patterns that Durable Functions' documentation shows, each as an app folder of its own that knows nothing of this host."""

import json
from typing import Any

from local.host.durable.events import EventType
from tests.host.running_host import MakeHost, RunningHost, wait_for

EVENTS = "/runtime/webhooks/durabletask/instances"


def start(host: RunningHost, name: str, value: Any = None) -> str:
    """Start an orchestration; its id."""
    return str(json.loads(host.request("POST", f"/api/orchestrators/{name}", value)[1])["id"])


def output(host: RunningHost, name: str, value: Any = None) -> Any:
    """Run an orchestration to its end."""
    return host.finished(start(host, name, value))["output"]


def test_function_chaining(make_host: MakeHost) -> None:
    """What one step gives the next one takes; names match whatever their case; blueprints in other files are found."""
    host = make_host("chaining")
    assert output(host, "priceorder", [10, 20, 0.5]) == "36.60 EUR"


def test_fan_out_fan_in(make_host: MakeHost) -> None:
    """All results are there when the fan-in goes on."""
    host = make_host("fan_out_fan_in")
    assert output(host, "count_letters", "to be or not to be") == 13


def test_human_interaction(make_host: MakeHost) -> None:
    """The right answer in time verifies, three wrong ones refuse, none at all times out."""
    host = make_host("human_interaction")

    def events(instance: str, kind: int) -> int:
        """How many events of a kind the history has."""
        count = "SELECT count(*) FROM history WHERE instance = ? AND json_extract(event, '$.EventType') = ?"
        return int(host.rows(count, instance, kind)[0][0])

    def verify(patience: float, *answers: int) -> Any:
        instance = start(host, "verify", {"phone": "555-1234", "patience": patience})
        # An answer before the first wait would be given to every later wait too, here as on Azure.
        wait_for(lambda: events(instance, EventType.TIMER_CREATED) == 1)
        for number, answer in enumerate(answers, start=1):
            host.request("POST", f"{EVENTS}/{instance}/raiseEvent/answer", answer)
            wait_for(lambda number=number: events(instance, EventType.EVENT_RAISED) == number)
        return host.finished(instance)["output"]

    assert verify(600, 1, 1234) == "verified"
    assert verify(600, 1, 2, 3) == "refused"
    assert verify(0.2) == "timed out"


def test_monitor(make_host: MakeHost) -> None:
    """It looks at growing distances until done or its time is over: days of waiting, run in moments on a manual clock."""
    host = make_host("monitor", "--clock", "manual")
    done = start(host, "watch", {"hours": 48, "done_at": 6})
    late = start(host, "watch", {"hours": 1, "done_at": 99})

    def over() -> bool:
        host.request("POST", "/admin/host/clock", {"seconds": 600})
        return {host.status(each)["runtimeStatus"] for each in (done, late)} == {"Completed"}

    wait_for(over)
    assert host.status(done)["output"] == "done after 6 looks"
    assert host.status(late)["output"] == "took too long"


def test_entities(make_host: MakeHost) -> None:
    """Signals are counted, whoever sends them; state can be read from outside; a removed entity is gone."""
    host = make_host("counter")
    assert host.request("GET", "/api/counters/c")[1] == b"none"
    for _ in range(3):
        assert host.request("POST", "/api/counters/c/add?by=2")[0] == 202
    wait_for(lambda: host.request("GET", "/api/counters/c")[1] == b"6")
    host.request("POST", "/api/counters/c/remove")
    wait_for(lambda: host.request("GET", "/api/counters/c")[1] == b"none")
    assert output(host, "count_up", 7) == 107


def test_sub_orchestrations(make_host: MakeHost) -> None:
    """Children run under the ids they are given and know their parent; one that fails is tried again, then raises there."""
    host = make_host("sub_orchestrations")
    parent = start(host, "set_up_all", ["north", "nowhere", "south"])
    assert host.finished(parent)["output"] == ["north is up (True)", "no such site", "south is up (True)"]
    assert host.status(f"{parent}-south")["runtimeStatus"] == "Completed"
    assert host.status(f"{parent}-nowhere")["runtimeStatus"] == "Failed"


def test_custom_status(make_host: MakeHost) -> None:
    """The status shows where the orchestration is, step by step, and what it said last when it is over."""
    host = make_host("custom_status")
    instance = start(host, "bake")
    for done, step in enumerate(["mix", "bake", "cool"]):
        wait_for(
            lambda done=done, step=step: host.status(instance)["customStatus"] == {"step": step, "done": done}
        )
        host.request("POST", f"{EVENTS}/{instance}/raiseEvent/{step}%20is%20done", "yes")
    assert host.finished(instance)["customStatus"] == "ready"
