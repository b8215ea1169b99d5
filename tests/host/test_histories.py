"""The events that each kind of action leaves in a history, in order, written by a real host."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from local.host.durable.events import EventType
from tests.host.conftest import APPS
from tests.host.running_host import RunningHost

ROOT = "/runtime/webhooks/durabletask"
TURN = (EventType.ORCHESTRATOR_STARTED, EventType.ORCHESTRATOR_COMPLETED)

# Numbers are task ids: EventId for a scheduled task, TaskScheduledId or TimerId for a completed one.
GOLDEN = {
    "activity": ["TASK_SCHEDULED 0 fine", "TASK_COMPLETED 0"],
    "activity_with_retry": [
        "TASK_SCHEDULED 0 second_time",
        "TASK_FAILED 0",
        "TIMER_CREATED 1",
        "TIMER_FIRED 1",
        "TASK_SCHEDULED 2 second_time",
        "TASK_COMPLETED 2",
    ],
    "sub_orchestrator": ["SUB_ORCHESTRATION_CREATED 0 activity", "SUB_ORCHESTRATION_COMPLETED 0"],
    "sub_orchestrator_with_retry": [
        "SUB_ORCHESTRATION_CREATED 0 failing",
        "SUB_ORCHESTRATION_FAILED 0",
        "TIMER_CREATED 1",
        "TIMER_FIRED 1",
        "SUB_ORCHESTRATION_CREATED 2 failing",
        "SUB_ORCHESTRATION_FAILED 2",
        # The SDK counts on a timer after the last try, too.
        "TIMER_CREATED 3",
        "TIMER_FIRED 3",
    ],
    "continue_as_new": [],
    "timer": ["TIMER_CREATED 0", "TIMER_FIRED 0"],
    "external_event": ["EVENT_RAISED go"],
    "call_entity": ["EVENT_SENT 0 op", "EVENT_RAISED"],
    "signal_entity": ["EVENT_SENT 0 op", "TASK_SCHEDULED 1 fine", "TASK_COMPLETED 1"],
    "http": ["TASK_SCHEDULED 0 BuiltIn::HttpActivity", "TASK_COMPLETED 0"],
    "when_any": ["TASK_SCHEDULED 0 fine", "TIMER_CREATED 1", "TASK_COMPLETED 0"],
    "when_all": ["TASK_SCHEDULED 0 fine", "TASK_SCHEDULED 1 fine", "TASK_COMPLETED", "TASK_COMPLETED"],
}


@pytest.fixture(scope="module")
def actions(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningHost]:
    """One host for all actions."""
    with RunningHost(APPS / "actions", tmp_path_factory.mktemp("actions") / "state") as running:
        yield running


def history(host: RunningHost, name: str) -> list[dict[str, Any]]:
    """Run an orchestration to its end; its events."""
    value = {"again": True, "url": f"{host.url}/admin/host/ping"}
    status, body, _ = host.request("POST", f"{ROOT}/orchestrators/{name}", value)
    assert status == 202, body
    instance = json.loads(body)["id"]
    if name == "external_event":
        host.request("POST", f"{ROOT}/instances/{instance}/raiseEvent/go", 1)
    assert host.wait_for_end(instance)["runtimeStatus"] == "Completed"
    rows = host.rows("SELECT event FROM history WHERE instance = ? ORDER BY seq", instance)
    return [json.loads(row[0]) for row in rows]


def render(event: dict[str, Any], wanted: str) -> str:
    """An event in the format of GOLDEN, with as many details as `wanted` has."""
    task = event.get("TaskScheduledId", event.get("TimerId", event["EventId"]))
    words = [EventType(event["EventType"]).name, *([str(task)] if task >= 0 else []), event.get("Name") or ""]
    return " ".join(words).strip() if " " in wanted else words[0]


@pytest.mark.parametrize("name", GOLDEN)
def test_each_action_leaves_its_events(actions: RunningHost, name: str) -> None:
    """A history holds the execution's start, the events of its action and its end, and frames each turn."""
    events = history(actions, name)
    kinds = [EventType(event["EventType"]) for event in events]
    assert kinds[:2] == [EventType.ORCHESTRATOR_STARTED, EventType.EXECUTION_STARTED]
    assert kinds[-2:] == [EventType.EXECUTION_COMPLETED, EventType.ORCHESTRATOR_COMPLETED]
    frames = [kind for kind in kinds if kind in TURN]
    assert frames == list(TURN) * (len(frames) // 2)
    between = [event for event in events if event["EventType"] not in TURN][1:-1]
    assert len(between) == len(GOLDEN[name])
    assert [render(*pair) for pair in zip(between, GOLDEN[name], strict=True)] == GOLDEN[name]
