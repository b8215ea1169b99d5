"""One turn of an orchestration: take its messages, run the orchestrator over the whole history, write what follows."""

from __future__ import annotations

import json
import uuid
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Protocol

from local.host.durable.events import Event, EventType, event, execution_started
from local.host.durable.replay import Names, Replay, ReplayError, Scheduled
from local.host.durable.store import Instance, Message, Store

TERMINAL = frozenset({"Completed", "Failed", "Terminated", "Canceled"})
ERROR_LABEL = "\n\n$OutOfProcData$:"


class Clock(Protocol):
    """What tells the time."""

    def now(self) -> datetime:
        """Now, in UTC."""


CallOrchestrator = Callable[[str, str], Awaitable[str]]
"""Run the orchestrator of this name on this JSON text: its answer as JSON text. Raises what the function raises."""


@dataclass(frozen=True)
class Outcome:
    """What a turn leads to: the instance's new status, what to schedule, and how it ended, if it did."""

    status: str
    scheduled: Sequence[Scheduled] = ()
    output: str | None = None
    details: str | None = None
    custom_status: str | None = None
    next_input: str | None = None
    carried: Sequence[Event] = ()
    continues: bool = False


class Turns:
    """Runs turns. The caller sees to it that no two turns of one instance run at once."""

    def __init__(self, store: Store, names: Names, clock: Clock, call: CallOrchestrator) -> None:
        self._store = store
        self._names = names
        self._clock = clock
        self._call = call

    async def run(self, instance_id: str) -> bool:
        """Take what is due and carry the instance one step on; False when nothing could be taken."""
        now = self._clock.now()
        messages = self._store.messages(instance_id, now.timestamp())
        instance = self._store.instance(instance_id)
        if not messages:
            return False
        if instance is None or instance.status in TERMINAL:
            with self._store.transaction():
                self._store.drop_messages(message.seq for message in messages)
            return True
        taken, stale, status = _take(messages, instance)
        if not taken:
            with self._store.transaction():
                self._store.drop_messages(message.seq for message in stale)
            return bool(stale)
        past = self._store.history(instance_id)
        news = [event(EventType.ORCHESTRATOR_STARTED, now), *(message.event for message in taken)]
        terminated = next(
            (each for each in news if each["EventType"] == EventType.EXECUTION_TERMINATED), None
        )
        if terminated is not None:
            outcome = Outcome(
                "Terminated", output=json.dumps(terminated["Input"]), custom_status=instance.custom_status
            )
        else:
            outcome = await self._orchestrate(instance, past, news)
            if status == "Suspended" and outcome.status == "Running":
                outcome = replace(outcome, status=status)
        with self._store.transaction():
            self._store.drop_messages(message.seq for message in [*taken, *stale])
            self._commit(instance, past, news, outcome)
        return True

    async def _orchestrate(self, instance: Instance, past: list[Event], news: list[Event]) -> Outcome:
        played = [each | {"IsPlayed": each["EventType"] != EventType.ORCHESTRATOR_STARTED} for each in past]
        body = {
            "history": [*played, *news],
            "input": None if instance.input is None else json.loads(instance.input),
            "instanceId": instance.id,
            "isReplaying": bool(past),
            "parentInstanceId": instance.parent,
            "upperSchemaVersion": 1,
            "upperSchemaVersionNew": 2,
            "longRunningTimerIntervalDuration": "3.00:00:00",
            "maximumShortTimerDuration": "6.00:00:00",
            "defaultHttpAsyncRequestSleepTimeMillseconds": 30000,
        }
        error: str | None = None
        try:
            answer = await self._call(instance.name, json.dumps(body))
        except Exception as raised:  # noqa: BLE001 - whatever an orchestrator raises is its failure
            text, label, state = str(raised).rpartition(ERROR_LABEL)
            if not label:
                return _failure(instance, f"{type(raised).__name__}: {raised}")
            error, answer = text, state
        return self._replay(instance, [*past, *news], json.loads(answer), error)

    def _replay(
        self, instance: Instance, history: list[Event], answer: dict[str, Any], error: str | None
    ) -> Outcome:
        actions = [action for group in answer["actions"] for action in group]
        replay = Replay(actions, self._names, instance.id, instance.execution)
        try:
            replay.run(history)
        except ReplayError as deviation:
            return _failure(instance, str(deviation))
        custom = json.dumps(answer["customStatus"]) if "customStatus" in answer else instance.custom_status
        scheduled = [replay.pending[each] for each in sorted(replay.pending)]
        if not replay.finished or replay.is_open or not (answer["isDone"] or error):
            return Outcome("Running", scheduled, custom_status=custom)
        if error:
            return replace(
                _failure(instance, answer.get("error") or error), scheduled=scheduled, custom_status=custom
            )
        if replay.continues:
            return Outcome(
                "Running",
                scheduled,
                custom_status=custom,
                next_input=replay.next_input,
                carried=replay.carried,
                continues=True,
            )
        output = json.dumps(answer["output"]) if "output" in answer else None
        return Outcome("Completed", scheduled, output=output, custom_status=custom)

    def _commit(self, instance: Instance, past: list[Event], news: list[Event], outcome: Outcome) -> None:
        now = self._clock.now()
        created = [self._schedule(instance, each, now) for each in outcome.scheduled]
        changed = replace(
            instance, status=outcome.status, custom_status=outcome.custom_status, updated=now.timestamp()
        )
        if outcome.continues:
            self._continue_as_new(changed, outcome, now)
            return
        ended = [event(EventType.ORCHESTRATOR_COMPLETED, now)]
        if outcome.status in TERMINAL:
            changed = replace(changed, output=outcome.output)
            ended.insert(
                0,
                event(
                    EventType.EXECUTION_COMPLETED,
                    now,
                    OrchestrationStatus=outcome.status,
                    Result=outcome.output,
                ),
            )
            self._store.drop_timers(instance.id, instance.execution)
            self._tell_parent(instance, outcome, now)
        self._store.append_history(instance.id, len(past), [*news, *created, *ended])
        self._store.put_instance(changed)

    def _continue_as_new(self, instance: Instance, outcome: Outcome, now: datetime) -> None:
        execution = uuid.uuid4().hex
        self._store.drop_timers(instance.id, instance.execution)
        self._store.forget_history(instance.id)
        self._store.put_instance(replace(instance, execution=execution, input=outcome.next_input))
        start = execution_started(now, instance.name, outcome.next_input, instance.id, execution)
        # Due before anything else: what arrived meanwhile must come after the start.
        self._store.send(instance.id, start, due=0, execution=execution)
        for carried in outcome.carried:
            self._store.send(instance.id, carried, due=0)

    def _schedule(self, instance: Instance, task: Scheduled, now: datetime) -> Event:
        """Write what a task needs in order to happen; return its event."""
        moment = now.timestamp()
        if task.kind is EventType.TASK_SCHEDULED:
            self._store.add_work(instance.id, instance.execution, task.event_id, task.name, task.text)
            return event(task.kind, now, task.event_id, Name=task.name, Version=None, Input=None)
        if task.kind is EventType.TIMER_CREATED and task.fire_at is not None:
            fired = event(EventType.TIMER_FIRED, task.fire_at, TimerId=task.event_id)
            created = event(task.kind, now, task.event_id)
            fired["FireAt"] = created["FireAt"] = fired["Timestamp"]
            self._store.send(instance.id, fired, task.fire_at.timestamp(), instance.execution)
            return created
        if task.kind is EventType.SUB_ORCHESTRATION_CREATED:
            self._start_child(instance, task, now)
            return event(
                task.kind,
                now,
                task.event_id,
                Name=task.name,
                InstanceId=task.target,
                Input=task.text,
                Version=None,
            )
        request = {"op": task.name, "id": task.request, "input": task.text} | (
            {"signal": True}
            if task.signal
            else {"parent": instance.id, "parentExecution": instance.execution}
        )
        text = json.dumps(request)
        self._store.send(task.target, event(EventType.EVENT_RAISED, now, Name="op", Input=text), moment)
        return event(task.kind, now, task.event_id, InstanceId=task.target, Name="op", Input=text)

    def _start_child(self, parent: Instance, task: Scheduled, now: datetime) -> None:
        there = self._store.instance(task.target)
        if there is not None and there.status not in TERMINAL:
            reason = f"An orchestration with the id '{task.target}' is already running."
            failed = event(
                EventType.SUB_ORCHESTRATION_FAILED,
                now,
                TaskScheduledId=task.event_id,
                Reason=reason,
                Details=None,
            )
            self._store.send(parent.id, failed, now.timestamp(), parent.execution)
            return
        waiting = (parent.id, parent.execution, task.event_id)
        start_instance(self._store, NewInstance(task.target, task.name, task.text, waiting), now)

    def _tell_parent(self, instance: Instance, outcome: Outcome, now: datetime) -> None:
        if instance.parent is None:
            return
        if outcome.status == "Completed":
            told = event(
                EventType.SUB_ORCHESTRATION_COMPLETED,
                now,
                TaskScheduledId=instance.parent_task,
                Result=outcome.output,
            )
        else:
            reason = json.loads(outcome.output or "null")
            told = event(
                EventType.SUB_ORCHESTRATION_FAILED,
                now,
                Reason=reason,
                TaskScheduledId=instance.parent_task,
                Details=outcome.details,
            )
        self._store.send(instance.parent, told, now.timestamp(), instance.parent_execution)


