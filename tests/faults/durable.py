"""Durable Functions in this process: orchestrators keep their place, whatever becomes of the process that takes steps.

That a real host replays them to the same place is proven in tests/host. Here many orchestrations run side by side, and
time goes from timer to timer.
"""

import heapq
import itertools
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random
from typing import Any

import azure.durable_functions as df
from azure.durable_functions.models.DurableOrchestrationStatus import DurableOrchestrationStatus
from azure.durable_functions.models.EntityStateResponse import EntityStateResponse

from fno_emulator.clock import Clock
from landfall.gate_queue import GATE
from orchestrations.calls import STEP_RETRIES
from orchestrations.export_project import export_project
from orchestrations.gate import gate, steer_gate
from tests.integration.conftest import CrashError
from tests.unit.orchestrations.conftest import Context, Task, plain, user_function

ORCHESTRATORS = {"export_project": export_project, "steer_gate": steer_gate}
FIRST_RETRY = timedelta(milliseconds=STEP_RETRIES.first_retry_interval_in_milliseconds)


@dataclass
class Frame:
    """An orchestrator under way: the instance's own, or one that it called."""

    orchestrator: Any
    context: Context
    generator: Any


@dataclass
class Instance:
    """An orchestration; `frames` are those that wait for each other, the innermost last."""

    frames: list[Frame] = field(default_factory=list)
    status: df.OrchestrationRuntimeStatus = df.OrchestrationRuntimeStatus.Running


class GateContext:
    """As much of an entity's context as the gate uses."""

    def __init__(self, state: Any, operation: str, data: Any) -> None:
        self.state, self.operation_name, self.result = state, operation, None
        self._data = data

    def get_state(self, default: Callable[[], Any]) -> Any:
        """As Durable does."""
        return default() if self.state is None else self.state

    def get_input(self) -> Any:
        """As Durable does."""
        return self._data

    def set_result(self, result: Any) -> None:
        """As Durable does."""
        self.result = plain(result)

    def set_state(self, state: Any) -> None:
        """As Durable does."""
        self.state = plain(state)


