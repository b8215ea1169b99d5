"""One turn of an orchestration: take its messages, run the orchestrator on the whole history, write the outcome."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from typing import Any

from local.host.clock import Clock
from local.host.durable.actions import Names, missing_function
from local.host.durable.events import Event, EventType, event
from local.host.durable.outcomes import Outcome, OutcomeWriter
from local.host.durable.replay import Replay
from local.host.durable.store import TERMINAL, Instance, Message, Store
from local.host.durable.tasks import ReplayError

ERROR_LABEL = "\n\n$OutOfProcData$:"


Guard = Callable[[], None]
"""Raises LostError when this host no longer holds the instance."""

CallOrchestrator = Callable[[str, str], Awaitable[str]]
"""Runs the orchestrator of this name on a JSON text and returns its answer as JSON text; raises its exceptions."""


class Turns:
    """Runs the turns of instances that this host holds; each turn calls `guard` in its transaction."""

    def __init__(self, store: Store, names: Names, clock: Clock, call: CallOrchestrator) -> None:
        self._store = store
        self._writer = OutcomeWriter(store)
        self._names = names
        self._clock = clock
        self._call = call

    async def run(self, instance_id: str, guard: Guard) -> bool:
        """Run one turn with the messages that are due; return False when there is none to take.

        Raises:
            LostError: `guard` raised it; nothing was written.
        """
        now = self._clock.now()
        with self._store.snapshot():
            messages = self._store.messages(instance_id, now.timestamp())
            if not messages:
                return False
            instance = self._store.instance(instance_id)
            past = self._store.history(instance_id)
        if instance is None or instance.status in TERMINAL:
            return self._drop(messages, guard)
        taken, stale, status = _take(messages, instance)
        if not taken:
            return self._drop(stale, guard)
        news = [event(EventType.ORCHESTRATOR_STARTED, now), *(message.event for message in taken)]
        terminated = next((each for each in news if each["EventType"] == EventType.EXECUTION_TERMINATED), None)
        if terminated is not None:
            outcome = Outcome(
                "Terminated", output=json.dumps(terminated["Input"]), custom_status=instance.custom_status
            )
        else:
            outcome = await self._orchestrate(instance, past, news)
            if status == "Suspended" and outcome.status == "Running":
                outcome = replace(outcome, status=status)
        with self._store.transaction():
            guard()
            self._store.drop_messages(message.seq for message in [*taken, *stale])
            self._writer.write(instance, past, news, outcome, self._clock.now())
        return True

    def _drop(self, messages: Sequence[Message], guard: Guard) -> bool:
        with self._store.transaction():
            guard()
            self._store.drop_messages(message.seq for message in messages)
        return bool(messages)

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
        if not self._names.has("orchestrator", instance.name):
            return _failure(instance, missing_function("orchestrator", instance.name))
        try:
            answer = await self._call(instance.name, json.dumps(body))
        except Exception as raised:  # noqa: BLE001 - every exception of an orchestrator is its failure
            text, label, state = str(raised).rpartition(ERROR_LABEL)
            if not label:
                return _failure(instance, f"{type(raised).__name__}: {raised}")
            error, answer = text, state
        return self._replay(instance, [*past, *news], json.loads(answer), error)

    def _replay(self, instance: Instance, history: list[Event], answer: dict[str, Any], error: str | None) -> Outcome:
        actions = [action for group in answer["actions"] for action in group]
        replay = Replay(actions, self._names, instance.execution)
        try:
            replay.run(history)
        except ReplayError as deviation:
            return _failure(instance, str(deviation))
        custom = json.dumps(answer["customStatus"]) if "customStatus" in answer else instance.custom_status
        scheduled = [task for _, task in sorted(replay.tasks.pending.items())]
        if not replay.finished or replay.tasks.any_running or not (answer["isDone"] or error):
            return Outcome("Running", scheduled, custom_status=custom)
        if error:
            return replace(_failure(instance, answer.get("error") or error), scheduled=scheduled, custom_status=custom)
        if replay.actions.continues:
            return Outcome(
                "Running",
                scheduled,
                custom_status=custom,
                next_input=replay.actions.next_input,
                carried=replay.carried,
                continues=True,
            )
        output = json.dumps(answer["output"]) if "output" in answer else None
        return Outcome("Completed", scheduled, output=output, custom_status=custom)


def _take(messages: Sequence[Message], instance: Instance) -> tuple[list[Message], list[Message], str]:
    """Return this turn's messages, those of earlier executions, and the new status; others wait while suspended."""
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
        # This turn resumes the instance: it takes all messages in their order.
        taken = [message for message in messages if message not in stale]
    return taken, stale, status


def _failure(instance: Instance, error: str) -> Outcome:
    text = f"Orchestrator function '{instance.name}' failed: {error}"
    return Outcome("Failed", output=json.dumps(text), details=f"Message: {error}", custom_status=instance.custom_status)
