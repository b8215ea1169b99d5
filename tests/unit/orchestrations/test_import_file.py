"""The import of a file, step by step, and every way in which it ends."""

from collections.abc import Callable
from typing import Any

import pytest

from orchestrations.import_file import import_file
from tests.unit.orchestrations.conftest import Play

STEP = {"run_id": "imp-1", "attempt": 1}
ADMITTED = {"lane": "customers", "landed": "2026-03-01T06:00:00+00:00", "deadline_hours": 24}
ACCEPTED = {"execution_id": "Customers-imp-1-1"}
FINISHED = {"finding": {"outcome": "Succeeded"}}
ROAD: dict[str, Any] = {
    "intake": ADMITTED,
    "submit_import": ACCEPTED,
    "look": FINISHED,
    "count_entities": None,
    "settle": lambda ending: ending["finding"],
}
ERRORS: dict[str, Any] = {
    "fetch_messages": {"entities": ["Customer groups"]},
    "fetch_staging_errors": None,
    "generate_error_keys": False,
    "explain": {"reason": "F&O refused 2 rows"},
}
MakePlay = Callable[..., Play]


def test_the_whole_road_in_order(play: MakePlay) -> None:
    """Intake, gate, submission, call over, watch, counts, lane given back, archive; nothing twice."""
    played = play(**ROAD)
    assert played.run(import_file, STEP) == {"outcome": "Succeeded", "reason": None}
    assert played.steps == [
        "intake",
        "pass_gate",
        "enter",
        "start_execution",
        "submit_import",
        "called",
        "watch_execution",
        "look",
        "count_entities",
        "leave",
        "settle",
    ]


def test_the_ticket_is_the_runs_own(play: MakePlay) -> None:
    """The gate knows the run by its orchestration, in the lane and at the place that intake found."""
    played = play(**ROAD)
    played.run(import_file, STEP, "imp-1.2")
    ticket = next(data for name, data in played.inputs if name == "enter")
    assert {key: ticket[key] for key in ("run", "lane", "since", "calls")} == {
        "run": "imp-1.2",
        "lane": "customers",
        "since": "2026-03-01T06:00:00+00:00",
        "calls": True,
    }
    assert [data for name, data in played.inputs if name in {"called", "leave"}] == ["imp-1.2", "imp-1.2"]


def test_a_refused_file_never_sees_the_gate(play: MakePlay) -> None:
    """What intake refuses goes straight to the archive, with the reason."""
    refusal = {"outcome": "Rejected", "reason": "the file is empty"}
    played = play(**ROAD | {"intake": {"refusal": refusal}})
    assert played.run(import_file, STEP) == refusal
    assert played.steps == ["intake", "settle"]


def test_what_fno_refuses_gives_way_at_once(play: MakePlay) -> None:
    """A refused submission is an end: call and lane are given back, nothing is watched."""
    refusal = {"outcome": "Failed", "reason": "F&O refused: no such entity"}
    played = play(**ROAD | {"submit_import": {"finding": refusal}})
    assert played.run(import_file, STEP) == refusal
    assert played.steps[4:] == ["submit_import", "called", "leave", "settle"]


@pytest.mark.parametrize("outcome", ["PartiallySucceeded", "Failed", "Canceled"])
def test_errors_are_collected_before_the_lane_is_given_back(play: MakePlay, outcome: str) -> None:
    """On anything but success F&O is asked for everything it knows, and the reason is what it said."""
    played = play(**ROAD | ERRORS | {"look": {"finding": {"outcome": outcome}}})
    assert played.run(import_file, STEP) == {"outcome": outcome, "reason": "F&O refused 2 rows"}
    assert played.steps[8:] == ["count_entities", "collect_errors", *ERRORS, "leave", "settle"]


def test_a_success_that_does_not_hold_is_none(play: MakePlay) -> None:
    """Rows that are missing in the target outweigh F&O's word, and are asked for."""
    missing = {"outcome": "PartiallySucceeded", "reason": "2 rows are missing"}
    played = play(**ROAD | ERRORS | {"count_entities": missing})
    assert played.run(import_file, STEP) == missing
    assert "collect_errors" in played.steps


