"""Schedules the work: one turn at a time per instance and entity, activities in parallel, timers when they are due."""

from __future__ import annotations

import asyncio
import logging
import traceback
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from local.host.background import BackgroundTasks
from local.host.clock import WaitingClock
from local.host.durable.actions import HTTP_ACTIVITY, Names
from local.host.durable.entities import CallEntity, EntityTurns
from local.host.durable.events import EventType, event
from local.host.durable.store import Store, Work
from local.host.durable.turns import CallOrchestrator, Turns
from local.host.state.members import LostError, Members

log = logging.getLogger("Host.Triggers.DurableTask")

CallActivity = Callable[[str, str | None], Awaitable[str | None]]
"""Runs the activity of this name on a JSON text and returns its result as JSON text; raises its exceptions."""

# The longest time until this host sees a message of another host.
POLL_SECONDS = 0.2
RETRY_SECONDS = 1.0


@dataclass(frozen=True)
class Limits:
    """How much runs in parallel."""

    activities: int = 20
    instances: int = 20
    entity_batch: int = 5000


@dataclass(frozen=True)
class Calls:
    """The calls into the app, and its functions by name."""

    names: Names
    orchestrator: CallOrchestrator
    entity: CallEntity
    activity: CallActivity
    http: CallActivity


class Engine:
    """Runs all instances until stopped."""

    def __init__(self, store: Store, members: Members, clock: WaitingClock, calls: Calls, limits: Limits) -> None:
        self._store = store
        self._clock = clock
        self._calls = calls
        self._limits = limits
        self._members = members
        self._turns = Turns(store, calls.names, clock, calls.orchestrator)
        self._entities = EntityTurns(store, clock, calls.entity, limits.entity_batch)
        self._ready: deque[str] = deque()
        self._busy: set[str] = set()
        self._again: set[str] = set()
        self._held: dict[str, str] = {}
        self._steps = 0
        self._tasks = BackgroundTasks()
        self._changed = asyncio.Event()
        self._stopping = False

    async def run(self) -> None:
        """Run until stopped or cancelled."""
        while not self._stopping:
            self._changed.clear()
            now = self._clock.now().timestamp()
            with self._store.snapshot():
                ready, next_due = self._store.due_instances(now), self._store.next_due(now)
            for instance in ready:
                self._enqueue(instance)
            self._pump()
            await self._clock.wait(self._changed, next_due, POLL_SECONDS)

    def wake(self) -> None:
        """Look for work now, after a write to the store."""
        self._changed.set()

    async def stop(self, grace: float) -> None:
        """Start no more work, and wait `grace` seconds for running work; the next host runs the rest again."""
        self._stopping = True
        self._changed.set()
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=grace)
        for task in self._tasks:
            task.cancel()

    def _enqueue(self, instance: str) -> None:
        if instance in self._busy:
            self._again.add(instance)
        else:
            self._busy.add(instance)
            self._ready.append(instance)

    def _pump(self) -> None:
        if self._stopping:
            return
        while self._ready and len(self._busy) - len(self._ready) < self._limits.instances:
            self._tasks.start(self._drain(self._ready.popleft()))
        room = self._limits.activities - self._steps
        if room > 0:
            for work in self._store.claim_work(self._members.id, room, self._clock.now().timestamp()):
                self._steps += 1
                self._tasks.start(self._step(work, self._members.id))

    async def _drain(self, instance: str) -> None:
        try:
            self._again.discard(instance)
            if self._hold(instance):
                await self._run_turns(instance, self._held[instance])
        except LostError:
            self._held.pop(instance, None)
            log.warning("Another host has taken over '%s'.", instance)
        except Exception:
            log.exception("A turn of '%s' failed. The host tries it again.", instance)
            await asyncio.sleep(RETRY_SECONDS)
        finally:
            self._busy.discard(instance)
            if instance in self._again:
                self._enqueue(instance)
            self.wake()

    def _hold(self, instance: str) -> bool:
        """Whether this host holds the instance; it keeps an instance until its end, as a partition on Azure does."""
        if self._held.get(instance) != self._members.id:
            if not self._members.claim(instance):
                return False
            self._held[instance] = self._members.id
        return True

    async def _run_turns(self, instance: str, owner: str) -> None:
        def guard() -> None:
            if not self._members.holds(instance, owner):
                raise LostError(instance)

        is_entity = instance.startswith("@")
        turns = self._entities if is_entity else self._turns
        while not self._stopping and await turns.run(instance, guard):
            self.wake()
        if is_entity or self._store.is_over(instance):
            self._members.let_go(instance, owner)
            del self._held[instance]

    async def _step(self, work: Work, owner: str) -> None:
        try:
            done = await self._result(work)
            now = self._clock.now()
            with self._store.transaction():
                if self._store.finish_work(work, owner):
                    self._store.send(work.instance, done, now.timestamp(), work.execution)
        finally:
            self._steps -= 1
            self.wake()

    async def _result(self, work: Work) -> dict[str, Any]:
        result: dict[str, str | None]
        call = self._calls.http if work.name == HTTP_ACTIVITY else self._calls.activity
        try:
            text = await call(work.name, work.input)
        except Exception as raised:  # noqa: BLE001 - every exception of an activity is its failure
            kind = EventType.TASK_FAILED
            reason = f"Activity function '{work.name}' failed:  {type(raised).__name__}: {raised}"
            result = {"Reason": reason, "Details": "".join(traceback.format_exception(raised))}
        else:
            kind, result = EventType.TASK_COMPLETED, {"Result": text}
        return event(kind, self._clock.now(), TaskScheduledId=work.task) | result
