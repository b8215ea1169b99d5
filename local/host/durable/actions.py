"""Turns the actions that an orchestrator reports into tasks, as the Durable extension does."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable
from datetime import datetime, timedelta
from enum import IntEnum
from functools import partial
from typing import Any, Protocol

from local.host.clock import parse_utc
from local.host.durable.events import EventType
from local.host.durable.tasks import ReplayError, Task, Tasks

Action = dict[str, Any]
HTTP_ACTIVITY = "BuiltIn::HttpActivity"


class ActionType(IntEnum):
    """The numbers that the SDK gives its actions."""

    ACTIVITY = 0
    ACTIVITY_WITH_RETRY = 1
    SUB_ORCHESTRATOR = 2
    SUB_ORCHESTRATOR_WITH_RETRY = 3
    CONTINUE_AS_NEW = 4
    TIMER = 5
    EXTERNAL_EVENT = 6
    CALL_ENTITY = 7
    HTTP = 8
    SIGNAL_ENTITY = 9
    WHEN_ANY = 11
    WHEN_ALL = 12


class Names(Protocol):
    """The app's durable functions by name, in any letter case."""

    def has(self, kind: str, name: str) -> bool:
        """Whether the app has an `activity`, `orchestrator` or `entity` of that name."""


def missing_function(kind: str, name: str) -> str:
    """Return the extension's message for a call to a function that the app does not have."""
    return f"The function '{name}' doesn't exist, is disabled, or is not an {kind} function."


class Actions:
    """Starts the actions of one execution; `now` is the time of the turn that history is in.

    `continues` is set by continue-as-new, with the next execution's input as JSON text in `next_input`.
    """

    def __init__(self, tasks: Tasks, names: Names, execution: str) -> None:
        self._tasks = tasks
        self._names = names
        self._execution = execution
        self.now: datetime | None = None
        self.continues = False
        self.next_input: str | None = None

    def start(self, action: Action) -> Task:
        """Return the task of an action.

        Raises:
            ReplayError: the action names a function that the app does not have.
        """
        kind = ActionType(action["actionType"])
        if kind in (ActionType.WHEN_ALL, ActionType.WHEN_ANY):
            needs = all if kind is ActionType.WHEN_ALL else any
            return Task(children=[self.start(each) for each in action["compoundActions"]], needs=needs)
        starters: dict[ActionType, Callable[[Action], Task]] = {
            ActionType.ACTIVITY: self._activity,
            ActionType.ACTIVITY_WITH_RETRY: partial(self._with_retry, self._activity),
            ActionType.SUB_ORCHESTRATOR: self._sub_orchestration,
            ActionType.SUB_ORCHESTRATOR_WITH_RETRY: partial(self._with_retry, self._sub_orchestration),
            ActionType.CONTINUE_AS_NEW: self._continue_as_new,
            ActionType.TIMER: self._timer,
            ActionType.EXTERNAL_EVENT: lambda each: self._tasks.wait_for_event(each["externalEventName"]),
            ActionType.CALL_ENTITY: partial(self._entity, signal=False),
            ActionType.SIGNAL_ENTITY: partial(self._entity, signal=True),
            ActionType.HTTP: self._http,
        }
        return starters[kind](action)

    def _require(self, kind: str, name: str) -> None:
        if not self._names.has(kind, name):
            raise ReplayError(missing_function(kind, name))

    def _activity(self, action: Action) -> Task:
        name = action["functionName"]
        self._require("activity", name)
        return self._tasks.run(EventType.TASK_SCHEDULED, name, text=action["input"])

    def _http(self, action: Action) -> Task:
        return self._tasks.run(EventType.TASK_SCHEDULED, HTTP_ACTIVITY, text=_json(action["httpRequest"]))

    def _sub_orchestration(self, action: Action) -> Task:
        name = action["functionName"]
        self._require("orchestrator", name)
        target = action.get("instanceId") or f"{self._execution}:{self._tasks.next_id}"
        text = _json(action["input"])
        return self._tasks.run(EventType.SUB_ORCHESTRATION_CREATED, name, text=text, target=target)

    def _timer(self, action: Action) -> Task:
        fire_at = parse_utc(action["fireAt"])
        if action.get("isCanceled"):
            self._tasks.schedule(EventType.TIMER_CREATED, "", fire_at=fire_at)
            return Task(done=True)
        return self._tasks.run(EventType.TIMER_CREATED, "", fire_at=fire_at)

    def _entity(self, action: Action, *, signal: bool) -> Task:
        target = action["instanceId"]
        self._require("entity", target.split("@")[1])
        # Derived, not random: the answer's name must be the same on each replay.
        request = str(uuid.uuid5(uuid.NAMESPACE_OID, f"{self._execution}:{self._tasks.next_id}"))
        self._tasks.schedule(
            EventType.EVENT_SENT,
            action["operation"],
            text=_json(action["input"]),
            target=target,
            signal=signal,
            request=request,
        )
        return Task(done=True) if signal else self._tasks.wait_for_event(request)

    def _continue_as_new(self, action: Action) -> Task:
        self.continues, self.next_input = True, _json(action["input"])
        return Task(done=True)

    def _with_retry(self, start: Callable[[Action], Task], action: Action) -> Task:
        """Return a task of task, timer, task, timer: the SDK counts on a timer after the last failure, too."""
        whole = Task()
        options = action["retryOptions"]
        pause = timedelta(milliseconds=options["firstRetryIntervalInMilliseconds"])

        def attempt(left: int) -> None:
            task = start(action)
            task.then = partial(settle, task, left - 1)

        def settle(task: Task, left: int) -> None:
            if not task.failed:
                whole.complete(failed=False)
                return
            if self.now is None:
                raise ReplayError("History has no OrchestratorStarted event before its first failed task.")
            wait = pause if left > 0 else timedelta(0)
            timer = self._tasks.run(EventType.TIMER_CREATED, "", fire_at=self.now + wait)
            timer.then = partial(attempt, left) if left > 0 else partial(whole.complete, failed=True)

        attempt(options["maxNumberOfAttempts"])
        return whole


def _json(value: Any) -> str | None:
    return None if value is None else json.dumps(value)
