"""NCRONTAB schedules in any time zone: their slots, and the UTC timers that fire at them."""

import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta, tzinfo
from itertools import islice
from typing import Annotated
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from cronsim import CronSim, CronSimError
from pydantic import AfterValidator

EARLY = timedelta(seconds=1)
"""A timer that fires up to this much early still means the slot ahead."""
FIELDS = {
    "second": "0-59",
    "minute": "0-59",
    "hour": "0-23",
    "day": "1-31",
    "month": "1-12 or JAN-DEC",
    "weekday": "0-6 or SUN-SAT, Sunday is 0",
}
TERM = r"(\*|(\d+|[A-Za-z]{3})(-(\d+|[A-Za-z]{3}))?)(/\d+)?"
SUNDAY = re.compile(r"weekday(.*[,-])?7")
"""Crontab allows 7 for Sunday, NCRONTAB does not."""
EXAMPLE = "like 0 0 6 * * *, every day at six"
MINUTES, HOURS = 60, 24
SAMPLED = [timedelta(days=days) for days in range(0, 5 * 365, 7)]
"""Moments to look up a zone's UTC offsets at: each offset lasts for longer than a week."""


def _zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError(f"{name!r} is not a time zone; write it like UTC or Europe/Copenhagen") from None
    return name


TimeZone = Annotated[str, AfterValidator(_zone)]
"""A time zone's name."""


def resolve_schedule(schedule: str, environment: Mapping[str, str]) -> str:
    """The schedule, or the value of the app setting that it names as %NAME%; LookupError when that is not set."""
    setting = re.fullmatch(r"%(\w+)%", schedule)
    if setting is None:
        return schedule
    value = environment.get(setting[1])
    if not value:
        raise LookupError(f"the app setting {setting[1]} is not set; give it an NCRONTAB schedule like 0 0 6 * * *")
    return value


def check_schedule(schedule: str) -> None:
    """Raise ValueError, with the position of the mistake, unless this is a timer's schedule for the Functions host."""
    fields = [(found.start() + 1, found.group()) for found in re.finditer(r"\S+", schedule)]
    if len(fields) != len(FIELDS):
        raise ValueError(
            f"{schedule!r} is not a schedule: it has {len(fields)} fields, NCRONTAB has six, seconds first, {EXAMPLE}"
        )
    for (name, values), (at, text) in zip(FIELDS.items(), fields, strict=True):
        alone = " ".join(text if name == each else "*" for each in FIELDS)
        if not re.fullmatch(rf"{TERM}(,{TERM})*", text) or not _is_cron(alone) or SUNDAY.match(name + text):
            raise ValueError(
                f"{schedule!r} is not a schedule: {text!r} at character {at} is not a valid {name} ({values}); "
                f"write it {EXAMPLE}"
            )
    if not _is_cron(schedule):
        raise ValueError(f"{schedule!r} is not a schedule: none of its months has that day; write it {EXAMPLE}")


def latest_slot(schedule: str, now: datetime, zone: tzinfo = UTC) -> datetime:
    """The latest slot of a schedule in `zone` that is not after `now`, in UTC.

    A timer that fires late, or twice, means the same slot. Raises ValueError for an invalid schedule.
    """
    check_schedule(schedule)
    try:
        return next(_slots(schedule, now.astimezone(zone) + EARLY, reverse=True))
    except StopIteration:
        raise ValueError(f"{schedule!r} has never been due") from None


def next_slots(schedule: str, now: datetime, zone: tzinfo = UTC, count: int = 1) -> list[datetime]:
    """The next slots of a schedule after `now`, in UTC."""
    check_schedule(schedule)
    return list(islice(_slots(schedule, now.astimezone(zone), reverse=False), count))


def utc_timer(schedule: str, zone: tzinfo, now: datetime) -> str:
    """The NCRONTAB expression, in UTC, of a timer that fires at every slot of the schedule, and perhaps in between.

    The Functions host on Linux supports UTC only (learn.microsoft.com, Timer trigger, NCRONTAB time zones). A zone with
    daylight saving time has two offsets, and the timer fires for both. Where it fires an hour early or late, the slot
    is claimed already, and nothing happens.
    """
    cron = CronSim(schedule, now)
    ahead = {_minutes_ahead(zone, now + later) for later in SAMPLED}
    if ahead == {0}:
        return schedule
    times = {
        (hour * MINUTES + minute - offset) % (HOURS * MINUTES)
        for hour in cron.hours
        for minute in cron.minutes
        for offset in ahead
    }
    minutes = _listed({time % MINUTES for time in times}, MINUTES)
    hours = _listed({time // MINUTES for time in times}, HOURS)
    return f"{schedule.split(maxsplit=1)[0]} {minutes} {hours} * * *"


def _slots(schedule: str, start: datetime, *, reverse: bool) -> Iterator[datetime]:
    """The slots of a schedule from `start` on, in UTC.

    When the seconds field is a single number, the schedule is iterated as a plain crontab, which handles daylight
    saving time: a slot in the hour that is skipped is due right after it, a slot in the repeated hour is due once.
    """
    second, _, plain = schedule.strip().partition(" ")
    by_minute = second.isdecimal()
    seconds = timedelta(seconds=int(second) if by_minute else 0)
    cron = CronSim(plain if by_minute else schedule, start - seconds, reverse=reverse)
    # NCRONTAB requires day and weekday to match; cron requires either.
    cron.day_and = True
    for slot in cron:
        yield slot.astimezone(UTC) + seconds


def _is_cron(schedule: str) -> bool:
    try:
        CronSim(schedule, datetime.now(UTC))
    except CronSimError:
        return False
    return True


def _minutes_ahead(zone: tzinfo, moment: datetime) -> int:
    return int((moment.astimezone(zone).utcoffset() or timedelta()).total_seconds() // 60)


def _listed(values: set[int], count: int) -> str:
    return "*" if len(values) == count else ",".join(map(str, sorted(values)))