class Durable:
    """The instances, the gate and what is due when; also the durable client that activities get.

    `take` takes a step by its name and input; `died` is called when that ends the process, and says for how long it
    is down. `moved` is called whenever time has passed or something was done. What is due at the same time happens in
    an order of chance.
    """

    def __init__(
        self,
        clock: Clock,
        chance: Random,
        take: Callable[[str, Any], Any],
        died: Callable[[], timedelta],
        moved: Callable[[], None],
    ) -> None:
        self._clock, self._chance, self._take, self._died, self._moved = clock, chance, take, died, moved
        self.uuids = itertools.count()
        self.instances: dict[str, Instance] = {}
        self.gate: Any = None
        self._due: list[tuple[datetime, float, int, Callable[[], None]]] = []
        self._numbers = itertools.count()
        self._listening: dict[tuple[str, str], Callable[[], None]] = {}

    @property
    def now(self) -> datetime:
        """The time of orchestrators."""
        return self._clock.now()

    def at(self, moment: datetime, do: Callable[[], None]) -> None:
        """Have something done then, or as soon as time has come so far."""
        heapq.heappush(self._due, (moment, self._chance.random(), next(self._numbers), do))

    def run(self, until: datetime, most: int = 20_000) -> None:
        """Let time pass until this moment, or until nothing is due any more."""
        for _ in range(most):
            if not self._due or self._due[0][0] > until:
                return
            moment, _, _, do = heapq.heappop(self._due)
            if moment > self.now:
                self._clock.advance((moment - self.now).total_seconds())
                self._moved()
            do()
            self._moved()
        raise AssertionError(f"{most} things were done, and there is no end to it")

    async def start_new(self, orchestrator: str, instance: str | None, data: Any) -> str:
        """As the durable client does."""
        name = instance or f"made-up-{next(self._numbers)}"
        known = self.instances.get(name)
        if known and known.status == df.OrchestrationRuntimeStatus.Running:
            raise RuntimeError(f"instance {name} already exists")
        started = self.instances[name] = Instance()
        self.at(self.now, lambda: self._call(started, ORCHESTRATORS[orchestrator], data, name))
        return name

    async def get_status(self, instance: str) -> DurableOrchestrationStatus:
        """As the durable client does."""
        known = self.instances.get(instance)
        return DurableOrchestrationStatus(instanceId=instance, runtimeStatus=known.status.name if known else None)

    async def read_entity_state(self, entity: df.EntityId) -> EntityStateResponse:
        """As the durable client does."""
        assert (entity.name, entity.key) == GATE
        return EntityStateResponse(self.gate is not None, self.gate)

    async def purge_instance_history_by(self, *_: object) -> None:
        """As the durable client does; no schedule lasts long enough for a history to be old."""

    async def raise_event(self, instance: str, event: str, _: Any) -> None:
        """As the durable client does."""
        if go_on := self._listening.pop((instance, event), None):
            self.at(self.now, go_on)

    def terminate(self, instance: str) -> None:
        """As an operator does."""
        self.instances[instance].status = df.OrchestrationRuntimeStatus.Terminated

    def _call(self, instance: Instance, orchestrator: Any, data: Any, name: str) -> None:
        context = Context(self, data, name)  # type: ignore[arg-type]
        generator = user_function(orchestrator)(context)
        instance.frames.append(Frame(orchestrator, context, generator))
        self._go_on(instance)

    def _go_on(self, instance: Instance, answer: Any = None, error: Exception | None = None) -> None:
        """Give the innermost orchestrator what it waits for, and begin what it wants next."""
        if instance.status != df.OrchestrationRuntimeStatus.Running:
            return
        frame = instance.frames[-1]
        try:
            task = frame.generator.throw(error) if error else frame.generator.send(answer)
        except StopIteration as end:
            instance.frames.pop()
            if frame.context.continued:
                self._call(instance, frame.orchestrator, frame.context.continued[-1], frame.context.instance_id)
            elif instance.frames:
                self._go_on(instance, plain(end.value))
            else:
                instance.status = df.OrchestrationRuntimeStatus.Completed
        except Exception as failure:  # noqa: BLE001  whatever an orchestrator fails with
            instance.frames.pop()
            if instance.frames:
                self._go_on(instance, error=failure)
            else:
                instance.status = df.OrchestrationRuntimeStatus.Failed
        else:
            self._begin(instance, task)

    def _begin(self, instance: Instance, task: Task) -> None:
        if task.kind == "activity":
            self.at(self.now, lambda: self._step(instance, task))
        elif task.kind == "part":
            data, _ = task.data
            self._call(instance, task.function, data, f"part-{next(self.uuids)}")
        elif task.kind == "entity":
            asked = GateContext(self.gate, task.name, task.data)
            user_function(gate)(asked)
            self.gate = asked.state
            self.at(self.now, lambda: self._go_on(instance, asked.result))
        elif task.kind == "timer":
            self.at(task.data, lambda: self._go_on(instance))
        else:
            event, timer = task.data
            key = (instance.frames[-1].context.instance_id, event.name)
            self._listening[key] = lambda: self._go_on(instance, event)
            self.at(timer.data, lambda: self._tired(instance, key, timer))

    def _tired(self, instance: Instance, key: tuple[str, str], timer: Task) -> None:
        """Nobody has woken it in time."""
        if self._listening.pop(key, None):
            self._go_on(instance, timer)

    def _step(self, instance: Instance, task: Task, tries: int = 1) -> None:
        """Take a step; one whose process died is taken again, one that failed a few times."""
        try:
            answer = self._take(task.name, task.data)
        except CrashError:
            self.at(self.now + self._died(), lambda: self._step(instance, task, tries))
        except Exception as failure:  # noqa: BLE001  whatever a step fails with
            if tries < STEP_RETRIES.max_number_of_attempts:
                self.at(self.now + FIRST_RETRY, lambda: self._step(instance, task, tries + 1))
            else:
                self._go_on(instance, error=failure)
        else:
            self.at(self.now, lambda: self._go_on(instance, plain(answer)))
