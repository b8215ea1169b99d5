"""The operations that clients have on a task hub: start, read, send events, purge. It is independent of HTTP."""

from __future__ import annotations

import json
import re
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from local.host.clock import Clock
from local.host.durable.actions import Names, missing_function
from local.host.durable.entities import entity_id, signal
from local.host.durable.events import FAILURES, EventType, event
from local.host.durable.outcomes import NewInstance, start_instance
from local.host.durable.store import TERMINAL, Instance, Store

MAX_ID_LENGTH = 256


class HubError(Exception):
    """The hub cannot do what a client asked; `kind` is invalid, busy, missing, over, not-failed or not-rewindable."""

    def __init__(self, kind: str, message: str) -> None:
        super().__init__(message)
        self.kind = kind


@dataclass(frozen=True)
class TaskHub:
    """The state and the app's functions by name; `wake` is called after each change."""

    store: Store
    names: Names
    clock: Clock
    wake: Callable[[], None]

    def start(self, name: str, instance_id: str | None, text: str | None) -> str:
        """Start an orchestration with an input as JSON text, and return its id.

        Raises:
            HubError: invalid, if the id is malformed; missing, if it holds a slash; busy, if the id is running.
        """
        chosen = instance_id or uuid.uuid4().hex
        if "/" in chosen:
            raise HubError("missing", "A slash in an instance id is one in the request's path.")
        if len(chosen) > MAX_ID_LENGTH or chosen.startswith("@") or re.search(r"[\\?\x00-\x1f\x7f-\x9f]", chosen):
            raise HubError(
                "invalid",
                f"The instance id is not valid. Use at most {MAX_ID_LENGTH} characters, no \\ ? or control characters, "
                "and no @ at the start.",
            )
        # In one transaction, since another host may start the same id now.
        with self.store.transaction():
            existing = self.store.instance(chosen)
            if existing is not None and existing.status not in TERMINAL:
                raise HubError("busy", f"An Orchestration instance with the status {existing.status} already exists.")
            start_instance(self.store, NewInstance(chosen, name, text), self.clock.now())
        self.wake()
        return chosen

    def instance(self, instance_id: str) -> Instance:
        """Return an instance.

        Raises:
            HubError: missing.
        """
        found = self.store.instance(instance_id)
        if found is None:
            raise HubError("missing", f"No instance with the id '{instance_id}'.")
        return found

    def raise_event(self, instance_id: str, name: str, text: str) -> None:
        """Send an external event with a payload as JSON text.

        Raises:
            HubError: missing; over, if the instance has ended.
        """
        self._send(instance_id, event(EventType.EVENT_RAISED, self.clock.now(), Name=name, Input=text))

    def control(self, instance_id: str, kind: EventType, reason: str) -> None:
        """Terminate, suspend or resume an instance; running activities continue without effect on a terminated one.

        Raises:
            HubError: missing; over.
        """
        field = "Input" if kind is EventType.EXECUTION_TERMINATED else "Reason"
        self._send(instance_id, {**event(kind, self.clock.now()), field: reason})

    def restart(self, instance_id: str, *, new_id: bool) -> str:
        """Start the same orchestration with the same input, and return the id of the new instance.

        Raises:
            HubError: missing; busy, if the instance still runs and is to keep its id.
        """
        found = self.instance(instance_id)
        return self.start(found.name, None if new_id else instance_id, found.input)

    def rewind(self, instance_id: str) -> None:
        """Repeat what failed in a failed instance; steps that succeeded do not run again.

        Raises:
            HubError: missing; not-rewindable, if the instance completed or was terminated; not-failed, if it runs.
        """
        found = self.instance(instance_id)
        if found.status in TERMINAL - {"Failed"}:
            raise HubError("not-rewindable", f"Instance '{instance_id}' is {found.status}.")
        if found.status != "Failed":
            raise HubError("not-failed", "Only failed orchestration instances can be rewound.")
        with self.store.transaction():
            self._rewind(found)
        self.wake()

    def purge(self, instances: Sequence[Instance]) -> int:
        """Delete the instances that have ended, and return how many."""
        over = [instance for instance in instances if instance.status in TERMINAL]
        with self.store.transaction():
            for instance in over:
                self.store.purge(instance.id)
        return len(over)

    def signal_entity(self, name: str, key: str, operation: str, text: str | None) -> None:
        """Send an operation to an entity; `text` is the request's body.

        Raises:
            HubError: invalid, if the app has no such entity.
        """
        if not self.names.has("entity", name):
            raise HubError("invalid", missing_function("entity", name))
        with self.store.transaction():
            signal(self.store, entity_id(name, key), operation, text, self.clock.now())
        self.wake()

    def _send(self, instance_id: str, message: dict[str, object]) -> None:
        found = self.instance(instance_id)
        if found.status in TERMINAL:
            raise HubError("over", f"Instance '{instance_id}' is {found.status}.")
        with self.store.transaction():
            self.store.send(instance_id, message, self.clock.now().timestamp())
        self.wake()

    def _rewind(self, instance: Instance) -> None:
        events = self.store.history(instance.id)
        failed = {each["TaskScheduledId"] for each in events if each["EventType"] in FAILURES}
        kept = []
        for each in events:
            kind = each["EventType"]
            if kind in FAILURES or kind == EventType.EXECUTION_COMPLETED:
                continue
            if each["EventId"] in failed and kind == EventType.SUB_ORCHESTRATION_CREATED:
                kept.append(each)
                child = self.store.instance(each["InstanceId"])
                if child is not None and child.status == "Failed":
                    self._rewind(child)
                continue
            if each["EventId"] in failed and kind == EventType.TASK_SCHEDULED:
                continue
            kept.append(each)
        now = self.clock.now()
        self.store.forget_history(instance.id)
        self.store.append_history(instance.id, 0, kept)
        self.store.put_instance(replace(instance, status="Running", output=None, updated=now.timestamp()))
        # A turn needs a message; the SDK and the replay both ignore this one.
        nudge = event(EventType.RESUMED, now, Reason="rewind")
        self.store.send(instance.id, nudge, now.timestamp(), instance.execution)


def parse_payload(text: str | None) -> Any:
    """Return a stored payload as the status shows it: the JSON value, or the text if it is not JSON."""
    if text is None:
        return None
    try:
        return json.loads(text)
    except ValueError:
        return text
