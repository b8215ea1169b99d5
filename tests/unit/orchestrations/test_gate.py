"""The gate as an orchestration passes it, and as the entity keeps it."""

from collections.abc import Callable
from typing import Any

import pytest

from orchestrations.gate import gate, pass_gate, steer_gate
from tests.unit.orchestrations.conftest import NOBODY, Play, user_function

TICKET = {"run": "imp-2", "lane": "customers", "since": "2026-03-01T06:00:00+00:00", "calls": True}
MakePlay = Callable[..., Play]


class Entity:
    """The gate's entity, with its state kept as JSON from call to call."""

    def __init__(self) -> None:
        self.state: Any = None
        self.operation_name = ""
        self.input: Any = None
        self.result: Any = None

    def call(self, operation: str, data: Any) -> Any:
        """One operation; its result."""
        self.operation_name, self.input, self.result = operation, data, None
        user_function(gate)(self)
        return self.result

    def get_state(self, initial: Callable[[], Any]) -> Any:
        """As Durable does."""
        return initial() if self.state is None else self.state

    def set_state(self, state: Any) -> None:
        """As Durable does."""
        self.state = state

    def get_input(self) -> Any:
        """As Durable does."""
        return self.input

    def set_result(self, result: Any) -> None:
        """As Durable does."""
        self.result = result


def test_an_open_gate_is_passed_at_once(play: MakePlay) -> None:
    """Nobody before us: no wait."""
    played = play()
    assert played.run(pass_gate, TICKET) is None
    assert (played.steps, played.waited()) == (["enter"], [])


def test_each_wait_has_an_event_of_its_own(play: MakePlay) -> None:
    """Durable would give an early event to a later wait of the same name."""
    answers = iter([["imp-1"], ["imp-1"], []])
    played = play(enter=lambda _: next(answers))
    played.wakes = True
    played.run(pass_gate, TICKET)
    events = [data["event"] for name, data in played.inputs if name == "enter"]
    assert len(set(events)) == 3
    assert played.waited() == []


def test_a_lost_wake_up_only_costs_time(play: MakePlay) -> None:
    """After a minute without an event the run asks again."""
    answers = iter([["imp-1"], []])
    played = play(enter=lambda _: next(answers))
    played.run(pass_gate, TICKET)
    assert played.steps == ["enter", "enter"]
    assert played.waited() == [60]


@pytest.mark.parametrize(("found", "operation"), [("lost", "leave"), ("called", "called")])
def test_who_is_in_the_way_is_looked_at(play: MakePlay, found: str, operation: str) -> None:
    """After a minute a run that is over leaves, and one whose call is over lets others call, though it says nothing."""
    answers = iter([["imp-1", "imp-0"], ["imp-3", "imp-0"], []])
    played = play(enter=lambda _: next(answers), find_idle={found: ["imp-0"]}, **{operation: NOBODY})
    played.run(pass_gate, TICKET)
    asked = [(name, data) for name, data in played.inputs if name in {"find_idle", "leave", "called"}]
    assert asked == [("find_idle", {"ids": ["imp-0"]}), (operation, "imp-0")]


def test_waiting_keeps_history_short(play: MakePlay) -> None:
    """A long wait starts anew now and then, with the same ticket at the same place."""
    answers = iter([["imp-1"]] * 50 + [[]])
    played = play(enter=lambda _: next(answers), find_idle={})
    played.run(pass_gate, TICKET)
    assert played.generations == 3
    assert {data["since"] for name, data in played.inputs if name == "enter"} == {TICKET["since"]}


def test_the_entity_lets_one_run_into_a_lane() -> None:
    """The first may go, the second hears who is before it, and is woken when the first leaves."""
    entity = Entity()
    first, second = (
        {**TICKET, "run": "imp-1", "since": "a"},
        {**TICKET, "since": "b", "event": "e2", "waiter": "w2"},
    )
    assert entity.call("enter", first) == []
    assert entity.call("enter", second) == ["imp-1"]
    assert entity.call("called", "imp-1") == NOBODY
    assert entity.call("leave", "imp-1") == {"events": {"w2": "e2"}}
    assert entity.call("enter", second) == []


def test_a_call_that_is_over_wakes_the_next_caller() -> None:
    """Another data project may be submitted while the first is still running."""
    entity = Entity()
    other = {**TICKET, "lane": "vendors", "since": "b", "event": "e2", "waiter": "w2"}
    entity.call("enter", {**TICKET, "run": "imp-1", "since": "a"})
    assert entity.call("enter", other) == ["imp-1"]
    assert entity.call("called", "imp-1") == {"events": {"w2": "e2"}}
    assert entity.call("enter", other) == []


def test_operations_may_be_repeated() -> None:
    """Durable may deliver a message twice: a second `enter` is granted again, a second `leave` changes nothing."""
    entity = Entity()
    assert entity.call("enter", TICKET) == entity.call("enter", TICKET) == []
    entity.call("leave", "imp-2")
    state = entity.state
    assert entity.call("leave", "imp-2") == NOBODY
    assert entity.call("called", "imp-2") == NOBODY
    assert entity.state == state


@pytest.mark.parametrize("operation", ["called", "leave"])
def test_an_empty_gate_takes_any_operation(operation: str) -> None:
    """A run that never entered may still give way."""
    assert Entity().call(operation, "imp-9") == NOBODY


