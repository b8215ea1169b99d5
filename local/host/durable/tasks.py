"""The tasks of one replay: everything an orchestrator waits for, under the ids by which history knows it."""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from local.host.durable.events import COMPLETIONS, FAILURES, Event, EventType


class ReplayError(Exception):
    """The orchestration fails here, with this message as its error."""


@dataclass
class Scheduled:
    """A task that history does not have yet: its kind, and all that starting it takes."""

    kind: EventType
    name: str
    event_id: int
    text: str | None = None
    target: str = ""
    fire_at: datetime | None = None
    signal: bool = False
    request: str = ""


@dataclass
class Task:
    """One thing that the orchestrator waits for; a compound task is done when `needs` accepts its children."""

    done: bool = False
    failed: bool = False
    children: list[Task] = field(default_factory=list)
    needs: Callable[[Sequence[bool]], bool] | None = None
    then: Callable[[], None] | None = None

    def is_done(self) -> bool:
        """Whether the orchestrator can continue after this task."""
        if self.needs is not None:
            return self.needs([child.is_done() for child in self.children])
        return self.done

    def complete(self, *, failed: bool) -> None:
        """Mark the task as done and run what depends on it."""
        self.done, self.failed = True, failed
        if self.then is not None:
            self.then()


class Tasks:
    """All tasks of a replay; `pending` holds, by id, those that history does not have yet."""

    def __init__(self) -> None:
        self.pending: dict[int, Scheduled] = {}
        self.next_id = 0
        self._running: dict[int, Task] = {}
        self._waiters: defaultdict[str, list[Task]] = defaultdict(list)
        self._buffered: defaultdict[str, deque[Event]] = defaultdict(deque)

    @property
    def any_running(self) -> bool:
        """Whether an activity, a sub-orchestration or an uncancelled timer has not ended yet."""
        return bool(self._running)

    def schedule(self, kind: EventType, name: str, **fields: Any) -> Scheduled:
        """Give a task the next id and return what must be scheduled, unless history has it."""
        scheduled = Scheduled(kind, name, self.next_id, **fields)
        self.pending[self.next_id] = scheduled
        self.next_id += 1
        return scheduled

    def run(self, kind: EventType, name: str, **fields: Any) -> Task:
        """Schedule a task and return it; it runs until `finish` gets its event."""
        task = Task()
        self._running[self.schedule(kind, name, **fields).event_id] = task
        return task

    def confirm(self, kind: EventType, event: Event) -> None:
        """Take a task that history has out of `pending`.

        Raises:
            ReplayError: the orchestrator now asks for something else at this step.
        """
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
                f"{event['EventId']}, and the orchestrator now asks for {now} there. An orchestrator must ask "
                "for the same steps in the same order on each replay: check whether its code changed while this instance ran."
            )

    def finish(self, kind: EventType, event: Event) -> None:
        """Complete the running task that an event ends, if there is one."""
        task = self._running.pop(event[COMPLETIONS[kind]], None)
        if task is not None:
            task.complete(failed=kind in FAILURES)

    def wait_for_event(self, name: str) -> Task:
        """Return a task that ends with the next event of this name, or is done if one came before."""
        buffered = self._buffered[name.lower()]
        if buffered:
            buffered.popleft()
            return Task(done=True)
        task = Task()
        self._waiters[name.lower()].append(task)
        return task

    def receive(self, event: Event) -> None:
        """Give an external event to the task that waits for its name, or keep it for the first one that will."""
        name = event["Name"].lower()
        if self._waiters[name]:
            self._waiters[name].pop().complete(failed=False)
        else:
            self._buffered[name].append(event)
