"""The watch: it looks until there is an end, in bounded history, and tells a person when that takes too long."""

import itertools
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from orchestrations.watch_execution import FORGOTTEN, LOOKS_PER_GENERATION, SLOW, watch_execution
from tests.unit.orchestrations.conftest import START, Play

WATCH = {"step": {"run_id": "imp-1", "attempt": 1}, "pace": {}, "deadline_hours": 2}
END = {"finding": {"outcome": "Succeeded", "reason": None}}
RUNNING = {"execution_id": "Customers-1"}
DEADLINE = START + timedelta(hours=2)
MakePlay = Callable[..., Play]


def told(played: Play) -> list[Any]:
    """What the run was settled with while it was watched."""
    return [data["finding"] for name, data in played.inputs if name == "settle"]


def test_an_end_is_the_answer(play: MakePlay) -> None:
    """The first look that finds an end is the last one."""
    played = play(look=[RUNNING, RUNNING, END])
    assert played.run(watch_execution, WATCH) == END["finding"]
    assert played.steps == ["look"] * 3


def test_looks_become_rarer(play: MakePlay) -> None:
    """Waits begin at the floor and grow with the time gone by, but for a tenth of jitter."""
    played = play(look=[RUNNING] * 60 + [END])
    played.run(watch_execution, WATCH)
    waits = played.waited()
    assert waits[0] == 5
    assert all(after >= 0.9 * before for before, after in itertools.pairwise(waits))
    assert 54 <= waits[-1] <= 60


def test_a_known_project_is_left_alone_first(play: MakePlay) -> None:
    """Nobody looks before the first of twenty earlier executions had ended."""
    played = play(look=[END])
    played.run(watch_execution, {**WATCH, "pace": {"past": [1800.0] * 20}})
    assert 1620 <= played.waited()[0] <= 1800


@pytest.mark.parametrize(("looks", "generations"), [(20, 1), (21, 2), (40, 2), (41, 3), (95, 5)])
def test_history_stays_short(play: MakePlay, looks: int, generations: int) -> None:
    """After twenty looks the watch starts anew, so that no replay gets longer."""
    assert LOOKS_PER_GENERATION == 20
    played = play(look=[RUNNING] * (looks - 1) + [END])
    assert played.run(watch_execution, WATCH) == END["finding"]
    assert played.generations == generations


def test_a_day_in_fno_is_a_few_events_of_history(play: MakePlay) -> None:
    """An execution of 24 hours: at most 20 looks per instance, each a timer and a step: 8 events with the turns.

    And one look less than every minute in all, even though nothing is known of the project.
    """
    end = START + timedelta(hours=24)
    played = play(look=lambda _: END if played.now >= end else RUNNING)
    played.run(watch_execution, {**WATCH, "deadline_hours": 48})
    looks = len(played.steps)
    assert looks / played.generations <= LOOKS_PER_GENERATION
    assert 8 * LOOKS_PER_GENERATION + 4 < 500
    assert looks < 24 * 60 * 1.1
    assert played.now - end <= timedelta(seconds=60)


def test_the_deadline_tells_a_person_once(play: MakePlay) -> None:
    """At the deadline, not at the start of a generation, the run is settled as NeedsAttention; the watch goes on."""
    end = DEADLINE + timedelta(hours=30)
    times = []

    def settle(_: object) -> dict[str, object]:
        times.append(played.now)
        return {"outcome": "NeedsAttention", "reason": None}

    played = play(settle=settle, look=lambda _: END if played.now >= end else RUNNING)
    assert played.run(watch_execution, WATCH) == END["finding"]
    assert played.generations > 2
    assert times == [DEADLINE]
    assert told(played)[0]["outcome"] == "NeedsAttention"
    assert "2 hours" in told(played)[0]["reason"]


def test_who_waits_no_longer_is_told_once_and_the_watch_goes_on(play: MakePlay) -> None:
    """Long before the deadline: the run needs attention, its lane stays held, and its end is still taken up."""
    unwanted = {**RUNNING, "unwanted": True}
    played = play(settle=END["finding"], look=[RUNNING, unwanted, unwanted, unwanted, END])
    assert played.run(watch_execution, WATCH) == END["finding"]
    assert played.now < DEADLINE
    (finding,) = told(played)
    assert finding["outcome"] == "NeedsAttention"
    assert "You stopped waiting" in finding["reason"]


def test_what_is_overdue_is_looked_at_slowly(play: MakePlay) -> None:
    """Every ten minutes after the deadline."""
    end = DEADLINE + timedelta(hours=5)
    played = play(settle=END["finding"], look=lambda _: END if played.now >= end else RUNNING)
    played.run(watch_execution, WATCH)
    assert played.waited()[-30:] == [SLOW.total_seconds()] * 30