def test_a_strict_run_lets_pass_what_landed_before(play: MakePlay) -> None:
    """Though it may go, it steps back while an earlier file has not had its turn, and asks again two seconds on."""
    played = play(find_earlier=[{"wait": True}, False])
    assert played.run(pass_gate, {**TICKET, "strict": True}) is None
    assert played.steps == ["enter", "find_earlier", "step_back", "enter", "find_earlier"]
    assert played.waited() == [2]


def test_a_long_step_back_asks_ever_more_rarely(play: MakePlay) -> None:
    """An earlier file may be minutes on its way, when its messages lie with a host that was killed."""
    played = play(find_earlier=[{"wait": True}] * 8 + [{}])
    assert played.run(pass_gate, {**TICKET, "strict": True}) is None
    assert played.waited() == [2, 4, 8, 16, 32, 60, 60, 60]


def test_who_steps_back_stays_in_the_queue() -> None:
    """A later file does not go past it, an earlier one does, and it goes when none is on its way any more."""
    entity = Entity()
    later = {**TICKET, "run": "imp-3", "since": "c"}
    second, first = {**TICKET, "since": "b"}, {**TICKET, "run": "imp-1", "since": "a"}
    assert entity.call("enter", second) == []
    assert entity.call("step_back", second) == NOBODY
    assert entity.call("enter", later) == ["imp-2"]
    assert entity.call("enter", first) == []
    entity.call("leave", "imp-1")
    assert entity.call("enter", later) == ["imp-2"]
    assert entity.call("enter", second) == []


def test_who_is_passed_over_does_not_go(play: MakePlay) -> None:
    """A person has skipped the waiting run: it ends as Canceled, and the reason says by whom."""
    ended = play(enter=lambda _: None).run(pass_gate, TICKET)
    assert ended["outcome"] == "Canceled"
    assert "A person" in ended["reason"]


def test_steering_wakes_those_whose_turn_it_is(play: MakePlay) -> None:
    """What a person asks for takes effect at once, not when the waiting runs ask again."""
    sleepers = {"events": {"w2": "e2"}}
    played = play(release=sleepers, wake=None)
    played.run(steer_gate, {"operation": "release", "about": "customers"})
    assert played.inputs == [("release", "customers"), ("wake", sleepers)]


def test_a_sleeper_is_woken_once() -> None:
    """However much goes on at the gate: a flood of events would keep it from asking."""
    entity = Entity()
    waiting = {**TICKET, "since": "b", "waiter": "w2", "event": "e2"}
    entity.call("enter", {**TICKET, "run": "imp-1", "since": "a"})
    entity.call("enter", waiting)
    assert entity.call("leave", "imp-1") == {"events": {"w2": "e2"}}
    assert entity.call("leave", "imp-1") == NOBODY
    assert entity.call("enter", waiting) == []


def test_the_entity_holds_releases_and_skips() -> None:
    """A failure holds the lane; a person releases it, holds it again, and passes over who waits first."""
    entity = Entity()
    waiting = {**TICKET, "since": "b", "waiter": "w2", "event": "e2"}
    entity.call("enter", {**TICKET, "run": "imp-1", "since": "a"})
    failure = {"lane": "customers", "reason": "imp-1 ended Failed", "run": "imp-1"}
    assert entity.call("fail", failure) == NOBODY
    assert entity.call("enter", waiting) == ["imp-2"]
    assert entity.call("release", "customers") == {"events": {"w2": "e2"}}
    assert entity.call("hold", {"lane": "customers", "reason": "by hand"}) == NOBODY
    assert entity.call("enter", waiting) == ["imp-2"]
    assert entity.call("skip", "customers") == {"events": {"w2": "e2"}}
    assert entity.call("enter", waiting) is None
    assert entity.call("release", "customers") == NOBODY
    assert entity.call("enter", waiting) == []


def test_a_closed_environment_lets_nobody_in() -> None:
    """Runs wait in their places, others than those that are excepted, and are woken in order when it opens."""
    entity = Entity()
    closure = {"environment": "", "reason": "month end", "since": "2026-03-01T06:00:00Z", "excepted": ["prices"]}
    second = {**TICKET, "run": "imp-2", "since": "b", "waiter": "w2", "event": "e2", "name": "customers"}
    first = {**second, "run": "imp-1", "lane": "vendors", "since": "a", "waiter": "w1", "event": "e1"}
    assert entity.call("close", closure) == NOBODY
    assert entity.call("enter", second) == ["imp-2"]
    assert entity.call("enter", first) == ["imp-1"]
    assert entity.call("enter", {**first, "run": "imp-3", "lane": "prices", "name": "prices"}) == []
    assert entity.call("leave", "imp-3") == NOBODY
    assert entity.call("enter", {**second, "run": "imp-4", "environment": "uat", "lane": "uat: x"}) == []
    assert entity.call("open", "") == {"events": {"w1": "e1"}}
    assert entity.call("enter", second) == ["imp-1"]
    assert entity.call("enter", first) == []


def test_a_lane_is_held_for_what_never_comes(play: MakePlay) -> None:
    """A file that has waited for others too long has its lane held; once that is released, it goes without them."""
    played = play(find_earlier=[{"wait": True}, {"wait": True, "hold": "waits for customers"}], hold=NOBODY)
    assert played.run(pass_gate, {**TICKET, "follows": True}) is None
    assert played.steps == ["enter", "find_earlier", "step_back", "enter", "find_earlier", "step_back", "hold", "enter"]
    held = next(data for name, data in played.inputs if name == "hold")
    assert (held["lane"], held["reason"], held["run"]) == ("customers", "waits for customers", "")
