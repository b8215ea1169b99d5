"""One turn of an entity: run its waiting operations as one batch, and write state and answers together."""

from __future__ import annotations

import json
import uuid
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from typing import Any

from local.host.clock import Clock
from local.host.durable.events import EventType, event
from local.host.durable.store import Store
from local.host.durable.turns import Guard

CallEntity = Callable[[str, str], Awaitable[str]]
"""Runs the entity function of this name on a JSON text and returns its answer as JSON text; raises its exceptions."""

Request = dict[str, Any]


def entity_id(name: str, key: str) -> str:
    """Return the id of an entity: its name in lower case, its key unchanged."""
    return f"@{name.lower()}@{key}"


def signal(store: Store, target: str, operation: str, text: str | None, now: datetime) -> None:
    """Send an operation without an answer, in the caller's transaction; `text` is the JSON of a JSON text, or None."""
    request = {"op": operation, "id": str(uuid.uuid4()), "input": text, "signal": True}
    sent = event(EventType.EVENT_RAISED, now, Name="op", Input=json.dumps(request))
    store.send(target, sent, now.timestamp())


class EntityTurns:
    """Runs the batches of entities that this host holds; Turns describes `guard`."""

    def __init__(self, store: Store, clock: Clock, call: CallEntity, batch_size: int) -> None:
        self._store = store
        self._clock = clock
        self._call = call
        self._batch_size = batch_size

    async def run(self, target: str, guard: Guard) -> bool:
        """Run one batch of waiting operations; return False when none waits.

        Raises:
            LostError: `guard` raised it; nothing was written.
        """
        waiting = self._store.messages(target, self._clock.now().timestamp())[: self._batch_size]
        if not waiting:
            return False
        requests = [json.loads(message.event["Input"]) for message in waiting]
        state = self._store.entity(target)
        new_state, results = await self._operate(target, state, requests)
        now = self._clock.now()
        with self._store.transaction():
            guard()
            self._store.drop_messages(message.seq for message in waiting)
            self._store.put_entity(target, new_state, now.timestamp())
            for request, result in zip(requests, results, strict=True):
                if not request.get("signal"):
                    self._answer(request, result, now)
        return True

    async def _operate(
        self, target: str, state: str | None, requests: Sequence[Request]
    ) -> tuple[str | None, list[dict[str, Any]]]:
        _, name, key = target.split("@", 2)
        batch = [
            {"name": each["op"], "input": each.get("input"), "isSignal": bool(each.get("signal"))} for each in requests
        ]
        body = {"self": {"name": name, "key": key}, "exists": state is not None, "state": state, "batch": batch}
        try:
            answer = json.loads(await self._call(name, json.dumps(body)))
        except Exception as raised:  # noqa: BLE001 - every exception of the function is the callers' answer
            failed = {"isError": True, "result": json.dumps(f"{type(raised).__name__}: {raised}")}
            return state, [failed] * len(requests)
        return (answer["entityState"] if answer["entityExists"] else None), answer["results"]

    def _answer(self, request: Request, result: dict[str, Any], now: datetime) -> None:
        # The SDK tells an error only by the presence of this key.
        answer = {"result": result["result"]} | ({"exceptionType": "Error"} if result["isError"] else {})
        message = event(EventType.EVENT_RAISED, now, Name=request["id"], Input=json.dumps(answer))
        self._store.send(request["parent"], message, now.timestamp(), request["parentExecution"])
