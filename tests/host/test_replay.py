"""The events that each action of the SDK schedules, their order, and when an orchestration has finished."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from local.host.durable.actions import ActionType
from local.host.durable.events import Event, EventType, event, execution_started
from local.host.durable.replay import Replay
from local.host.durable.tasks import ReplayError

NOW = datetime(2026, 1, 1, tzinfo=UTC)


class Anything:
    """An app with every function except `missing`."""

    def has(self, kind: str, name: str) -> bool:
        """Whether the name is not `missing`."""
        return bool(kind) and name != "missing"


def history(*events: Event) -> list[Event]:
    """A history with the start of an execution and these events."""
    return [event(EventType.ORCHESTRATOR_STARTED, NOW), execution_started(NOW, "o", None, "i", "e"), *events]


def replay(actions: list[dict[str, Any]], *events: Event) -> Replay:
    """Replay actions against a history."""
    replayed = Replay(actions, Anything(), "e")
    replayed.run(history(*events))
    return replayed


def activity(name: str = "a") -> dict[str, Any]:
    return {"actionType": ActionType.ACTIVITY, "functionName": name, "input": "1"}


def with_retry(attempts: int) -> dict[str, Any]:
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


def task_scheduled(task: int, name: str = "a") -> Event:
    return event(EventType.TASK_SCHEDULED, NOW, task, Name=name)


def task_completed(task: int) -> Event:
    return event(EventType.TASK_COMPLETED, NOW, TaskScheduledId=task, Result="1")


def task_failed(task: int) -> Event:
    return event(EventType.TASK_FAILED, NOW, TaskScheduledId=task, Reason="r", Details="d")


def event_raised(name: str = "go") -> Event:
    return event(EventType.EVENT_RAISED, NOW, Name=name, Input="1")


def kinds(replayed: Replay) -> list[tuple[int, EventType]]:
    return [(task, replayed.tasks.pending[task].kind) for task in sorted(replayed.tasks.pending)]


CALL = {"instanceId": "@c@k", "operation": "add", "input": "1"}


@pytest.mark.parametrize(
    ("action", "expected"),
    [
        (activity(), [EventType.TASK_SCHEDULED]),
        (with_retry(3), [EventType.TASK_SCHEDULED]),
        ({**activity(), "actionType": ActionType.SUB_ORCHESTRATOR}, [EventType.SUB_ORCHESTRATION_CREATED]),
        (timer(), [EventType.TIMER_CREATED]),
        (timer(cancelled=True), [EventType.TIMER_CREATED]),
        (wait(), []),
        ({"actionType": ActionType.CALL_ENTITY, **CALL}, [EventType.EVENT_SENT]),
        ({"actionType": ActionType.SIGNAL_ENTITY, **CALL}, [EventType.EVENT_SENT]),
        ({"actionType": ActionType.HTTP, "httpRequest": {}}, [EventType.TASK_SCHEDULED]),
        ({"actionType": ActionType.CONTINUE_AS_NEW, "input": "1"}, []),
        (
            compound(ActionType.WHEN_ANY, activity(), compound(ActionType.WHEN_ALL, timer(), wait(), activity())),
            [EventType.TASK_SCHEDULED, EventType.TIMER_CREATED, EventType.TASK_SCHEDULED],
        ),
    ],
)
def test_each_action_schedules_its_events_in_order(action: dict[str, Any], expected: list[EventType]) -> None:
    """Ids count in the same order as in the SDK; a wait for an event has no id."""
    assert kinds(replay([action])) == list(enumerate(expected))


def test_an_action_waits_for_the_one_before() -> None:
    """The next step is scheduled only after the one before has ended."""
    assert kinds(replay([activity("a"), activity("b")])) == [(0, EventType.TASK_SCHEDULED)]
    later = replay([activity("a"), activity("b")], task_scheduled(0), task_completed(0))
    assert (later.tasks.pending[1].name, later.finished, later.tasks.any_running) == ("b", False, True)


def test_when_all_waits_for_every_child_after_a_failure() -> None:
    """Python continues at the first failure, but the next step is scheduled after the slowest child."""
    both = [compound(ActionType.WHEN_ALL, activity(), activity()), activity()]
    assert not replay(both, task_scheduled(0), task_scheduled(1), task_failed(0)).tasks.pending
    assert kinds(replay(both, task_scheduled(0), task_scheduled(1), task_failed(0), task_completed(1))) == [
        (2, EventType.TASK_SCHEDULED)
    ]


def test_a_loser_keeps_the_instance_open_until_cancelled() -> None:
    """A timer that lost against an event keeps the instance running until it is cancelled."""
    created = event(EventType.TIMER_CREATED, NOW, 0)
    for cancelled in (False, True):
        over = replay([compound(ActionType.WHEN_ANY, timer(cancelled=cancelled), wait())], created, event_raised())
        assert (over.finished, over.tasks.any_running) == (True, not cancelled)


def test_a_retry_has_a_timer_after_each_failure() -> None:
    """Retries schedule task, timer, task, timer, as the SDK counts ids; the last timer fires at once."""
    fired = [event(EventType.TIMER_FIRED, NOW, TimerId=task) for task in (1, 3)]
    timers = [event(EventType.TIMER_CREATED, NOW, task) for task in (1, 3)]
    history = [task_scheduled(0), task_failed(0), timers[0], fired[0], task_scheduled(2), task_failed(2)]
    first = replay([with_retry(2)], *history[:2])
    assert first.tasks.pending[1].fire_at == NOW + timedelta(seconds=5)
    last = replay([with_retry(2)], *history)
    assert (last.tasks.pending[3].fire_at, last.finished) == (NOW, False)
    over = replay([with_retry(2)], *history, timers[1], fired[1])
    assert (over.finished, over.tasks.any_running) == (True, False)


def test_an_early_event_is_kept_for_its_first_waiter() -> None:
    """An event before its wait is kept, names match in any letter case, and each event wakes one waiter."""
    kept = replay([activity(), wait("Go"), wait("go")], task_scheduled(0), event_raised("GO"), task_completed(0))
    assert not kept.finished
    assert replay([wait("go")], event_raised("Go")).finished


def test_continue_as_new_keeps_later_events() -> None:
    """Events after the action go to the next generation; earlier events without a waiter are dropped."""
    action = {"actionType": ActionType.CONTINUE_AS_NEW, "input": "5"}
    over = replay(
        [activity(), action],
        event_raised("early"),
        task_scheduled(0),
        task_completed(0),
        event_raised("late"),
    )
    assert (over.actions.continues, over.actions.next_input, [each["Name"] for each in over.carried]) == (
        True,
        '"5"',
        ["late"],
    )


@pytest.mark.parametrize(
    "recorded", [task_scheduled(0, "b"), event(EventType.TIMER_CREATED, NOW, 0), task_scheduled(1)]
)
def test_a_deviation_from_history_is_named(recorded: Event) -> None:
    """An action with another name, kind or position than in history fails the orchestration."""
    with pytest.raises(ReplayError, match="Non-Deterministic workflow detected"):
        replay([activity("a")], recorded)


@pytest.mark.parametrize(
    "action",
    [
        activity("missing"),
        {**activity("missing"), "actionType": ActionType.SUB_ORCHESTRATOR},
        {"actionType": ActionType.SIGNAL_ENTITY, **CALL, "instanceId": "@missing@k"},
    ],
)
def test_unknown_functions_fail_the_orchestration(action: dict[str, Any]) -> None:
    """A call to a function that the app does not have fails the orchestration."""
    with pytest.raises(ReplayError, match="The function 'missing' doesn't exist"):
        replay([action])