def test_nothing_is_watched_for_ever(play: MakePlay) -> None:
    """When F&O must have forgotten the execution, the watch ends without an end."""
    played = play(settle=END["finding"], look=RUNNING)
    assert played.run(watch_execution, WATCH)["outcome"] == "NeedsAttention"
    assert FORGOTTEN <= played.now - DEADLINE <= FORGOTTEN + 2 * SLOW
    assert len(told(played)) == 1


def test_an_archive_out_of_reach_ends_no_watch(play: MakePlay) -> None:
    """When the run cannot be settled at the deadline, it is at the next look; the lane stays held all the while."""
    end = DEADLINE + timedelta(hours=1)
    answers = [RuntimeError("storage is away"), END["finding"]]
    played = play(settle=answers, look=lambda _: END if played.now >= end else RUNNING)
    assert played.run(watch_execution, WATCH) == END["finding"]
    assert len(told(played)) == 2


def test_the_last_look_is_at_the_deadline(play: MakePlay) -> None:
    """An execution that ended just in time is not overdue."""
    played = play(look=lambda _: END if played.now >= DEADLINE else RUNNING)
    assert played.run(watch_execution, WATCH) == END["finding"]
    assert told(played) == []


def test_a_look_just_before_the_deadline_is_no_reason_to_spin(play: MakePlay) -> None:
    """Azure cuts what is left of a timer's wait to whole seconds: a part of one would be no wait, again and again."""
    played = play(look=[{"wait": 7199.6}, RUNNING, END])
    played.run(watch_execution, {**WATCH, "pace": {"floor_seconds": 0.1}})
    assert min(played.waited()) >= 2


def test_fno_may_ask_for_patience(play: MakePlay) -> None:
    """A Retry-After counts instead of the pace, also over generations, and never beyond the deadline."""
    played = play(look=[{"wait": 300}] * 20 + [{"wait": 9999999}, END])
    played.run(watch_execution, {**WATCH, "deadline_hours": 3})
    assert played.waited() == [5] + [300] * 20 + [3 * 3600 - 6005]


def test_the_deadline_counts_from_acceptance(play: MakePlay) -> None:
    """A run whose orchestration was started again has no longer than any other."""
    early = {**RUNNING, "accepted": (START - timedelta(hours=1)).isoformat()}
    played = play(settle=END["finding"], look=lambda _: END if told(played) else early)
    played.run(watch_execution, WATCH)
    settled = START + sum((timedelta(seconds=each) for each in played.waited()[:-1]), timedelta())
    assert settled == DEADLINE - timedelta(hours=1)


def test_each_look_says_how_long_it_took_if_it_ends_now(play: MakePlay) -> None:
    """The middle between the last look that found it running and this one; and by the id of the first look."""
    played = play(look=[RUNNING, RUNNING, END])
    played.run(watch_execution, WATCH)
    steps = [data for name, data in played.inputs if name == "look"]
    first, second, third = played.waited()
    assert [each["seconds"] for each in steps] == [
        first / 2,
        first + second / 2,
        first + second + third / 2,
    ]
    assert [each["execution_id"] for each in steps] == [None, "Customers-1", "Customers-1"]


def test_a_look_that_fails_is_the_parents_to_judge(play: MakePlay) -> None:
    """The watch does not invent an end."""
    with pytest.raises(RuntimeError, match="gone"):
        play(look=RuntimeError("gone")).run(watch_execution, WATCH)


def test_an_fno_that_cannot_be_asked_is_not_late(play: MakePlay) -> None:
    """Over a weekend without a valid secret nobody is told that the execution is overdue; then its end counts."""
    away = {"unanswered": True}
    played = play(look=lambda _: away if played.now - START < timedelta(hours=60) else END)
    assert played.run(watch_execution, WATCH) == END["finding"]
    assert "settle" not in played.steps


def test_a_hint_ends_the_wait(play: MakePlay) -> None:
    """The next look comes at once, though not within five seconds of the last one; each wait has its own event."""
    played = play(look=[RUNNING] * 3 + [END])
    played.wakes = True
    played.run(watch_execution, {**WATCH, "pace": {"floor_seconds": 60}})
    assert played.waited() == [60, 5, 5, 5]
    events = [data["watcher"]["event"] for name, data in played.inputs if name == "look"]
    assert len(set(events)) == 4


def test_a_hint_that_is_lost_costs_only_time(play: MakePlay) -> None:
    """Without it the watch looks at its own pace."""
    played = play(look=[RUNNING, END])
    played.run(watch_execution, {**WATCH, "pace": {"floor_seconds": 60}})
    assert played.waited() == [60, 60]
