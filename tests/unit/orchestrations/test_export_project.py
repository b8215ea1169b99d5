"""The export of a slot, step by step, and every way in which it ends."""

from collections.abc import Callable
from typing import Any

import pytest

from orchestrations.export_project import TURNS, export_project
from tests.unit.orchestrations.conftest import Play

STEP = {"run_id": "exp-1", "attempt": 1}
ROAD: dict[str, Any] = {
    "take_order": {"lane": "groups", "slot": "2026-03-01T06:00:00+00:00", "deadline_hours": 24},
    "clear": {},
    "submit_export": {"execution_id": "Groups-exp-1-1"},
    "look": {"finding": {"outcome": "Succeeded"}},
    "deliver": {"finding": {"outcome": "Succeeded"}},
    "settle": lambda ending: ending["finding"],
    "summarise": False,
}
WAIT: dict[str, Any] = {"wait": True}
MakePlay = Callable[..., Play]


def test_the_whole_road_in_order(play: MakePlay) -> None:
    """Order, gate, submission and watch while the lane is held, then delivery, the end, and the slot's summary."""
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
        "leave",
        "deliver_package",
        "deliver",
        "settle",
        "summarise",
    ]


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
    played = play(**ROAD | {"look": {"finding": {"outcome": watched}}, "deliver": {"finding": {"outcome": delivered}}})
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
    assert played.steps[-3:] == ["leave", "settle", "summarise"]


def test_an_export_that_is_stopped_starts_nothing(play: MakePlay) -> None:
    """While the last package is not safe, F&O is not asked for another; the lane is given back."""
    refusal = {"outcome": "Canceled", "reason": "the last package is not safe"}
    played = play(**ROAD | {"clear": {"refusal": refusal}})
    assert played.run(export_project, STEP) == refusal
    assert played.steps == ["take_order", "pass_gate", "enter", "clear", "leave", "settle", "summarise"]


def test_the_last_package_is_waited_for_without_the_lane(play: MakePlay) -> None:
    """Another company's export may use the lane meanwhile; who has waited asks again once it has the lane."""
    played = play(**ROAD | {"clear": [WAIT, WAIT, {}, {}]})
    assert played.run(export_project, STEP)["outcome"] == "Succeeded"
    assert played.steps[2:13] == [
        "enter",
        "clear",
        "leave",
        "wait_for_safety",
        "clear",
        "clear",
        "pass_gate",
        "enter",
        "clear",
        "start_execution",
        "submit_export",
    ]


def test_a_long_wait_keeps_history_short(play: MakePlay) -> None:
    """A day behind a package that does not arrive is many questions, twenty to a generation."""
    played = play(**ROAD | {"clear": [WAIT] * 1000 + [{}, {}]})
    assert played.run(export_project, STEP)["outcome"] == "Succeeded"
    assert played.generations > 1000 / 20
    assert max(played.waited()) <= 60


def test_who_waited_may_be_refused(play: MakePlay) -> None:
    """A later slot has come, or the last package will never be safe."""
    refusal = {"outcome": "Superseded", "reason": "a later slot brings it"}
    played = play(**ROAD | {"clear": [WAIT, WAIT, {"refusal": refusal}]})
    assert played.run(export_project, STEP) == refusal
    assert "submit_export" not in played.steps


def test_a_race_for_the_lane_has_an_end(play: MakePlay) -> None:
    """A run that always finds another one faster does not go on for ever."""
    played = play(**ROAD | {"clear": [WAIT, {}] * TURNS})
    assert played.run(export_project, STEP)["outcome"] == "Canceled"
    assert played.steps.count("enter") == played.steps.count("leave") == TURNS


def test_a_full_export_resets_first(play: MakePlay) -> None:
    """The tokens are reset while nothing else of the project runs, and before F&O is asked."""
    played = play(**ROAD | {"take_order": ROAD["take_order"] | {"full": True}, "reset_tokens": None})
    assert played.run(export_project, STEP)["outcome"] == "Succeeded"
    steps = played.steps
    assert steps.index("clear") < steps.index("reset_tokens") < steps.index("submit_export")


def test_a_reset_that_is_refused_ends_the_run(play: MakePlay) -> None:
    """Without it the export would bring only what changed."""
    refusal = {"outcome": "Failed", "reason": "F&O refused"}
    played = play(**ROAD | {"take_order": ROAD["take_order"] | {"full": True}, "reset_tokens": refusal})
    assert played.run(export_project, STEP) == refusal
    assert "submit_export" not in played.steps


def test_a_summary_that_fails_changes_no_end(play: MakePlay) -> None:
    """The run is settled by then."""
    played = play(**ROAD | {"summarise": RuntimeError("no storage")})
    assert played.run(export_project, STEP)["outcome"] == "Succeeded"


@pytest.mark.parametrize("step", ["take_order", "clear", "submit_export", "look"])
def test_a_step_that_fails_for_good_is_an_end(play: MakePlay, step: str) -> None:
    """The slot ends NeedsAttention, and the lane is free."""
    played = play(**ROAD | {step: RuntimeError("no storage")})
    assert played.run(export_project, STEP)["outcome"] == "NeedsAttention"
    assert ("leave" in played.steps) is (step != "take_order")
    assert played.steps[-2:] == ["settle", "summarise"]


def test_an_export_that_has_vanished_ends_at_once(play: MakePlay) -> None:
    """Without a place in the queue, and with exactly that reason."""
    reason = "landfall.yaml has no export groups any more."
    refusal = {"outcome": "NeedsAttention", "reason": reason}
    played = play(**ROAD | {"take_order": {**ROAD["take_order"], "refusal": refusal}})
    assert played.run(export_project, STEP) == refusal
    assert played.steps == ["take_order", "settle", "summarise"]