@dataclass(frozen=True)
class NewInstance:
    """An instance to be: `text` is its input as JSON, `parent` who waits for it as (instance, execution, task id)."""

    id: str
    name: str
    text: str | None
    parent: tuple[str, str, int] | tuple[None, None, None] = (None, None, None)


def start_instance(store: Store, new: NewInstance, now: datetime) -> None:
    """Write a new instance and the message that starts it, in the caller's transaction; one of that id is replaced."""
    execution = uuid.uuid4().hex
    moment = now.timestamp()
    store.purge(new.id)
    store.put_instance(
        Instance(new.id, execution, new.name, "Pending", new.text, None, None, moment, moment, *new.parent)
    )
    store.send(new.id, execution_started(now, new.name, new.text, new.id, execution), 0, execution)


def _take(messages: Sequence[Message], instance: Instance) -> tuple[list[Message], list[Message], str]:
    """Split into what this turn takes and what is of an earlier execution; while suspended the rest is left."""
    status = instance.status
    taken: list[Message] = []
    stale: list[Message] = []
    held = False
    for message in messages:
        kind = message.event["EventType"]
        if message.execution not in (None, instance.execution):
            stale.append(message)
        elif kind == EventType.RESUMED:
            status = "Running"
            taken.append(message)
        elif kind == EventType.SUSPENDED:
            status = "Suspended"
            taken.append(message)
        elif kind == EventType.EXECUTION_TERMINATED or status != "Suspended":
            taken.append(message)
        else:
            held = True
    if held and status != "Suspended":
        # Resumed in this very turn: what was held back comes in its own order again.
        taken = [message for message in messages if message not in stale]
    return taken, stale, status


def _failure(instance: Instance, error: str) -> Outcome:
    text = f"Orchestrator function '{instance.name}' failed: {error}"
    return Outcome(
        "Failed",
        output=json.dumps(text),
        details=f"Message: {error}",
        custom_status=instance.custom_status,
    )
