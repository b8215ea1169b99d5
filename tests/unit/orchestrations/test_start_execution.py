"""The start: submission again after each wait, until F&O has it, refuses it, or time is up."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from orchestrations.start_execution import start_execution
from tests.unit.orchestrations.conftest import START, Play

STARTED = {"step": {"run_id": "imp-1", "attempt": 1}, "kind": "import", "deadline_hours": 1}
ACCEPTED = {"execution_id": "Customers-imp-1-1"}
NOTHING = {"finding": None, "closure": None}
CLOSURE = {"environment": "", "reason": "403", "since": "2026-03-01T06:00:00Z"}
MakePlay = Callable[..., Play]


@pytest.mark.parametrize(("kind", "step"), [("import", "submit_import"), ("export", "submit_export")])
def test_what_fno_has_needs_no_finding(play: MakePlay, kind: str, step: str) -> None:
    """Imports and exports have a submission each; accepted means that the road goes on."""
    played = play(**{step: ACCEPTED})
    assert played.run(start_execution, {**STARTED, "kind": kind}) == NOTHING
    assert played.steps == [step]


def test_a_finding_ends_the_run(play: MakePlay) -> None:
    """What the submission found is the answer."""
    finding = {"outcome": "Failed", "reason": "F&O refused"}
    assert play(submit_import={"finding": finding}).run(start_execution, STARTED) == {**NOTHING, "finding": finding}


def test_a_closed_environment_ends_the_start_for_now(play: MakePlay) -> None:
    """Nothing was sent, so the run gives its lane back and waits like all others."""
    assert play(submit_import={"closure": CLOSURE}).run(start_execution, STARTED)["closure"]["reason"] == "403"


def test_a_run_that_fno_may_have_waits_in_its_lane(play: MakePlay) -> None:
    """The environment's outage is not counted as the run's time, however long it lasts."""
    blocked = {"wait": 15, "blocked": True}
    played = play(submit_import=[blocked] * 200 + [ACCEPTED])
    assert played.run(start_execution, STARTED) == NOTHING
    assert set(played.waited()) == {60}


def test_each_wait_is_the_one_asked_for(play: MakePlay) -> None:
    """F&O says how long it is busy; the wait is a durable timer, of two seconds at least, since Azure cuts them."""
    played = play(submit_import=[{"wait": 30}, {"wait": 0.4}, {"wait": 7.5}, ACCEPTED])
    assert played.run(start_execution, STARTED) == NOTHING
    assert played.waited() == [30, 2, 7.5]


def test_an_fno_that_stays_away_is_given_up(play: MakePlay) -> None:
    """The deadline counts from the first try, over all generations."""
    played = play(submit_import={"wait": 15})
    ended = played.run(start_execution, STARTED)["finding"]
    assert ended["outcome"] == "NeedsAttention"
    assert "1 hours" in ended["reason"]
    assert played.generations > 10
    assert timedelta() < played.now - START - timedelta(hours=1) <= timedelta(seconds=15)
