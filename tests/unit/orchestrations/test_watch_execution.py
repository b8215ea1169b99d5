"""The watch: it looks until there is an end, in bounded history, and not for ever."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from orchestrations.watch_execution import LOOKS_PER_GENERATION, watch_execution
from tests.unit.orchestrations.conftest import START, Play

WATCH = {"step": {"run_id": "imp-1", "attempt": 1}, "pace": {}, "deadline_hours": 2}
END = {"finding": {"outcome": "Succeeded", "reason": None}}
MakePlay = Callable[..., Play]


def test_an_end_is_the_answer(play: MakePlay) -> None:
    """The first look that finds an end is the last one."""
    played = play(look=[{}, {}, END])
    assert played.run(watch_execution, WATCH) == END["finding"]
    assert played.steps == ["look"] * 3


def test_looks_become_rarer(play: MakePlay) -> None:
    """Waits begin at the floor and grow with the time gone by."""
    played = play(look=[{}] * 60 + [END])
    played.run(watch_execution, WATCH)
    waits = played.waited()
    assert waits[0] == 5
    assert waits == sorted(waits)
    assert waits[-1] == 60


@pytest.mark.parametrize(("looks", "generations"), [(20, 1), (21, 2), (40, 2), (41, 3), (95, 5)])
def test_history_stays_short(play: MakePlay, looks: int, generations: int) -> None:
    """After twenty looks the watch starts anew, so that no replay gets longer."""
    assert LOOKS_PER_GENERATION == 20
    played = play(look=[{}] * (looks - 1) + [END])
    assert played.run(watch_execution, WATCH) == END["finding"]
    assert played.generations == generations


def test_the_deadline_is_one_for_all_generations(play: MakePlay) -> None:
    """Starting anew does not start the clock anew: an execution that never ends is given up on time."""
    played = play(look={})
    ended = played.run(watch_execution, WATCH)
    assert ended["outcome"] == "NeedsAttention"
    assert "2 hours" in ended["reason"]
    assert played.generations > 2
    assert played.now == START + timedelta(hours=2)


def test_the_last_look_is_at_the_deadline(play: MakePlay) -> None:
    """An execution that ended just in time is not given up."""

    def look(_: object) -> dict[str, object]:
        return END if played.now >= START + timedelta(hours=2) else {}

    played = play(look=look)
    assert played.run(watch_execution, WATCH) == END["finding"]


def test_fno_may_ask_for_patience(play: MakePlay) -> None:
    """A Retry-After counts instead of the pace, and never beyond the deadline."""
    played = play(look=[{"wait": 300}, {"wait": 9999999}, END])
    played.run(watch_execution, WATCH)
    assert played.waited() == [300, 6900]


def test_a_look_that_fails_is_the_parents_to_judge(play: MakePlay) -> None:
    """The watch does not invent an end."""
    with pytest.raises(RuntimeError, match="gone"):
        play(look=RuntimeError("gone")).run(watch_execution, WATCH)
