"""Replays an orchestrator's actions against its history, as the Durable extension does for out-of-process languages.

The orchestrator reports only which actions it took, in order and without ids. The replay starts the actions while it
feeds the events, so that each action gets its id, a deviation from history shows, and every action that no event
mentions remains to be scheduled.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence

from local.host.clock import parse_utc
from local.host.durable.actions import Action, Actions, Names
from local.host.durable.events import COMPLETIONS, SCHEDULED, Event, EventType
from local.host.durable.tasks import Task, Tasks


class Replay:
    """One replay of `actions` against the history of an execution.

    After `run`, `tasks.pending` holds what must be scheduled now, `finished` says whether every action is over, and
    `carried` holds the events after continue-as-new, for the next execution. An instance completes only when no task
    runs.
    """

    def __init__(self, actions: Sequence[Action], names: Names, execution: str) -> None:
        self._remaining = deque(actions)
        self._current: Task | None = None
        self.tasks = Tasks()
        self.actions = Actions(self.tasks, names, execution)
        self.finished = False
        self.carried: list[Event] = []

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
            self.actions.now = parse_utc(event["Timestamp"])
        elif kind is EventType.EXECUTION_STARTED:
            self._advance()
        elif kind in SCHEDULED:
            self.tasks.confirm(kind, event)
        elif kind in COMPLETIONS:
            self.tasks.finish(kind, event)
            self._advance()
        elif kind is EventType.EVENT_RAISED:
            if self.actions.continues:
                self.carried.append(event)
            else:
                self.tasks.receive(event)
                self._advance()

    def _advance(self) -> None:
        """Start actions until one is not done."""
        while self._current is None or self._current.is_done():
            if not self._remaining:
                self.finished = True
                return
            self._current = self.actions.start(self._remaining.popleft())
