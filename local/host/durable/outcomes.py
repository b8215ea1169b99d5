"""Writes the results of a turn: history, activities, timers, children, messages, and the instance's new state."""

from __future__ import annotations

import json
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from local.host.durable.events import Event, EventType, event, execution_started
from local.host.durable.store import TERMINAL, Instance, Store
from local.host.durable.tasks import Scheduled


@dataclass(frozen=True)
class Outcome:
    """The results of a turn: the instance's new status, what to schedule, and its output if it has ended."""

    status: str
    scheduled: Sequence[Scheduled] = ()
    output: str | None = None
    details: str | None = None
    custom_status: str | None = None
    next_input: str | None = None
    carried: Sequence[Event] = ()
    continues: bool = False


@dataclass(frozen=True)
class NewInstance:
    """An instance to start: `text` is its input as JSON, `parent` is (instance, execution, task id) of its caller."""

    id: str
    name: str
    text: str | None
    parent: tuple[str, str, int] | tuple[None, None, None] = (None, None, None)


def start_instance(store: Store, new: NewInstance, now: datetime) -> None:
    """Write a new instance and its start message in the caller's transaction, in place of one with the same id."""
    execution = uuid.uuid4().hex
    moment = now.timestamp()
    store.purge(new.id)
    store.put_instance(
        Instance(new.id, execution, new.name, "Pending", new.text, None, None, moment, moment, *new.parent)
    )
    store.send(new.id, execution_started(now, new.name, new.text, new.id, execution), 0, execution)


class OutcomeWriter:
    """Writes outcomes in the caller's transaction."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def write(self, instance: Instance, past: list[Event], news: list[Event], outcome: Outcome, now: datetime) -> None:
        """Write one turn: its events after `past`, and all their effects."""
        created = [self._schedule(instance, each, now) for each in outcome.scheduled]
        changed = replace(instance, status=outcome.status, custom_status=outcome.custom_status, updated=now.timestamp())
        if outcome.continues:
            self._continue_as_new(changed, outcome, now)
            return
        ended = [event(EventType.ORCHESTRATOR_COMPLETED, now)]
        if outcome.status in TERMINAL:
            changed = replace(changed, output=outcome.output)
            ended.insert(
                0, event(EventType.EXECUTION_COMPLETED, now, OrchestrationStatus=outcome.status, Result=outcome.output)
            )
            self._store.drop_timers(instance.id, instance.execution)
            self._notify_parent(instance, outcome, now)
        self._store.append_history(instance.id, len(past), [*news, *created, *ended])
        self._store.put_instance(changed)

    def _continue_as_new(self, instance: Instance, outcome: Outcome, now: datetime) -> None:
        execution = uuid.uuid4().hex
        self._store.drop_timers(instance.id, instance.execution)
        self._store.forget_history(instance.id)
        self._store.put_instance(replace(instance, execution=execution, input=outcome.next_input))
        start = execution_started(now, instance.name, outcome.next_input, instance.id, execution)
        # Due before everything else: events that arrived in the meantime must come after the start.
        self._store.send(instance.id, start, due=0, execution=execution)
        for carried in outcome.carried:
            self._store.send(instance.id, carried, due=0)

    def _schedule(self, instance: Instance, task: Scheduled, now: datetime) -> Event:
        """Write the work of a task and return its event."""
        moment = now.timestamp()
        if task.kind is EventType.TASK_SCHEDULED:
            self._store.add_work(instance.id, instance.execution, task.event_id, task.name, task.text)
            return event(task.kind, now, task.event_id, Name=task.name, Version=None, Input=None)
        if task.kind is EventType.TIMER_CREATED and task.fire_at is not None:
            fired = event(EventType.TIMER_FIRED, task.fire_at, TimerId=task.event_id)
            created = event(task.kind, now, task.event_id)
            fired["FireAt"] = created["FireAt"] = fired["Timestamp"]
            # As on Azure: a message that storage hides for so many whole seconds, and early by the rest.
            wait = max(0, int(task.fire_at.timestamp() - moment))
            self._store.send(instance.id, fired, moment + wait, instance.execution)
            return created
        if task.kind is EventType.SUB_ORCHESTRATION_CREATED:
            self._start_child(instance, task, now)
            child = {"Name": task.name, "InstanceId": task.target, "Input": task.text, "Version": None}
            return {**event(task.kind, now, task.event_id), **child}
        request = {"op": task.name, "id": task.request, "input": task.text} | (
            {"signal": True} if task.signal else {"parent": instance.id, "parentExecution": instance.execution}
        )
        text = json.dumps(request)
        self._store.send(task.target, event(EventType.EVENT_RAISED, now, Name="op", Input=text), moment)
        return event(task.kind, now, task.event_id, InstanceId=task.target, Name="op", Input=text)

    def _start_child(self, parent: Instance, task: Scheduled, now: datetime) -> None:
        existing = self._store.instance(task.target)
        if existing is not None and existing.status not in TERMINAL:
            reason = f"An orchestration with the id '{task.target}' is already running."
            failed = {"TaskScheduledId": task.event_id, "Reason": reason, "Details": None}
            message = event(EventType.SUB_ORCHESTRATION_FAILED, now) | failed
            self._store.send(parent.id, message, now.timestamp(), parent.execution)
            return
        waiting = (parent.id, parent.execution, task.event_id)
        start_instance(self._store, NewInstance(task.target, task.name, task.text, waiting), now)

    def _notify_parent(self, instance: Instance, outcome: Outcome, now: datetime) -> None:
        if instance.parent is None:
            return
        if outcome.status == "Completed":
            kind, result = EventType.SUB_ORCHESTRATION_COMPLETED, {"Result": outcome.output}
        else:
            kind = EventType.SUB_ORCHESTRATION_FAILED
            result = {"Reason": json.loads(outcome.output or "null"), "Details": outcome.details}
        message = event(kind, now, TaskScheduledId=instance.parent_task) | result
        self._store.send(instance.parent, message, now.timestamp(), instance.parent_execution)
