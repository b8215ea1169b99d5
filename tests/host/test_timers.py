"""Schedules and timers, with a clock that moves only when a timer waits."""

import asyncio
import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from azure.functions.meta import Datum

from local.host.app.function import Function
from local.host.settings import SettingsError
from local.host.state.database import Database
from local.host.state.members import Members
from local.host.triggers.schedules import is_sub_minute, parse_schedule
from local.host.triggers.timer import ScheduleMonitor, Timer

START = datetime(2026, 1, 1, 10, 2, 30, tzinfo=UTC)


class OverError(Exception):
    """The clock has reached its end."""


class Clock:
    """Moves at once to the moment that a timer waits for, until its end."""

    def __init__(self, now: datetime, end: datetime) -> None:
        self._now = now
        self._end = end

    def now(self) -> datetime:
        """The time that the clock shows."""
        return self._now

    async def sleep_until(self, moment: datetime) -> None:
        """Move to the moment; raise OverError after the end."""
        if moment > self._end:
            raise OverError
        self._now = moment


def every_five(**trigger: Any) -> Function:
    trigger = {"type": "timerTrigger", "name": "timer", "schedule": "0 */5 * * * *", **trigger}
    return Function("tick", print, trigger, (), (), {}, is_async=False, wants_context=False)


def runs(
    state: Path, now: datetime, minutes: int, function: Function, *, fails: bool = False
) -> list[tuple[str, bool]]:
    """Run a timer for some minutes; its runs as (time, past due)."""
    clock = Clock(now, now + timedelta(minutes=minutes))
    seen: list[tuple[str, bool]] = []

    async def invoke(_function: Function, data: Datum, _metadata: Mapping[str, Datum], _reason: str) -> None:
        seen.append((clock.now().strftime("%H:%M:%S"), json.loads(data.value)["IsPastDue"]))
        if fails:
            raise ValueError

    database = Database(state)
    members = Members(database, state)
    members.join()
    with pytest.raises(OverError):
        asyncio.run(Timer(function, ScheduleMonitor(database), members, clock, invoke).run())
    members.leave()
    database.close()
    return seen


def test_a_timer_runs_at_each_occurrence(tmp_path: Path) -> None:
    """A timer waits for its first occurrence, and continues after a failed run."""
    assert runs(tmp_path, START, 10, every_five(), fails=True) == [("10:05:00", False), ("10:10:00", False)]


def test_missed_occurrences_run_once(tmp_path: Path) -> None:
    """After an hour without a host there is one past-due run, and none for a timer without a monitor."""
    runs(tmp_path, START, 5, every_five())
    later = START + timedelta(hours=1)
    assert runs(tmp_path, later, 5, every_five()) == [("11:02:30", True), ("11:05:00", False)]
    assert runs(tmp_path, later + timedelta(hours=1), 5, every_five(useMonitor=False)) == [("12:05:00", False)]


def test_a_missed_first_occurrence_runs(tmp_path: Path) -> None:
    """A host that stops before the very first occurrence runs it after the restart."""
    assert runs(tmp_path, START, 1, every_five()) == []
    assert runs(tmp_path, START + timedelta(minutes=4), 1, every_five()) == [("10:06:30", True)]


def test_a_changed_schedule_has_no_past_due_run(tmp_path: Path) -> None:
    """Occurrences of an old schedule are not past due after the schedule has changed."""
    runs(tmp_path, START, 5, every_five())
    hourly = every_five(schedule="0 0 * * * *")
    assert runs(tmp_path, START + timedelta(hours=1), 58, hourly) == [("12:00:00", False)]


def test_run_on_startup_runs_at_once(tmp_path: Path) -> None:
    """The run at startup is an extra run and not past due."""
    assert runs(tmp_path, START, 3, every_five(runOnStartup=True)) == [
        ("10:02:30", False),
        ("10:05:00", False),
    ]


@pytest.mark.parametrize(
    ("text", "first"),
    [
        ("*/10 * * * * *", "2026-01-01T10:02:40"),
        ("*/5 * * * *", "2026-01-01T10:05:00"),
        ("0 30 9 * * 1-5", "2026-01-02T09:30:00"),
        ("0 0 0 13 * 5", "2026-02-13T00:00:00"),  # a Friday the 13th, since both must match
        ("01:00:00", "2026-01-01T11:02:30"),
    ],
)
def test_ncrontab(text: str, first: str) -> None:
    """Six fields start with seconds, five have none, day and weekday both count, and a time span starts now."""
    assert parse_schedule(text, UTC, "x")(START).isoformat() == first + "+00:00"


def test_a_time_zone_moves_the_schedule() -> None:
    """The fields are in the time zone, the results in UTC."""
    nine = parse_schedule("0 0 9 * * *", ZoneInfo("America/New_York"), "x")
    assert nine(START).isoformat() == "2026-01-01T14:00:00+00:00"


@pytest.mark.parametrize("text", ["", "every day", "* * *", "0 0 25 * * *", "00:00:00"])
def test_other_texts_are_refused(text: str) -> None:
    """The error names the function."""
    with pytest.raises(SettingsError, match="Function 'f'"):
        parse_schedule(text, UTC, "Function 'f'")


def test_sub_minute_schedules_are_recognized() -> None:
    """Only schedules under a minute count as sub-minute."""
    for text, sub_minute in (
        ("*/30 * * * * *", True),
        ("00:00:59", True),
        ("0 * * * * *", False),
        ("00:01:00", False),
        ("*/30 0 6 * * *", False),
    ):
        assert is_sub_minute(text, parse_schedule(text, UTC, "x"), START) is sub_minute, text
