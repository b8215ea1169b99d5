"""Random orchestration programs return the same as plain Python, in any order of steps and with any crashes."""

import asyncio
import json
from collections import Counter
from collections.abc import Generator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import azure.durable_functions as df
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from local.host.durable.entities import EntityTurns
from local.host.durable.events import EventType, event
from local.host.durable.outcomes import NewInstance, start_instance
from local.host.durable.store import Store, Work
from local.host.durable.turns import Turns
from local.host.state.database import Database
from local.host.state.members import LostError

# The SDK warns once per process that a later version needs named types; programs use only JSON types.
pytestmark = pytest.mark.filterwarnings("ignore:azure.functions df_loads was called:DeprecationWarning")

START = datetime(2026, 1, 1, tzinfo=UTC)
RETRIES = df.RetryOptions(first_retry_interval_in_milliseconds=1000, max_number_of_attempts=3)
Program = list[Any]

LEAVES = st.one_of(
    st.tuples(st.just("double"), st.integers(-9, 9)),
    st.tuples(st.just("fail"), st.integers(0, 9)),
    st.tuples(st.just("flaky"), st.integers(0, 4)),
    st.tuples(st.just("entity"), st.integers(-9, 9)),
    st.tuples(st.just("timer"), st.integers(0, 99)),
    st.tuples(st.just("race"), st.integers(-9, 9)),
)
STEPS = st.recursive(
    LEAVES,
    lambda inner: st.one_of(
        st.tuples(st.just("all"), st.lists(inner, min_size=1, max_size=4)),
        st.tuples(st.just("child"), st.lists(inner, max_size=3)),
    ),
    max_leaves=8,
)
PROGRAMS = st.fixed_dictionaries(
    {"steps": st.lists(STEPS, min_size=1, max_size=4), "rounds": st.integers(0, 2), "carry": st.just([])}
)


def expected(step: Any) -> Any:
    """The result of a step by plain Python."""
    kind, value = step
    if kind in ("double", "race"):
        return 2 * value
    if kind == "flaky":
        return "worked" if value < RETRIES.max_number_of_attempts else "failed"
    if kind in ("all", "child"):
        return [expected(each) for each in value]
    return {"fail": "failed", "entity": value, "timer": "rang"}[kind]


def task(context: df.DurableOrchestrationContext, step: Any, path: str) -> Any:
    """The task of a step; `meaning` converts its result."""
    kind, value = step
    if kind in ("double", "fail"):
        return context.call_activity(kind, value)
    if kind == "flaky":
        return context.call_activity_with_retry(
            "flaky", RETRIES, {"path": f"{context.instance_id}/{path}", "failures": value}
        )
    if kind == "entity":
        return context.call_entity(df.EntityId("adder", f"{context.instance_id}/{path}"), "add", value)
    if kind == "timer":
        return context.create_timer(context.current_utc_datetime + timedelta(seconds=value))
    return context.call_sub_orchestrator("interpret", {"steps": value, "rounds": 0, "carry": []})


def run(context: df.DurableOrchestrationContext, step: Any, path: str) -> Generator[Any, Any, Any]:
    """Run one step in an orchestrator."""
    kind, value = step
    if kind == "race":
        deadline = context.create_timer(context.current_utc_datetime + timedelta(days=1))
        winner = yield context.task_any([context.call_activity("double", value), deadline])
        deadline.cancel()
        return winner.result
    # A failing child would end a fan-out early, so these run one after the other.
    if kind == "all" and not any(each[0] in ("fail", "flaky", "race", "all") for each in value):
        results = yield context.task_all([task(context, each, f"{path}.{number}") for number, each in enumerate(value)])
        return [meaning(each, result) for each, result in zip(value, results, strict=True)]
    if kind == "all":
        results = []
        for number, each in enumerate(value):
            results.append((yield from run(context, each, f"{path}.{number}")))
        return results
    try:
        return meaning(step, (yield task(context, step, path)))
    except Exception as error:
        if "on purpose" not in str(error):
            raise
        return "failed"


def meaning(step: Any, result: Any) -> Any:
    """The result of a step by the result of its task."""
    if step[0] == "timer":
        return "rang"
    return result[0] if step[0] == "child" else result


def interpret(context: df.DurableOrchestrationContext) -> Generator[Any, Any, Any]:
    """The orchestrator: it runs all steps, round by round."""
    program = context.get_input()
    results = []
    for number, step in enumerate(program["steps"]):
        results.append((yield from run(context, step, f"{program['rounds']}-{number}")))
    carry = [*program["carry"], results]
    if program["rounds"] == 0:
        return carry
    context.continue_as_new({**program, "rounds": program["rounds"] - 1, "carry": carry})
    return None


def adder(context: df.DurableEntityContext) -> None:
    """An entity that adds numbers."""
    context.set_state(context.get_state(lambda: 0) + context.get_input())
    context.set_result(context.get_state())


