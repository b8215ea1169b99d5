"""Replays an orchestrator's actions against its history, as the Durable extension does for out-of-process languages.

The orchestrator only says what it did, in order, without ids. Walking the actions while feeding the events gives each
its id, so that a deviation from history shows, and what is in no event yet is what must be scheduled now.
"""

from __future__ import annotations

import json
import uuid
from collections import defaultdict, deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import IntEnum
from functools import partial
from typing import Any, Protocol

from local.host.clock import parse_utc
from local.host.durable.events import COMPLETIONS, FAILURES, SCHEDULED, Event, EventType

Action = dict[str, Any]
HTTP_ACTIVITY = "BuiltIn::HttpActivity"


class ActionType(IntEnum):
    """The numbers the SDK gives its actions."""

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


class ReplayError(Exception):
    """The orchestration fails here: its text becomes the failure's."""


class Names(Protocol):
    """What the app has, by name, whatever the case."""

    def has(self, kind: str, name: str) -> bool:
        """Whether there is an `activity`, `orchestrator` or `entity` of that name."""


@dataclass
class Scheduled:
    """A task that is in no event yet: what to do, and all it takes."""

    kind: EventType
    name: str
    event_id: int
    text: str | None = None
    target: str = ""
    fire_at: datetime | None = None
    signal: bool = False
    request: str = ""


@dataclass
class _Node:
    """Something the program waits for."""

    done: bool = False
    failed: bool = False
    children: list[_Node] = field(default_factory=list)
    needs: Callable[[Sequence[bool]], bool] | None = None
    then: Callable[[], None] | None = None

    def is_done(self) -> bool:
        if self.needs is not None:
            return self.needs([child.is_done() for child in self.children])
        return self.done

    def complete(self, *, failed: bool) -> None:
        self.done, self.failed = True, failed
        if self.then is not None:
            self.then()


