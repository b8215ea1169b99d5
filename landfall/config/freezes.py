"""Times in which nothing goes to an environment: weekly maintenance, a month's end, an upgrade."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from typing import Annotated, Self
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, Field, StringConstraints, model_validator

from landfall.config.schedules import TimeZone, check_schedule, latest_slot, next_slots
from landfall.config.types import Environment, Frozen, Name

CLOCK = re.compile(r"((?P<days>[A-Za-z0-9,-]+) +)?(?P<hour>[01]\d|2[0-3]):(?P<minute>[0-5]\d)")
EXAMPLES = 'write it like "22:00", "SAT 22:00", "MON-FRI 22:00" or "2026-12-31T18:00"'


def _moment(text: str) -> str:
    if _date(text) is None:
        try:
            check_schedule(_cron(text))
        except ValueError:
            raise ValueError(f"{text!r} is neither a time of day nor a date with a time: {EXAMPLES}") from None
    return text


def _date(text: str) -> datetime | None:
    try:
        return datetime.fromisoformat(text) if "-" in text and "T" in text else None
    except ValueError:
        return None


def _cron(text: str) -> str:
    """The NCRONTAB schedule of a time of day, with or without weekdays; ValueError for another text."""
    if (found := CLOCK.fullmatch(text)) is None:
        raise ValueError(text)
    return f"0 {int(found['minute'])} {int(found['hour'])} * * {found['days'] or '*'}"


Moment = Annotated[str, AfterValidator(_moment)]
Words = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]


@dataclass(frozen=True)
class Window:
    """A time in which an environment is frozen, in UTC, and why; the names that are `excepted` go on."""

    environment: str
    begins: datetime
    ends: datetime
    reason: str
    excepted: tuple[str, ...] = ()


class Freeze(Frozen):
    """A time in which Landfall starts nothing in an environment.

    Files that land are taken in and checked, and go when it is over, in the order in which they landed; exports obey
    their `missed`. What F&O is running goes on.
    """

    environment: Environment | None = None
    """One of `environments`; by default the environment that the FNO_* app settings describe."""
    begin: Moment = Field(alias="from")
    """When it begins: a time of day (`22:00`), with weekdays (`SAT 22:00`, `MON-FRI 22:00`), or once
    (`2026-12-31T18:00`)."""
    end: Moment = Field(alias="to")
    """When it ends: the next such time of day (`02:00`, `MON 02:00`) after it began, or a date with a time."""
    time_zone: TimeZone = "UTC"
    """The time zone of both, such as Europe/Copenhagen."""
    reason: Words
    """Why, in your words, as pages and waiting runs show it."""
    allowed: tuple[Name, ...] = Field((), alias="except")
    """Routes and exports that go on nevertheless."""

    @model_validator(mode="after")
    def _ends_after_it_begins(self) -> Self:
        begins, ends = _date(self.begin), _date(self.end)
        if (begins is None) != (ends is None):
            raise ValueError("from and to must both be times of day, or both be dates with a time")
        if begins and ends and self._utc(begins) >= self._utc(ends):
            raise ValueError(f"it ends ({self.end}) before it begins ({self.begin}): correct from or to")
        return self

    @cached_property
    def _zone(self) -> ZoneInfo:
        return ZoneInfo(self.time_zone)

    def _utc(self, local: datetime) -> datetime:
        return (local if local.tzinfo else local.replace(tzinfo=self._zone)).astimezone(UTC)

    def window_at(self, now: datetime) -> Window | None:
        """The window in which this moment lies, if it is in one."""
        if begins := _date(self.begin):
            window = self._window(self._utc(begins))
        else:
            window = self._window(latest_slot(_cron(self.begin), now, self._zone))
        return window if window.begins <= now < window.ends else None

    def windows_after(self, now: datetime, count: int) -> Iterator[Window]:
        """The next windows that begin after this moment, the earliest first."""
        if begins := _date(self.begin):
            begin = [self._utc(begins)] if self._utc(begins) > now else []
        else:
            begin = next_slots(_cron(self.begin), now, self._zone, count)
        return map(self._window, begin)

    def _window(self, begins: datetime) -> Window:
        ends = _date(self.end)
        end = self._utc(ends) if ends else next_slots(_cron(self.end), begins, self._zone)[0]
        return Window(self.environment or "", begins, end, self.reason, self.allowed)


def window_at(freezes: Iterable[Freeze], environment: str, now: datetime) -> Window | None:
    """The window in which an environment is frozen at this moment. Of several, only what all except goes on."""
    found = [window for each in freezes if (window := each.window_at(now)) and window.environment == environment]
    if not found:
        return None
    last = max(found, key=lambda window: window.ends)
    excepted = set(last.excepted).intersection(*(window.excepted for window in found))
    return Window(environment, last.begins, last.ends, last.reason, tuple(sorted(excepted)))


def windows_after(freezes: Sequence[Freeze], environment: str, now: datetime, count: int) -> list[Window]:
    """An environment's next windows, the earliest first."""
    found = (
        window for each in freezes for window in each.windows_after(now, count) if window.environment == environment
    )
    return sorted(found, key=lambda window: window.begins)[:count]
