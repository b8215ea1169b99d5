"""For each action of the SDK: which events come of it, in which order, and when an orchestration is over."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from local.host.durable.actions import ActionType
from local.host.durable.events import Event, EventType, event, execution_started
from local.host.durable.replay import Replay
from local.host.durable.tasks import ReplayError

NOW = datetime(2026, 1, 1, tzinfo=UTC)


class Anything:
    """An app that has every function but those called missing."""

    def has(self, kind: str, name: str) -> bool:
        """Whatever is asked for, but missing."""
        return bool(kind) and name != "missing"


def begun(*events: Event) -> list[Event]:
    """A history that starts an execution."""
    return [event(EventType.ORCHESTRATOR_STARTED, NOW), execution_started(NOW, "o", None, "i", "e"), *events]


def replay(actions: list[dict[str, Any]], *events: Event) -> Replay:
    """Walk actions along a history."""
    walked = Replay(actions, Anything(), "e")
    walked.run(begun(*events))
    return walked


def activity(name: str = "a") -> dict[str, Any]:
    return {"actionType": ActionType.ACTIVITY, "functionName": name, "input": "1"}


def retried(attempts: int) -> dict[str, Any]:
    options = {"firstRetryIntervalInMilliseconds": 5000, "maxNumberOfAttempts": attempts}
    inner = {
        "actionType": ActionType.ACTIVITY_WITH_RETRY,
        "functionName": "a",
        "input": "1",
        "retryOptions": options,
    }
    return {"actionType": ActionType.WHEN_ALL, "compoundActions": [inner]}


def timer(*, cancelled: bool = False) -> dict[str, Any]:
    return {
        "actionType": ActionType.TIMER,
        "fireAt": "2026-01-01T01:00:00.000000Z",
        "isCanceled": cancelled,
    }


def wait(name: str = "go") -> dict[str, Any]:
    return {"actionType": ActionType.EXTERNAL_EVENT, "externalEventName": name, "reason": 0}


def compound(kind: ActionType, *children: dict[str, Any]) -> dict[str, Any]:
    return {"actionType": kind, "compoundActions": list(children)}


def scheduled(task: int, name: str = "a") -> Event:
    return event(EventType.TASK_SCHEDULED, NOW, task, Name=name)


def completed(task: int) -> Event:
    return event(EventType.TASK_COMPLETED, NOW, TaskScheduledId=task, Result="1")


def failed(task: int) -> Event:
    return event(EventType.TASK_FAILED, NOW, TaskScheduledId=task, Reason="r", Details="d")


def raised(name: str = "go") -> Event:
    return event(EventType.EVENT_RAISED, NOW, Name=name, Input="1")


def kinds(walked: Replay) -> list[tuple[int, EventType]]:
    return [(task, walked.pending[task].kind) for task in sorted(walked.pending)]


CALL = {"instanceId": "@c@k", "operation": "add", "input": "1"}


@pytest.mark.parametrize(
    ("action", "expected"),
    [
        (activity(), [EventType.TASK_SCHEDULED]),
        (retried(3), [EventType.TASK_SCHEDULED]),
        ({**activity(), "actionType": ActionType.SUB_ORCHESTRATOR}, [EventType.SUB_ORCHESTRATION_CREATED]),
        (timer(), [EventType.TIMER_CREATED]),
        (timer(cancelled=True), [EventType.TIMER_CREATED]),
        (wait(), []),
        ({"actionType": ActionType.CALL_ENTITY, **CALL}, [EventType.EVENT_SENT]),
        ({"actionType": ActionType.SIGNAL_ENTITY, **CALL}, [EventType.EVENT_SENT]),
        ({"actionType": ActionType.HTTP, "httpRequest": {}}, [EventType.TASK_SCHEDULED]),
        ({"actionType": ActionType.CONTINUE_AS_NEW, "input": "1"}, []),
        (
            compound(
                ActionType.WHEN_ANY, activity(), compound(ActionType.WHEN_ALL, timer(), wait(), activity())
            ),
            [EventType.TASK_SCHEDULED, EventType.TIMER_CREATED, EventType.TASK_SCHEDULED],
        ),
    ],
)
def test_each_action_schedules_its_events_in_order(action: dict[str, Any], expected: list[EventType]) -> None:
    """Ids count up in the order in which the SDK counts them; waits for events take none."""
    assert kinds(replay([action])) == list(enumerate(expected))


def test_the_next_action_waits_for_the_one_before() -> None:
    """Only what is awaited before is over lets the next step be scheduled."""
    assert kinds(replay([activity("a"), activity("b")])) == [(0, EventType.TASK_SCHEDULED)]
    later = replay([activity("a"), activity("b")], scheduled(0), completed(0))
    assert (later.pending[1].name, later.finished, later.is_open) == ("b", False, True)


def test_when_all_waits_for_every_child_also_after_a_failure() -> None:
    """Python may go on at the first failure; the next step is scheduled when the slowest child is over."""
    both = [compound(ActionType.WHEN_ALL, activity(), activity()), activity()]
    assert not replay(both, scheduled(0), scheduled(1), failed(0)).pending
    assert kinds(replay(both, scheduled(0), scheduled(1), failed(0), completed(1))) == [
        (2, EventType.TASK_SCHEDULED)
    ]


def test_a_loser_keeps_the_instance_open_until_cancelled() -> None:
    """An uncancelled timer that lost against an event keeps the instance running; a cancelled one does not."""
    created = event(EventType.TIMER_CREATED, NOW, 0)
    for cancelled in (False, True):
        over = replay([compound(ActionType.WHEN_ANY, timer(cancelled=cancelled), wait())], created, raised())
        assert (over.finished, over.is_open) == (True, not cancelled)


def test_a_retry_takes_a_timer_after_each_failure_also_the_last() -> None:
    """Task, timer, task, timer: the SDK counts ids that way; the last timer fires at once."""
    fired = [event(EventType.TIMER_FIRED, NOW, TimerId=task) for task in (1, 3)]
    timers = [event(EventType.TIMER_CREATED, NOW, task) for task in (1, 3)]
    history = [scheduled(0), failed(0), timers[0], fired[0], scheduled(2), failed(2)]
    first = replay([retried(2)], *history[:2])
    assert first.pending[1].fire_at == NOW + timedelta(seconds=5)
    last = replay([retried(2)], *history)
    assert (last.pending[3].fire_at, last.finished) == (NOW, False)
    over = replay([retried(2)], *history, timers[1], fired[1])
    assert (over.finished, over.is_open) == (True, False)


def test_an_early_event_is_kept_for_its_first_waiter() -> None:
    """An event before its wait is not lost; names match whatever their case; each event wakes one waiter."""
    kept = replay([activity(), wait("Go"), wait("go")], scheduled(0), raised("GO"), completed(0))
    assert not kept.finished
    assert replay([wait("go")], raised("Go")).finished


def test_continue_as_new_carries_later_events_over() -> None:
    """Events that arrive after the action are for the next generation; earlier ones nobody waited for are dropped."""
    action = {"actionType": ActionType.CONTINUE_AS_NEW, "input": "5"}
    over = replay([activity(), action], raised("early"), scheduled(0), completed(0), raised("late"))
    assert (over.continues, over.next_input, [each["Name"] for each in over.carried]) == (
        True,
        '"5"',
        ["late"],
    )


@pytest.mark.parametrize("there", [scheduled(0, "b"), event(EventType.TIMER_CREATED, NOW, 0), scheduled(1)])
def test_a_deviation_from_history_is_named(there: Event) -> None:
    """Another name, another kind or another place than history has fails the orchestration."""
    with pytest.raises(ReplayError, match="Non-Deterministic workflow detected"):
        replay([activity("a")], there)


@pytest.mark.parametrize(
    "action",
    [
        activity("missing"),
        {**activity("missing"), "actionType": ActionType.SUB_ORCHESTRATOR},
        {"actionType": ActionType.SIGNAL_ENTITY, **CALL, "instanceId": "@missing@k"},
    ],
)
def test_unknown_functions_fail_the_orchestration(action: dict[str, Any]) -> None:
    """Calling what the app does not have is an error of the orchestration, not a wait for ever."""
    with pytest.raises(ReplayError, match="The function 'missing' doesn't exist"):
        replay([action])