class Replay:
    """One walk of `actions` along `history`.

    After `run`: `pending` holds what is to be scheduled (by id), `finished` says whether every action is over,
    `is_open` whether a task still runs (an instance completes only when none does), `next_input` and `carried` what
    continue-as-new takes along.
    """

    def __init__(self, actions: Sequence[Action], names: Names, instance: str, execution: str) -> None:
        self._program = deque(actions)
        self._names = names
        self._instance = instance
        self._execution = execution
        self._current: _Node | None = None
        self._next_id = 0
        self._open: dict[int, _Node] = {}
        self._waiters: defaultdict[str, list[_Node]] = defaultdict(list)
        self._buffered: defaultdict[str, deque[Event]] = defaultdict(deque)
        self._now: datetime | None = None
        self.pending: dict[int, Scheduled] = {}
        self.finished = False
        self.continues = False
        self.next_input: str | None = None
        self.carried: list[Event] = []

    @property
    def is_open(self) -> bool:
        """Whether a scheduled activity, sub-orchestration or uncancelled timer is not over yet."""
        return bool(self._open)

    def run(self, history: Sequence[Event]) -> None:
        """Feed every event in order.

        Raises:
            ReplayError: the actions do not fit the history, or name something that the app does not have.
        """
        for event in history:
            self._feed(event)

    def _feed(self, event: Event) -> None:
        kind = EventType(event["EventType"])
        if kind is EventType.ORCHESTRATOR_STARTED:
            self._now = parse_utc(event["Timestamp"])
        elif kind is EventType.EXECUTION_STARTED:
            self._advance()
        elif kind in SCHEDULED:
            self._match(kind, event)
        elif kind in COMPLETIONS:
            node = self._open.pop(event[COMPLETIONS[kind]], None)
            if node is not None:
                node.complete(failed=kind in FAILURES)
                self._advance()
        elif kind is EventType.EVENT_RAISED:
            self._raise_event(event)

    def _advance(self) -> None:
        while self._current is None or self._current.is_done():
            if not self._program:
                self.finished = True
                return
            self._current = self._start(self._program.popleft())

    def _match(self, kind: EventType, event: Event) -> None:
        scheduled = self.pending.pop(event["EventId"], None)
        named = kind in (EventType.TASK_SCHEDULED, EventType.SUB_ORCHESTRATION_CREATED)
        if (
            scheduled is None
            or scheduled.kind is not kind
            or (named and scheduled.name.lower() != str(event["Name"]).lower())
        ):
            now = f"{scheduled.kind.name} {scheduled.name}".rstrip() if scheduled else "nothing"
            raise ReplayError(
                f"Non-Deterministic workflow detected: history has {kind.name} {event.get('Name') or ''} as step "
                f"{event['EventId']}, the orchestrator now asks for {now} there. An orchestrator must ask for the same steps "
                "in the same order on each replay; was its code changed while this instance ran?"
            )

    def _raise_event(self, event: Event) -> None:
        if self.continues:
            self.carried.append(event)
            return
        name = event["Name"].lower()
        waiters = self._waiters[name]
        if waiters:
            waiters.pop().complete(failed=False)
            self._advance()
        else:
            self._buffered[name].append(event)

    def _start(self, action: Action) -> _Node:
        kind = ActionType(action["actionType"])
        if kind in (ActionType.WHEN_ALL, ActionType.WHEN_ANY):
            needs = all if kind is ActionType.WHEN_ALL else any
            return _Node(children=[self._start(each) for each in action["compoundActions"]], needs=needs)
        starters: dict[ActionType, Callable[[Action], _Node]] = {
            ActionType.ACTIVITY: self._activity,
            ActionType.ACTIVITY_WITH_RETRY: partial(self._with_retry, self._activity),
            ActionType.SUB_ORCHESTRATOR: self._sub_orchestration,
            ActionType.SUB_ORCHESTRATOR_WITH_RETRY: partial(self._with_retry, self._sub_orchestration),
            ActionType.CONTINUE_AS_NEW: self._continue_as_new,
            ActionType.TIMER: self._timer,
            ActionType.EXTERNAL_EVENT: lambda each: self._wait_for(each["externalEventName"]),
            ActionType.CALL_ENTITY: partial(self._entity, signal=False),
            ActionType.SIGNAL_ENTITY: partial(self._entity, signal=True),
            ActionType.HTTP: self._http,
        }
        return starters[kind](action)

    def _schedule(self, kind: EventType, name: str, **fields: Any) -> Scheduled:
        scheduled = Scheduled(kind, name, self._next_id, **fields)
        self.pending[self._next_id] = scheduled
        self._next_id += 1
        return scheduled

    def _opened(self, scheduled: Scheduled) -> _Node:
        node = _Node()
        self._open[scheduled.event_id] = node
        return node

    def _known(self, kind: str, name: str) -> None:
        if not self._names.has(kind, name):
            raise ReplayError(
                f"The function '{name}' doesn't exist, is disabled, or is not an {kind} function."
            )

    def _activity(self, action: Action) -> _Node:
        self._known("activity", action["functionName"])
        return self._opened(
            self._schedule(EventType.TASK_SCHEDULED, action["functionName"], text=action["input"])
        )

    def _http(self, action: Action) -> _Node:
        request = action["httpRequest"]
        return self._opened(self._schedule(EventType.TASK_SCHEDULED, HTTP_ACTIVITY, text=_json(request)))

    def _sub_orchestration(self, action: Action) -> _Node:
        name = action["functionName"]
        self._known("orchestrator", name)
        target = action.get("instanceId") or f"{self._execution}:{self._next_id}"
        return self._opened(
            self._schedule(
                EventType.SUB_ORCHESTRATION_CREATED, name, text=_json(action["input"]), target=target
            )
        )

    def _timer(self, action: Action) -> _Node:
        scheduled = self._schedule(EventType.TIMER_CREATED, "", fire_at=parse_utc(action["fireAt"]))
        if action.get("isCanceled"):
            return _Node(done=True)
        return self._opened(scheduled)

    def _wait_for(self, name: str) -> _Node:
        buffered = self._buffered[name.lower()]
        if buffered:
            buffered.popleft()
            return _Node(done=True)
        node = _Node()
        self._waiters[name.lower()].append(node)
        return node

    def _entity(self, action: Action, *, signal: bool) -> _Node:
        target = action["instanceId"]
        self._known("entity", target.split("@")[1])
        # Derived, not random: the answer's name must be the same on each replay.
        request = str(uuid.uuid5(uuid.NAMESPACE_OID, f"{self._execution}:{self._next_id}"))
        self._schedule(
            EventType.EVENT_SENT,
            action["operation"],
            text=_json(action["input"]),
            target=target,
            signal=signal,
            request=request,
        )
        return _Node(done=True) if signal else self._wait_for(request)

    def _continue_as_new(self, action: Action) -> _Node:
        self.continues, self.next_input = True, _json(action["input"])
        return _Node(done=True)

    def _with_retry(self, start: Callable[[Action], _Node], action: Action) -> _Node:
        """Task, timer, task, timer: also one timer after the last failure, which the SDK counts on."""
        whole = _Node()
        options = action["retryOptions"]
        pause = timedelta(milliseconds=options["firstRetryIntervalInMilliseconds"])

        def attempt(left: int) -> None:
            node = start(action)
            node.then = partial(settled, node, left - 1)

        def settled(node: _Node, left: int) -> None:
            if not node.failed:
                whole.complete(failed=False)
                return
            if self._now is None:
                raise ReplayError("History has no OrchestratorStarted event before its first failed task.")
            wait = pause if left > 0 else timedelta(0)
            timer = self._opened(self._schedule(EventType.TIMER_CREATED, "", fire_at=self._now + wait))
            timer.then = partial(attempt, left) if left > 0 else partial(whole.complete, failed=True)

        attempt(options["maxNumberOfAttempts"])
        return whole


def _json(value: Any) -> str | None:
    return None if value is None else json.dumps(value)
