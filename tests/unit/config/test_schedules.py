"""Slots of NCRONTAB schedules, and timers for them."""

from datetime import UTC, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from landfall.config.schedules import EARLY, check_schedule, latest_slot, next_slots, resolve_schedule, utc_timer

DAILY = "0 0 6 * * *"
SIX = datetime(2026, 3, 1, 6, tzinfo=UTC)
BERLIN = ZoneInfo("Europe/Berlin")
MOMENTS = st.datetimes(min_value=datetime(2020, 1, 1), max_value=datetime(2030, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001  Hypothesis adds the zone


@pytest.mark.parametrize(
    "late", [timedelta(), timedelta(milliseconds=3), timedelta(minutes=59), timedelta(hours=23, minutes=59)]
)
def test_a_late_timer_means_its_slot(late: timedelta) -> None:
    """On time, late or twice, a timer means the same slot until the next one is due."""
    assert latest_slot(DAILY, SIX + late) == SIX


def test_a_timer_that_fires_early_means_the_slot_ahead() -> None:
    """Clocks differ by fractions of a second, so an early timer does not mean yesterday's slot."""
    assert latest_slot(DAILY, SIX - timedelta(milliseconds=200)) == SIX
    assert latest_slot(DAILY, SIX - timedelta(minutes=1)) == SIX - timedelta(days=1)


def test_slots_are_utc() -> None:
    """A schedule without a zone is in UTC, whatever the zone of the moment."""
    moment = SIX.astimezone(timezone(timedelta(hours=-8)))
    assert latest_slot(DAILY, moment) == SIX
    assert latest_slot(DAILY, moment).utcoffset() == timedelta()


@given(MOMENTS)
def test_a_slot_is_never_ahead_and_never_skipped(now: datetime) -> None:
    """The slot is at most one period old, give or take the early second."""
    slot = latest_slot("0 */5 * * * *", now)
    assert slot.minute % 5 == 0
    assert slot.second == slot.microsecond == 0
    assert -EARLY <= now - slot < timedelta(minutes=5)


@pytest.mark.parametrize(
    ("schedule", "reason"),
    [
        ("", "0 fields"),
        ("0 6 * * *", "5 fields"),
        ("0 0 6 * * * *", "7 fields"),
        ("0 0 25 * * *", "'25' at character 5 is not a valid hour"),
        ("0  0  25 * * *", "'25' at character 7 is not a valid hour"),
        ("60 0 6 * * *", "'60' at character 1 is not a valid second"),
        ("0 5-1 6 * * *", "'5-1' at character 3 is not a valid minute"),
        ("0 0 6 L * *", "'L' at character 7 is not a valid day"),
        ("0 0 6 ? * *", r"'\?' at character 7 is not a valid day"),
        ("0 0 6 * 13 *", "'13' at character 9 is not a valid month"),
        ("0 0 6 * * 7", "'7' at character 11 is not a valid weekday"),
        ("0 0 6 * * 1,5-7", "'1,5-7' at character 11 is not a valid weekday"),
        ("0 0 6 * * MON#2", "'MON#2' at character 11 is not a valid weekday"),
        ("0 0 6 31 FEB *", "none of its months has that day"),
        ("every day at six o clock", "'every' at character 1 is not a valid second"),
    ],
)
def test_an_invalid_schedule_is_refused(schedule: str, reason: str) -> None:
    """The error names the field, its position and its valid values, for all that a Functions host would refuse."""
    with pytest.raises(ValueError, match=rf"is not a schedule: .*{reason}"):
        check_schedule(schedule)


@pytest.mark.parametrize(
    "schedule",
    [
        DAILY,
        "0 0 7 * * *",
        "0 0 7 7 7 */7",
        "*/10 * * * * *",
        "0 0 6,18 * * MON-FRI",
        "0 0 6 1 jan,jul *",
        "30 5-55/10 * * * 0",
    ],
)
def test_schedules_of_the_functions_host_are_valid(schedule: str) -> None:
    """Lists, ranges, steps and names are valid."""
    check_schedule(schedule)


def test_day_and_weekday_must_both_match() -> None:
    """As in NCRONTAB, and unlike in crontab, `1 * MON` is the first of a month that is a Monday."""
    assert next_slots("0 0 6 1 * MON", SIX) == [datetime(2026, 6, 1, 6, tzinfo=UTC)]


@pytest.mark.parametrize(
    ("schedule", "now", "slot"),
    [
        (DAILY, "2026-01-15T05:00", "2026-01-15T05:00"),
        (DAILY, "2026-07-15T05:00", "2026-07-15T04:00"),
        ("0 30 2 * * *", "2026-03-29T12:00", "2026-03-29T01:00"),
        ("0 30 2 * * *", "2026-10-25T12:00", "2026-10-25T00:30"),
    ],
    ids=["winter", "summer", "an hour left out", "an hour that comes twice"],
)
def test_a_zone_has_its_own_slots(schedule: str, now: str, slot: str) -> None:
    """A slot in the skipped hour is due right after it, and a slot in the repeated hour is due once."""
    moments = [datetime.fromisoformat(each).replace(tzinfo=UTC) for each in (now, slot)]
    assert latest_slot(schedule, moments[0], BERLIN) == moments[1]


@pytest.mark.parametrize(
    ("schedule", "zone", "timer"),
    [
        (DAILY, "UTC", DAILY),
        (DAILY, "Europe/Berlin", "0 0 4,5 * * *"),
        (DAILY, "Asia/Kathmandu", "0 15 0 * * *"),
        ("*/10 * * * * *", "Europe/Berlin", "*/10 * * * * *"),
    ],
)
def test_a_timer_in_utc_serves_a_zone(schedule: str, zone: str, timer: str) -> None:
    """The timer fires at every UTC hour that the slot can have."""
    assert utc_timer(schedule, ZoneInfo(zone), SIX) == timer


@given(
    MOMENTS,
    st.sampled_from(["Europe/Berlin", "America/St_Johns", "Australia/Lord_Howe", "Asia/Kathmandu"]),
    st.sampled_from([DAILY, "0 30 2 * * *", "0 */20 8-17 * * MON-FRI", "15 45 23 1,15 * *", "0 5 * * * *"]),
)
def test_no_slot_of_a_zone_is_without_its_timer(now: datetime, name: str, schedule: str) -> None:
    """The timer fires when a slot is due, or within the hour where the zone skips an hour."""
    zone = ZoneInfo(name)
    slot = next_slots(schedule, now, zone)[0]
    fired = next_slots(utc_timer(schedule, zone, now), slot - timedelta(seconds=1))[0]
    moved = {(slot + timedelta(hours=hours)).astimezone(zone).utcoffset() for hours in (-2, 2)}
    assert fired == slot or (len(moved) > 1 and fired - slot < timedelta(hours=1))
    assert latest_slot(schedule, fired, zone) == slot


def test_a_schedule_can_come_from_an_app_setting() -> None:
    """%NAME% stands for the app setting of that name; any other text is the schedule itself."""
    assert resolve_schedule("%WHEN%", {"WHEN": DAILY}) == DAILY
    assert resolve_schedule(DAILY, {}) == DAILY


@pytest.mark.parametrize("environment", [{}, {"WHEN": ""}])
def test_a_setting_that_is_missing_is_named(environment: dict[str, str]) -> None:
    """The error says which app setting to set, and to what."""
    with pytest.raises(LookupError, match=r"WHEN is not set.*0 0 6"):
        resolve_schedule("%WHEN%", environment)