def test_counts_do_not_soften_a_failure(play: MakePlay) -> None:
    """Where F&O says Failed, the numbers do not make it a partial success."""
    counted = {"outcome": "PartiallySucceeded", "reason": "2 rows are missing"}
    played = play(**ROAD | ERRORS | {"look": {"finding": {"outcome": "Failed"}}, "count_entities": counted})
    assert played.run(import_file, STEP)["outcome"] == "Failed"


def test_what_nobody_knows_is_not_asked_about(play: MakePlay) -> None:
    """An execution that is overdue may still run: no counts, no error files, the lane is given back."""
    unknown = {"outcome": "NeedsAttention", "reason": "still running"}
    played = play(**ROAD | {"look": {"finding": unknown}})
    assert played.run(import_file, STEP) == unknown
    assert played.steps[7:] == ["look", "leave", "settle"]


@pytest.mark.parametrize("error", [RuntimeError("no storage\n  at line 3"), RuntimeError(""), RuntimeError("\n")])
@pytest.mark.parametrize(
    ("step", "leaves"),
    [
        ("intake", False),
        ("pass_gate", False),
        ("submit_import", True),
        ("called", True),
        ("look", True),
        ("count_entities", True),
    ],
)
def test_a_step_that_fails_for_good_is_an_end(
    play: MakePlay,
    step: str,
    error: Exception,
    leaves: bool,  # noqa: FBT001  the case's value
) -> None:
    """Whichever step gives up, the run ends NeedsAttention in the archive, and a lane it held is free again."""
    played = play(**ROAD | ERRORS | {"look": {"finding": {"outcome": "Failed"}}} | {step: error})
    ended = played.run(import_file, STEP)
    assert ended["outcome"] == "NeedsAttention"
    assert ended["reason"].startswith("A step failed again and again: ")
    assert "line 3" not in ended["reason"]
    assert played.steps[-1] == "settle"
    assert ("leave" in played.steps) is leaves


@pytest.mark.parametrize("step", ["fetch_messages", "fetch_staging_errors", "generate_error_keys", "explain"])
def test_errors_that_cannot_be_fetched_hide_no_outcome(play: MakePlay, step: str) -> None:
    """The run ended as F&O said, whether or not F&O says why."""
    played = play(**ROAD | ERRORS | {"look": {"finding": {"outcome": "PartiallySucceeded"}}, step: OSError("gone")})
    ended = played.run(import_file, STEP)
    assert ended["outcome"] == "PartiallySucceeded"
    assert "could not be fetched" in ended["reason"]
    assert "gone" in ended["reason"]
    assert played.steps[-2:] == ["leave", "settle"]


def test_those_whose_turn_it_is_are_woken(play: MakePlay) -> None:
    """The gate names who may go now, after the call and at the end, and a wake-up that is lost fails nobody."""
    sleepers = {"events": {"imp-2.gate": "uuid-9"}}
    played = play(**ROAD | {"called": sleepers, "leave": sleepers, "wake": None})
    assert played.run(import_file, STEP)["outcome"] == "Succeeded"
    assert [data for name, data in played.inputs if name == "wake"] == [sleepers, sleepers]


@pytest.mark.parametrize("turns", range(8))
def test_a_run_can_be_abandoned_anywhere(play: MakePlay, turns: int) -> None:
    """Durable drops the generator between two turns: it lets go, and takes no further step."""
    played = play(**ROAD)
    assert played.close_after(turns, import_file, STEP)
    assert played.steps[-1:] != ["settle"]


@pytest.mark.parametrize("answer", [None, {"finding": None}, {"outcome": "Failed", "reason": "no"}])
def test_a_new_release_goes_on_with_what_an_old_one_had_found(play: MakePlay, answer: dict[str, Any] | None) -> None:
    """A run under way holds the answers of the release that began it, which said less."""
    ended = play(**ROAD | {"start_execution": answer}).run(import_file, STEP)
    assert ended["outcome"] == ("Failed" if answer and "outcome" in answer else "Succeeded")
