"""Files that must come: by when, on which days, and how many."""

import csv
import re
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from functools import cache, cached_property
from itertools import islice
from pathlib import Path
from typing import Annotated
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, Field, ValidationInfo

from landfall.config.schedules import TimeZone, check_schedule, latest_slot, next_slots
from landfall.config.types import Frozen

FOLDER = Path(__file__).parents[2]
"""The folder of calendars for a plan that is not read from a file: the one that landfall.yaml ships in."""
CLOCK = re.compile(r"([01]\d|2[0-3]):([0-5]\d)")
LONGEST = timedelta(days=7)
"""How long before it is due a file may come and still count."""
MOST_HOLIDAYS = 60
"""Days in a row without an expectation that are looked through for one."""


def _time_of_day(text: str) -> str:
    if not CLOCK.fullmatch(text):
        raise ValueError(f'{text!r} is not a time of day: write it like "06:00", with the quotes')
    return text


def _weekdays(text: str) -> str:
    try:
        check_schedule(f"0 0 0 * * {text}")
    except ValueError:
        raise ValueError(f"{text!r} are not weekdays: write them like MON-FRI or MON,THU") from None
    return text


@cache
def read_calendar(file: Path) -> frozenset[date]:
    """The days of a calendar file: the first column holds ISO dates; ValueError names a wrong line."""
    days = set[date]()
    with file.open(encoding="utf-8-sig", newline="") as lines:
        for number, cells in enumerate(csv.reader(lines), 1):
            text = cells[0].strip() if cells else ""
            try:
                days.add(date.fromisoformat(text))
            except ValueError:
                if text and (number > 1 or any(map(str.isdigit, text))):  # the first line may be a header
                    raise ValueError(f"{file.name}:{number}: {text!r} is no date like 2026-12-25") from None
    return frozenset(days)


def _calendar(file: Path, info: ValidationInfo) -> Path:
    """The path of a calendar beside landfall.yaml; raises ValueError for one that cannot be used."""
    found = Path((info.context or {}).get("folder", FOLDER)) / file
    try:
        read_calendar(found)
    except OSError:
        raise ValueError(f"the calendar {file} is not beside landfall.yaml: add it there") from None
    except UnicodeDecodeError:
        raise ValueError(f"the calendar {file} is not UTF-8 text: save it as such") from None
    return found


class Expectation(Frozen):
    """Files that must come by a time of day. A file that lands after it was last due counts for the next time."""

    by: Annotated[str, AfterValidator(_time_of_day)]
    """By when, like `06:00`."""
    days: Annotated[str, AfterValidator(_weekdays)] = "*"
    """On which weekdays, like MON-FRI; by default on every day."""
    time_zone: TimeZone = "UTC"
    """The time zone of `by`, such as Europe/Copenhagen."""
    calendar: Annotated[Path, AfterValidator(_calendar)] | None = None
    """A CSV file beside landfall.yaml whose first column has the dates on which no file is expected."""
    at_least: int = Field(default=1, ge=1)
    """How many files."""

    @cached_property
    def zone(self) -> ZoneInfo:
        """The time zone of `by`."""
        return ZoneInfo(self.time_zone)

    @property
    def _schedule(self) -> str:
        hour, minute = map(int, self.by.split(":"))
        return f"0 {minute} {hour} * * {self.days}"

    def due_before(self, now: datetime) -> datetime | None:
        """The latest moment, not after this one, by which files had to be there; None if there is none nearby."""
        return next(self._backwards(now), None)

    def window(self, due: datetime) -> tuple[datetime, datetime]:
        """From when to when a file must land for the expectation that is due at this moment."""
        previous = next(self._backwards(due - timedelta(seconds=2)), due - LONGEST)
        return max(previous, due - LONGEST), due

    def due_after(self, now: datetime) -> datetime | None:
        """The next moment by which files have to be there."""
        slots = next_slots(self._schedule, now, self.zone, MOST_HOLIDAYS)
        return next((slot for slot in slots if not self._is_holiday(slot)), None)

    def _backwards(self, now: datetime) -> Iterator[datetime]:
        """The moments by which files had to be there, the latest first."""

        def slots() -> Iterator[datetime]:
            slot = latest_slot(self._schedule, now, self.zone)
            while True:
                yield slot
                slot = latest_slot(self._schedule, slot - timedelta(seconds=2), self.zone)

        return (slot for slot in islice(slots(), MOST_HOLIDAYS) if not self._is_holiday(slot))

    def _is_holiday(self, slot: datetime) -> bool:
        days = read_calendar(self.calendar) if self.calendar else frozenset()
        return slot.astimezone(self.zone).date() in days
