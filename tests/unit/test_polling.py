"""When to look next."""

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from landfall.polling import Pace, next_look

ELAPSED = st.floats(0, 7 * 24 * 3600)


@given(ELAPSED)
def test_waits_stay_within_their_bounds(seconds: float) -> None:
    """No wait is shorter than the floor or longer than the cap."""
    wait = next_look(Pace(), timedelta(seconds=seconds))
    assert timedelta(seconds=5) <= wait <= timedelta(seconds=60)


@given(ELAPSED, ELAPSED)
def test_waits_never_shrink(one: float, other: float) -> None:
    """The longer something has run, the longer the next wait."""
    earlier, later = sorted((one, other))
    assert next_look(Pace(), timedelta(seconds=earlier)) <= next_look(Pace(), timedelta(seconds=later))


@given(st.floats(34, 399))
def test_an_end_is_noticed_in_proportion(seconds: float) -> None:
    """Between floor and cap a wait is a fixed part of the time gone by, so that lateness is proportional."""
    wait = next_look(Pace(), timedelta(seconds=seconds)).total_seconds()
    assert abs(wait / seconds - 0.15) < 1e-6


def test_an_hour_takes_about_fifty_looks() -> None:
    """Eagerness is bounded: an hour's execution costs few questions."""
    looks, elapsed = 0, timedelta()
    while elapsed < timedelta(hours=1):
        elapsed += next_look(Pace(cap_seconds=600), elapsed)
        looks += 1
    assert looks < 60


def test_a_floor_above_the_cap_gives_the_cap() -> None:
    """The cap is a promise to whoever waits."""
    assert next_look(Pace(floor_seconds=90), timedelta()) == timedelta(seconds=60)
