"""Plays orchestrators as Durable would, with answers that a test gives and a clock that timers move."""

# ruff: noqa: D102 - the methods of Context are Durable's own

import itertools
import json
from collections.abc import Callable, Generator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import pytest

START = datetime(2026, 3, 1, 6, tzinfo=UTC)
NOBODY = {"events": {}}


@dataclass(frozen=True)
class Task:
    """What an orchestrator yields."""

    kind: str
    name: str
    data: Any = None
    function: Any = None

    def cancel(self) -> None:
        """A timer that nobody waits for any more."""


def named(builder: Any) -> str:
    """The Durable name of an orchestrator."""
    return str(user_function(builder).__name__)


def user_function(builder: Any) -> Callable[..., Any]:
    """The function beneath the decorators."""
    function = builder._function.get_user_function()
    wrapped = getattr(function, "entity_function", function)
    beneath: Callable[..., Any] = getattr(wrapped, "orchestrator_function", wrapped)
    return beneath


def plain(data: Any) -> Any:
    """The data as it is after a journey through history; fails for what is no plain JSON."""
    return json.loads(json.dumps(data))


class Context:
    """As much of Durable's context as our orchestrators use."""

    def __init__(self, play: "Play", data: Any, instance: str) -> None:
        self._play = play
        self._data = plain(data)
        self.instance_id = instance
        self.continued: list[Any] = []

    @property
    def current_utc_datetime(self) -> datetime:
        return self._play.now

    def get_input(self) -> Any:
        return self._data

    def new_uuid(self) -> str:
        return f"uuid-{next(self._play.uuids)}"

    def call_activity_with_retry(self, activity: str, retries: Any, data: Any) -> Task:
        assert retries.max_number_of_attempts > 1
        return Task("activity", activity, plain(data))

    def call_sub_orchestrator(
        self, orchestrator: Any, data: Any, instance_id: str | None = None, expected_type: Any = None
    ) -> Task:
        assert expected_type in {None, dict}
        return Task("part", named(orchestrator), (plain(data), instance_id), orchestrator)

    def call_entity(self, entity: Any, operation: str, data: Any) -> Task:
        assert entity.name == "gate"
        return Task("entity", operation, plain(data))

    def create_timer(self, fire_at: datetime) -> Task:
        assert fire_at >= self._play.now
        return Task("timer", "timer", fire_at)

    def wait_for_external_event(self, name: str) -> Task:
        return Task("event", name)

    def task_any(self, tasks: list[Task]) -> Task:
        return Task("any", "any", tasks)

    def continue_as_new(self, data: Any) -> None:
        self.continued.append(plain(data))


@dataclass
class Play:
    """One playing of an orchestrator.

    `answers` holds, by the name of a step, part or entity operation, the answer to each call: a list is answered
    one by one, an exception is raised, a function is called with the step's input, all else is the answer every
    time. A part without an answer is played too. `steps` are the names of all that was called, in order.
    """

    answers: dict[str, Any] = field(default_factory=dict)
    now: datetime = START
    steps: list[str] = field(default_factory=list)
    inputs: list[tuple[str, Any]] = field(default_factory=list)
    generations: int = 0
    wakes: bool = False
    uuids: Any = field(default_factory=itertools.count)

    def run(self, orchestrator: Any, data: Any, instance: str = "imp-1") -> Any:
        """Play it to its end, generation after generation; its result."""
        while True:
            self.generations += 1
            context = Context(self, data, instance)
            result = self._played(user_function(orchestrator)(context))
            if not context.continued:
                return plain(result)
            data = context.continued[-1]

    def close_after(self, turns: int, orchestrator: Any, data: Any) -> bool:
        """Play some turns and abandon it, as Durable does between two of its; False when it ended before."""
        generator = user_function(orchestrator)(Context(self, data, "imp-1"))
        try:
            task = next(generator)
            for _ in range(turns):
                task = generator.send(self._answer(task))
        except StopIteration:
            return False
        generator.close()
        return True

    def waited(self) -> list[float]:
        """Seconds of each timer."""
        return [data for name, data in self.inputs if name == "timer"]

    def _played(self, generator: Generator[Task, Any, Any]) -> Any:
        try:
            task = next(generator)
            while True:
                try:
                    answer = self._answer(task)
                except Exception as error:  # noqa: BLE001  whatever a step raises, the orchestrator gets
                    task = generator.throw(error)
                else:
                    task = generator.send(answer)
        except StopIteration as end:
            return end.value

    def _answer(self, task: Task) -> Any:
        if task.kind == "timer":
            self.inputs.append(("timer", (task.data - self.now).total_seconds()))
            self.now = task.data
            return None
        if task.kind == "any":
            event, timer = task.data
            if self.wakes:
                return event
            self._answer(timer)
            return timer
        self.steps.append(task.name)
        self.inputs.append((task.name, task.data))
        if task.kind == "part" and task.name not in self.answers:
            data, instance = task.data
            return self.run(task.function, data, instance or "part")
        answer = self.answers[task.name]
        if isinstance(answer, list):
            answer = answer.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return plain(answer(task.data) if callable(answer) else answer)


GATE = {"enter": lambda _: [], "called": NOBODY, "leave": NOBODY, "step_back": NOBODY}


@pytest.fixture
def play() -> Callable[..., Play]:
    """Make a play whose gate is open, with these answers to steps."""
    return lambda **answers: Play({**GATE, **answers})
