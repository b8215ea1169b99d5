"""Environments to which nothing may go: runs give way and begin again, and somebody watches until it is over."""

from collections.abc import Callable
from typing import Any

import pytest

from landfall.records import Closure, utc_now
from orchestrations.calls import COME_BACKS
from orchestrations.export_project import export_project
from orchestrations.guard_environment import guard_environment
from orchestrations.import_file import import_file
from orchestrations.watch_execution import watch_execution
from tests.unit.orchestrations.conftest import NOBODY, Play

STEP = {"run_id": "imp-1", "attempt": 1}
CLOSED = {"environment": "uat", "reason": "403", "since": "2026-03-01T06:00:00Z"}
STANDING = {"closure": CLOSED, "wait": 60}
OVER = {"closure": None, "wait": 0}
GATE = {"close": NOBODY, "open": NOBODY, "guard": None}
ROAD: dict[str, Any] = {
    **GATE,
    "intake": {"lane": "customers", "landed": "a", "deadline_hours": 24},
    "look": {"finding": {"outcome": "Succeeded"}},
    "count_entities": None,
    "settle": lambda ending: ending["finding"],
}
ORDER = {"lane": "groups", "slot": "a", "deadline_hours": 1, "name": "groups"}
MakePlay = Callable[..., Play]


def test_a_file_that_may_not_go_begins_again(play: MakePlay) -> None:
    """It closes the gate, gives its lane back and starts a new history, as often as it takes; nothing is settled."""
    played = play(**ROAD, submit_import=[{"closure": CLOSED}] * 3 + [{"execution_id": "x"}])
    assert played.run(import_file, STEP)["outcome"] == "Succeeded"
    first = played.steps[: played.steps.index("leave") + 1]
    assert first[-3:] == ["close", "guard", "leave"]
    assert (played.steps.count("intake"), played.steps.count("settle")) == (4, 1)
    assert played.generations > 4


def test_a_hold_is_none_of_its_failures(play: MakePlay) -> None:
    """A route with `on_failure: hold` is not held because its environment is closed."""
    intake = {**ROAD["intake"], "on_failure": "hold"}
    played = play(
        **ROAD | {"intake": intake}, submit_import=[{"closure": CLOSED}, {"execution_id": "x"}], succeed=NOBODY
    )
    played.run(import_file, STEP)
    assert "fail" not in played.steps


@pytest.mark.parametrize("step", ["clear", "submit_export"])
def test_an_export_that_may_not_go_begins_again(play: MakePlay, step: str) -> None:
    """Before its tokens are reset, or after: it waits like an import."""
    answers = {"clear": [{}, {}], "submit_export": [{"execution_id": "x"}]}
    answers[step] = [{"closure": CLOSED}, *answers[step]]
    played = play(
        **ROAD,
        **answers,
        take_order=ORDER,
        deliver={"finding": {"outcome": "Succeeded"}},
        summarise=None,
    )
    assert played.run(export_project, STEP)["outcome"] == "Succeeded"
    assert played.steps.count("take_order") == 2


def test_what_watches_opens_the_gate_again(play: MakePlay) -> None:
    """It probes at the pace that it is told, keeps the gate closed meanwhile, and its history short."""
    played = play(**GATE, probe_environment=[STANDING] * 50 + [OVER])
    played.run(guard_environment, {"environment": "uat"})
    assert played.steps[-1] == "open"
    assert played.steps.count("close") == 50
    assert played.waited() == [60] * 50
    assert played.generations == 3
    assert [data for name, data in played.inputs if name == "open"] == ["uat"]


def test_a_step_waits_for_its_environment(play: MakePlay) -> None:
    """A step that F&O does not let in is taken again when the circuit has closed, and no try of it is used up."""
    watch = {"step": STEP, "pace": {}, "deadline_hours": 24}
    closed = {"come_back_seconds": 30, "closed": "uat"}
    played = play(
        **GATE,
        look=[*[closed] * (COME_BACKS - 1), {"finding": {"outcome": "Succeeded"}}],
        find_standing=lambda _: STANDING if played.steps.count("find_standing") % 3 else OVER,
    )
    assert played.run(watch_execution, watch)["outcome"] == "Succeeded"
    assert played.steps.count("look") == COME_BACKS


def test_a_closure_says_what_it_is() -> None:
    """An outage, a person's hold and a freeze are told apart, each with its moment."""
    now = utc_now()
    assert Closure("", "403", now).words.startswith("F&O has let nothing in since")
    assert Closure("", "upgrade", now, held_by="Ann").words.startswith("Ann has let nothing go to F&O since")
    assert Closure("", "month end", now, until=now).words.startswith("Frozen until")
