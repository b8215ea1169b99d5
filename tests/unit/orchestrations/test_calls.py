"""How steps are called: patiently where F&O is busy, and not for ever."""

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestrations.calls import COME_BACKS, GaveUpError
from orchestrations.watch_execution import watch_execution
from tests.unit.orchestrations.conftest import Play

WATCH = {"step": {"run_id": "imp-1", "attempt": 1}, "pace": {}, "deadline_hours": 24}
END = {"finding": {"outcome": "Succeeded", "reason": None}}
MakePlay = Callable[..., Play]


def busy(seconds: float) -> dict[str, Any]:
    """A step's answer when F&O wants to be asked later."""
    return {"come_back_seconds": seconds}


def test_a_busy_fno_is_asked_again(play: MakePlay) -> None:
    """The step is taken once more, later each time, and its answer counts as if it had come at once."""
    played = play(look=[busy(30), busy(30), busy(30), busy(30), busy(30), END])
    assert played.run(watch_execution, WATCH) == END["finding"]
    assert played.waited()[1:] == [30, 60, 120, 240, 300]


def test_what_fno_asks_for_is_given(play: MakePlay) -> None:
    """A Retry-After longer than our longest wait is kept to."""
    played = play(look=[busy(1000), END])
    played.run(watch_execution, WATCH)
    assert played.waited()[1:] == [1000]


@given(st.floats(1, 3600))
def test_an_fno_that_stays_away_is_given_up(seconds: float) -> None:
    """However long it asks us to wait, after a bounded number of times the step has failed."""
    played = Play({"look": busy(seconds)})
    with pytest.raises(GaveUpError, match="busy or away"):
        played.run(watch_execution, WATCH)
    assert played.steps.count("look") == COME_BACKS
