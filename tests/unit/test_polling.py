"""When to look next at an execution."""

import random
from collections.abc import Callable
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from landfall.polling import ENOUGH, LOOK_COST, Pace, next_look

ELAPSED = st.floats(0, 7 * 24 * 3600)
PAST = st.lists(st.floats(0, 7 * 24 * 3600), max_size=50).map(tuple)
SEEDS = st.text(max_size=5)


def looks_until(end: float, pace: Pace, seed: str = "") -> tuple[int, float]:
    """How many looks an execution of so many seconds takes, and when its end is noticed."""
    looks, elapsed = 0, timedelta()
    while not looks or elapsed.total_seconds() < end:
        elapsed += next_look(pace, elapsed, seed)
        looks += 1
    return looks, elapsed.total_seconds()


@given(ELAPSED, PAST, SEEDS)
def test_waits_stay_within_their_bounds(seconds: float, past: tuple[float, ...], seed: str) -> None:
    """No wait is shorter than the floor, and none but the first is longer than the cap."""
    wait = next_look(Pace(past=past), timedelta(seconds=seconds), seed)
    assert timedelta(seconds=5) <= wait
    if len(past) < ENOUGH or seconds >= max(past):
        assert wait <= timedelta(seconds=60)


@given(st.floats(34, 399), SEEDS)
def test_an_end_is_noticed_in_proportion(seconds: float, seed: str) -> None:
    """Between floor and cap, a wait is a fixed share of the time gone by, or up to a tenth less."""
    wait = next_look(Pace(), timedelta(seconds=seconds), seed).total_seconds()
    assert 0.9 * 0.15 - 1e-6 <= wait / seconds <= 0.15 + 1e-6


def test_an_hour_takes_about_fifty_looks() -> None:
    """An execution of an hour costs few looks, even when nothing is known about its project."""
    assert looks_until(3600, Pace(cap_seconds=600))[0] < 60


def test_a_floor_above_the_cap_gives_the_cap() -> None:
    """The cap wins over a higher floor."""
    assert next_look(Pace(floor_seconds=90), timedelta()) == timedelta(seconds=60)


@given(ELAPSED, PAST, SEEDS)
def test_a_replay_waits_as_long_as_the_first_time(seconds: float, past: tuple[float, ...], seed: str) -> None:
    """The jitter is not random, because Durable replays orchestrators."""
    pace, elapsed = Pace(past=past), timedelta(seconds=seconds)
    assert next_look(pace, elapsed, seed) == next_look(pace, elapsed, seed)


def test_runs_that_began_together_do_not_look_together() -> None:
    """A hundred runs spread their looks over a tenth of the wait."""
    waits = {next_look(Pace(), timedelta(seconds=300), f"imp-{n}").total_seconds() for n in range(100)}
    assert len(waits) > 90
    assert 0.9 * 45 <= min(waits) < 0.92 * 45
    assert 0.98 * 45 < max(waits) <= 45


def test_the_first_look_is_when_one_in_twenty_had_ended() -> None:
    """When past executions took 1000 to 1100 seconds, there is no look in the first 15 minutes."""
    past = tuple(float(1000 + n) for n in range(101))
    wait = next_look(Pace(past=past), timedelta(), "imp-1").total_seconds()
    assert 0.9 * 1005 <= wait <= 1005


def test_too_little_past_changes_nothing() -> None:
    """Four past executions are no distribution."""
    few = Pace(past=(1000.0,) * (ENOUGH - 1))
    assert next_look(few, timedelta()) == next_look(Pace(), timedelta())


def test_a_constant_past_predicts_and_does_not_blind() -> None:
    """Looks crowd around the usual end, and an execution that takes ten times as long is noticed in proportion."""
    pace = Pace(past=(600.0,) * 50, cap_seconds=3600)
    _, noticed = looks_until(600, pace)
    assert noticed <= 610
    looks, noticed = looks_until(6000, pace)
    assert noticed <= 6000 * 1.16
    assert looks < 80


@given(ELAPSED, PAST.filter(lambda past: len(past) >= ENOUGH))
def test_the_past_makes_no_wait_longer_than_the_geometric_one(seconds: float, past: tuple[float, ...]) -> None:
    """After the first look, a wrong prediction costs looks, but never delays."""
    if seconds < max(past):
        return
    elapsed = timedelta(seconds=seconds)
    assert next_look(Pace(past=past), elapsed) <= next_look(Pace(), elapsed)


def steady(dice: random.Random) -> float:
    """Twenty minutes, with little spread."""
    return dice.lognormvariate(7.09, 0.25)


def mixed(dice: random.Random) -> float:
    """Four minutes, with a large spread."""
    return dice.lognormvariate(5.48, 1.2)


def long(dice: random.Random) -> float:
    """Two hours, with some spread."""
    return dice.lognormvariate(8.88, 0.5)


@pytest.mark.parametrize(
    ("project", "saves"), [(steady, 2.0), (mixed, 1.0), (long, 3.0)], ids=["steady", "mixed", "long"]
)
def test_a_known_project_costs_less(project: Callable[[random.Random], float], saves: float) -> None:
    """Looks and delays together cost less than with a look every thirty seconds, and less than without the past."""
    dice = random.Random(20261122)  # noqa: S311  repeatable is what it shall be
    pace = Pace(cap_seconds=600, past=tuple(project(dice) for _ in range(50)))
    blind = Pace(cap_seconds=600)
    learned = unlearned = fixed = 0.0
    for number in range(400):
        end = project(dice)
        for knows in (True, False):
            looks, noticed = looks_until(end, pace if knows else blind, str(number))
            cost = LOOK_COST * looks + noticed - end
            learned, unlearned = learned + cost * knows, unlearned + cost * (not knows)
        every = -(-end // 30)
        fixed += LOOK_COST * every + every * 30 - end
    assert learned * saves < fixed
    assert learned < unlearned
