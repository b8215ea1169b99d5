"""What can be asked of a task hub from outside: start, look, tell, purge. Knows no HTTP."""

from __future__ import annotations

import json
import re
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from local.host.durable.actions import Names
from local.host.durable.entities import entity_id, signal
from local.host.durable.events import FAILURES, EventType, event
from local.host.durable.outcomes import NewInstance, start_instance
from local.host.durable.store import TERMINAL, Instance, Store
from local.host.durable.turns import Clock

MAX_ID_LENGTH = 256


class HubError(Exception):
    """Something was asked that cannot be done; `kind` is invalid, busy, missing, over or not-failed."""

    def __init__(self, kind: str, message: str) -> None:
        super().__init__(message)
        self.kind = kind


@dataclass(frozen=True)
class TaskHub:
    """The state and the app's names, with `wake` to be called after each change."""

    store: Store
    names: Names
    clock: Clock
    wake: Callable[[], None]

    def start(self, name: str, instance_id: str | None, text: str | None) -> str:
        """Start an orchestration on an input given as JSON text; its id.

        Raises:
            HubError: invalid, for a function that does not exist or a malformed id; busy, while one of that id runs.
        """
        if not self.names.has("orchestrator", name):
            raise HubError(
                "invalid",
                f"The function '{name}' doesn't exist, is disabled, or is not an orchestrator function.",
            )
        chosen = instance_id or uuid.uuid4().hex
        if (
            len(chosen) > MAX_ID_LENGTH
            or chosen.startswith("@")
            or re.search(r"[/\\#?\x00-\x1f\x7f-\x9f]", chosen)
        ):
            raise HubError(
                "invalid",
                f"An instance id has at most {MAX_ID_LENGTH} characters, no / \\ # ? or control characters, and no @ at its start.",
            )
        # In one transaction: another host may start the same id at this moment.
        with self.store.transaction():
            there = self.store.instance(chosen)
            if there is not None and there.status not in TERMINAL:
                raise HubError(
                    "busy", f"An Orchestration instance with the status {there.status} already exists."
                )
            start_instance(self.store, NewInstance(chosen, name, text), self.clock.now())
        self.wake()
        return chosen

    def instance(self, instance_id: str) -> Instance:
        """Find an instance.

        Raises:
            HubError: missing.
        """
        found = self.store.instance(instance_id)
        if found is None:
            raise HubError("missing", f"No instance with the id '{instance_id}'.")
        return found

    def raise_event(self, instance_id: str, name: str, text: str) -> None:
        """Send an external event with a payload given as JSON text.

        Raises:
            HubError: missing; over, when the instance has ended.
        """
        self._tell(instance_id, event(EventType.EVENT_RAISED, self.clock.now(), Name=name, Input=text))

    def terminate(self, instance_id: str, reason: str) -> None:
        """End an instance; what its activities are doing goes on unheard.

        Raises:
            HubError: missing; over.
        """
        self._tell(instance_id, event(EventType.EXECUTION_TERMINATED, self.clock.now(), Input=reason))

    def suspend(self, instance_id: str, reason: str) -> None:
        """Let an instance take nothing in until it is resumed.

        Raises:
            HubError: missing; over.
        """
        self._tell(instance_id, event(EventType.SUSPENDED, self.clock.now(), Reason=reason))

    def resume(self, instance_id: str, reason: str) -> None:
        """Let a suspended instance go on.

        Raises:
            HubError: missing; over.
        """
        self._tell(instance_id, event(EventType.RESUMED, self.clock.now(), Reason=reason))

    def restart(self, instance_id: str, *, new_id: bool) -> str:
        """Start the same orchestration with the same input again; the id of the new instance.

        Raises:
            HubError: missing; busy, when it is to keep its id while it still runs.
        """
        found = self.instance(instance_id)
        return self.start(found.name, None if new_id else instance_id, found.input)

    def rewind(self, instance_id: str) -> None:
        """Take a failed instance back to before its failures: what failed is scheduled again, what succeeded stays.

        Raises:
            HubError: missing; over, when it completed or was terminated; not-failed, while it runs.
        """
        found = self.instance(instance_id)
        if found.status in TERMINAL - {"Failed"}:
            raise HubError("over", f"Instance '{instance_id}' is {found.status}.")
        if found.status != "Failed":
            raise HubError("not-failed", "Only failed orchestration instances can be rewound.")
        with self.store.transaction():
            self._rewind(found)
        self.wake()

    def purge(self, instances: Sequence[Instance]) -> int:
        """Forget instances that have ended; how many."""
        over = [instance for instance in instances if instance.status in TERMINAL]
        with self.store.transaction():
            for instance in over:
                self.store.purge(instance.id)
        return len(over)

    def signal_entity(self, name: str, key: str, operation: str, text: str | None) -> None:
        """Send an operation to an entity; `text` is the body as it came.

        Raises:
            HubError: invalid, when the app has no such entity.
        """
        if not self.names.has("entity", name):
            raise HubError(
                "invalid", f"The function '{name}' doesn't exist, is disabled, or is not an entity function."
            )
        with self.store.transaction():
            signal(self.store, entity_id(name, key), operation, text, self.clock.now())
        self.wake()

    def _tell(self, instance_id: str, told: dict[str, object]) -> None:
        found = self.instance(instance_id)
        if found.status in TERMINAL:
            raise HubError("over", f"Instance '{instance_id}' is {found.status}.")
        with self.store.transaction():
            self.store.send(instance_id, told, self.clock.now().timestamp())
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
        # A turn needs something to take; an empty event that names no task is ignored on both sides.
        nudge = event(EventType.RESUMED, now, Reason="rewind")
        self.store.send(instance.id, nudge, now.timestamp(), instance.execution)


def parsed(text: str | None) -> Any:
    """Turn a stored payload into what the status shows: JSON where it parses, else the text itself."""
    if text is None:
        return None
    try:
        return json.loads(text)
    except ValueError:
        return text
