"""Slots of NCRONTAB schedules."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from landfall.schedules import EARLY, latest_slot, resolve

DAILY = "0 0 6 * * *"
SIX = datetime(2026, 3, 1, 6, tzinfo=UTC)
MOMENTS = st.datetimes(min_value=datetime(2020, 1, 1), max_value=datetime(2030, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001  Hypothesis adds the zone


@pytest.mark.parametrize(
    "late", [timedelta(), timedelta(milliseconds=3), timedelta(minutes=59), timedelta(hours=23, minutes=59)]
)
def test_a_late_timer_means_its_slot(late: timedelta) -> None:
    """On time, past due or fired twice, the slot is the same until the next one comes."""
    assert latest_slot(DAILY, SIX + late) == SIX


def test_a_timer_that_fires_early_means_the_slot_ahead() -> None:
    """Clocks of two machines differ by fractions of a second; yesterday's slot is not meant then."""
    assert latest_slot(DAILY, SIX - timedelta(milliseconds=200)) == SIX
    assert latest_slot(DAILY, SIX - timedelta(minutes=1)) == SIX - timedelta(days=1)


def test_slots_are_utc() -> None:
    """Schedules are in UTC, whatever zone the moment is told in."""
    told = SIX.astimezone(timezone(timedelta(hours=-8)))
    assert latest_slot(DAILY, told) == SIX
    assert latest_slot(DAILY, told).utcoffset() == timedelta()


@given(MOMENTS)
def test_a_slot_is_never_ahead_and_never_skipped(now: datetime) -> None:
    """The slot lies within one period before the moment, give or take the early second."""
    slot = latest_slot("0 */5 * * * *", now)
    assert slot.minute % 5 == 0
    assert slot.second == slot.microsecond == 0
    assert -EARLY <= now - slot < timedelta(minutes=5)


@pytest.mark.parametrize(
    "schedule", ["", "0 6 * * *", "0 0 6 * * * *", "0 0 25 * * *", "daily at 6 o clock please"]
)
def test_what_is_no_schedule_is_refused(schedule: str) -> None:
    """A crontab of five fields, or nonsense, is named as such."""
    with pytest.raises(ValueError, match="is no schedule"):
        latest_slot(schedule, SIX)


def test_a_schedule_can_come_from_an_app_setting() -> None:
    """%NAME% stands for the app setting of that name; any other text is the schedule itself."""
    assert resolve("%WHEN%", {"WHEN": DAILY}) == DAILY
    assert resolve(DAILY, {}) == DAILY


@pytest.mark.parametrize("environment", [{}, {"WHEN": ""}])
def test_a_setting_that_is_missing_is_named(environment: dict[str, str]) -> None:
    """The message says which app setting to set, and to what."""
    with pytest.raises(LookupError, match=r"WHEN is not set.*0 0 6"):
        resolve("%WHEN%", environment)
