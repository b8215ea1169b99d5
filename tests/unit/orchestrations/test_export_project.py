"""The export of a slot, step by step, and every way in which it ends."""

from collections.abc import Callable
from typing import Any

import pytest

from orchestrations.export_project import PACKING_ASKS, export_project
from tests.unit.orchestrations.conftest import Play

STEP = {"run_id": "exp-1", "attempt": 1}
ROAD: dict[str, Any] = {
    "take_order": {"lane": "groups", "slot": "2026-03-01T06:00:00+00:00", "deadline_hours": 24},
    "clear": {},
    "submit_export": {"execution_id": "Groups-exp-1-1"},
    "look": {"finding": {"outcome": "Succeeded"}},
    "deliver": {"finding": {"outcome": "Succeeded"}},
    "settle": lambda ending: ending["finding"],
}
MakePlay = Callable[..., Play]


def test_the_whole_road_in_order(play: MakePlay) -> None:
    """Order, gate, submission, watch, delivery while the lane is held, and the end."""
    played = play(**ROAD)
    assert played.run(export_project, STEP) == {"outcome": "Succeeded", "reason": None}
    assert played.steps == [
        "take_order",
        "pass_gate",
        "enter",
        "clear",
        "start_execution",
        "submit_export",
        "watch_execution",
        "look",
        "deliver",
        "leave",
        "settle",
    ]


def test_packing_is_waited_for(play: MakePlay) -> None:
    """F&O finishes before its package can be had."""
    played = play(**ROAD | {"deliver": [{}, {}, {"finding": {"outcome": "Succeeded"}}]})
    assert played.run(export_project, STEP)["outcome"] == "Succeeded"
    assert played.waited()[1:] == [5, 5]  # after the watch


def test_a_package_that_never_comes_is_given_up(play: MakePlay) -> None:
    """After a bounded number of questions a person must look."""
    played = play(**ROAD | {"deliver": {}})
    assert played.run(export_project, STEP)["outcome"] == "NeedsAttention"
    assert played.steps.count("deliver") == PACKING_ASKS
    assert "leave" in played.steps


@pytest.mark.parametrize(
    ("watched", "delivered", "ended"),
    [
        ("Succeeded", "Succeeded", "Succeeded"),
        ("Succeeded", "NoRows", "NoRows"),
        ("PartiallySucceeded", "Succeeded", "PartiallySucceeded"),
        ("PartiallySucceeded", "NoRows", "PartiallySucceeded"),
        ("Succeeded", "NeedsAttention", "NeedsAttention"),
        ("PartiallySucceeded", "NeedsAttention", "NeedsAttention"),
    ],
)
def test_an_outcome_hides_no_other(play: MakePlay, watched: str, delivered: str, ended: str) -> None:
    """Of F&O's word and what was delivered, the run ends as the one that needs a reader."""
    played = play(
        **ROAD | {"look": {"finding": {"outcome": watched}}, "deliver": {"finding": {"outcome": delivered}}}
    )
    assert played.run(export_project, STEP)["outcome"] == ended


@pytest.mark.parametrize("outcome", ["Failed", "Canceled", "NeedsAttention"])
def test_what_failed_is_not_delivered(play: MakePlay, outcome: str) -> None:
    """There is no package to be had."""
    played = play(**ROAD | {"look": {"finding": {"outcome": outcome}}})
    assert played.run(export_project, STEP)["outcome"] == outcome
    assert "deliver" not in played.steps


def test_a_refused_export_gives_way(play: MakePlay) -> None:
    """A data project that does not exist blocks nobody."""
    refusal = {"outcome": "Failed", "reason": "F&O refused: Data project Groups does not exist."}
    played = play(**ROAD | {"submit_export": {"finding": refusal}})
    assert played.run(export_project, STEP) == refusal
    assert played.steps[-2:] == ["leave", "settle"]


def test_an_export_that_is_stopped_starts_nothing(play: MakePlay) -> None:
    """While the last package is not safe, F&O is not asked for another; the lane is given back."""
    refusal = {"outcome": "NeedsAttention", "reason": "the last package is not safe"}
    played = play(**ROAD | {"clear": {"refusal": refusal}})
    assert played.run(export_project, STEP) == refusal
    assert played.steps == ["take_order", "pass_gate", "enter", "clear", "leave", "settle"]


@pytest.mark.parametrize("step", ["take_order", "clear", "submit_export", "look", "deliver"])
def test_a_step_that_fails_for_good_is_an_end(play: MakePlay, step: str) -> None:
    """The slot ends NeedsAttention, and the lane is free."""
    played = play(**ROAD | {step: RuntimeError("no storage")})
    assert played.run(export_project, STEP)["outcome"] == "NeedsAttention"
    assert ("leave" in played.steps) is (step != "take_order")
    assert played.steps[-1] == "settle"