class Machine:
    """The durable parts without a process; the test chooses the next step and the crashes."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.now_at = START
        self.failures: Counter[str] = Counter()
        self.open()

    def open(self) -> None:
        """Start with the state that the last crash left."""
        self.database = Database(self.folder)
        self.store = Store(self.database)
        self.turns = Turns(self.store, self, self, self.call_orchestrator)
        self.entities = EntityTurns(self.store, self, self.call_entity, 2)
        self.database.execute("UPDATE work SET owner = NULL")

    def die(self) -> None:
        """Lose everything outside of the file, and start again."""
        self.database.close()
        self.open()

    def now(self) -> datetime:
        """The time of the test."""
        return self.now_at

    def has(self, kind: str, name: str) -> bool:
        """The app has every function."""
        return bool(kind and name)

    async def call_orchestrator(self, _name: str, text: str) -> str:
        """Run the orchestrator as the SDK does."""
        return str(df.Orchestrator.create(interpret)(text))

    async def call_entity(self, _name: str, text: str) -> str:
        """Run the entity as the SDK does."""
        return str(df.Entity.create(adder)(text))

    def step(self, target: str, *, dies: bool) -> None:
        """Run a turn; with `dies` the host crashes after the function ran and before anything is written."""

        def guard() -> None:
            if dies:
                raise LostError

        turns = self.entities if target.startswith("@") else self.turns
        try:
            asyncio.run(turns.run(target, guard))
        except LostError:
            self.die()

    def work(self, *, dies: bool) -> None:
        """Run an activity; with `dies` the host crashes before the result is written."""
        claimed = self.store.claim_work("me", 1, self.now().timestamp())[0]
        if dies:
            self.die()
            return
        done = self.result(claimed)
        with self.store.transaction():
            assert self.store.finish_work(claimed, "me")
            self.store.send(claimed.instance, done, self.now().timestamp(), claimed.execution)

    def result(self, work: Work) -> dict[str, Any]:
        """The event of an activity; a flaky one fails as often as its input says."""
        value = json.loads(work.input or "null")
        path = value["path"] if work.name == "flaky" else ""
        failed = work.name == "fail" or (work.name == "flaky" and self.failures[path] < value["failures"])
        if failed:
            self.failures[path] += 1
            reason = {"Reason": "on purpose", "Details": ""}
            return event(EventType.TASK_FAILED, self.now(), TaskScheduledId=work.task, **reason)
        text = json.dumps("worked" if work.name == "flaky" else 2 * value)
        return event(EventType.TASK_COMPLETED, self.now(), TaskScheduledId=work.task, Result=text)

    def choices(self) -> list[str]:
        """The possible next steps: turns by instance, or `` for an activity; time moves only when there is none."""
        # By age, not by id: ids are random, and Hypothesis must be able to repeat a run.
        rows = self.database.execute(
            "SELECT instance FROM inbox WHERE due <= ? GROUP BY instance ORDER BY min(seq)",
            (self.now().timestamp(),),
        )
        busy = [str(row[0]) for row in rows]
        waiting = self.database.execute("SELECT count(*) FROM work").fetchone()[0]
        due = self.store.next_due(self.now().timestamp())
        if not busy and not waiting and due is not None:
            self.now_at = datetime.fromtimestamp(due, UTC) + timedelta(milliseconds=1)
            return self.choices()
        return busy + [""] * bool(waiting)


def outcome(machine: Machine, program: Program, data: st.DataObject) -> Any:
    """Run a program in an order and with crashes that `data` chooses; its output."""
    with machine.store.transaction():
        text = json.dumps(json.dumps(program))
        start_instance(machine.store, NewInstance("root", "interpret", text), machine.now())
    deaths = 0
    while choices := machine.choices():
        target = data.draw(st.sampled_from(choices))
        dies = deaths < 10 and data.draw(st.integers(0, 3)) == 0
        deaths += dies
        if target:
            machine.step(target, dies=dies)
        else:
            machine.work(dies=dies)
    root = machine.store.instance("root")
    left = machine.database.execute("SELECT (SELECT count(*) FROM work), (SELECT count(*) FROM inbox)").fetchone()
    assert root is not None
    assert (root.status, left) == ("Completed", (0, 0)), root.output
    return json.loads(root.output or "null")


def check(program: Any, data: st.DataObject) -> None:
    """Compare the machine with plain Python."""
    results = [expected(step) for step in program["steps"]]
    with TemporaryDirectory() as folder:
        machine = Machine(Path(folder))
        try:
            assert outcome(machine, program, data) == [results] * (program["rounds"] + 1)
        finally:
            # Also when Hypothesis stops a run early.
            machine.database.close()


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(program=PROGRAMS, data=st.data())
def test_programs_survive_any_order_and_crash(program: Any, data: st.DataObject) -> None:
    """In any order and with any crashes, the output is that of plain Python and no work is left over."""
    check(program, data)


@pytest.mark.slow
@pytest.mark.timeout(900)
@settings(max_examples=300, deadline=None, suppress_health_check=list(HealthCheck))
@given(program=PROGRAMS, data=st.data())
def test_many_programs(program: Any, data: st.DataObject) -> None:
    """Three hundred random programs return the same as plain Python."""
    check(program, data)
