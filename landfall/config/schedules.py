"""NCRONTAB schedules: which slot a moment belongs to, and when a timer that knows only UTC must fire for them."""

import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta, tzinfo
from itertools import islice

from cronsim import CronSim, CronSimError

EARLY = timedelta(seconds=1)
"""How much too early a timer may fire and still mean the slot ahead."""
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
"""Crontabs count Sunday as 7 too, NCRONTAB does not."""
EXAMPLE = "like 0 0 6 * * *, every day at six"
MINUTES, HOURS = 60, 24
SAMPLED = [timedelta(days=days) for days in range(0, 5 * 365, 7)]
"""Moments at which a zone's distance from UTC is looked up: clocks that change do so for longer than a week."""


def resolve(schedule: str, environment: Mapping[str, str]) -> str:
    """A schedule with %NAME% replaced by that app setting; LookupError when it is not set."""
    setting = re.fullmatch(r"%(\w+)%", schedule)
    if setting is None:
        return schedule
    value = environment.get(setting[1])
    if not value:
        raise LookupError(
            f"the app setting {setting[1]} is not set; give it an NCRONTAB schedule like 0 0 6 * * *"
        )
    return value


def check(schedule: str) -> None:
    """Raise ValueError for what the Functions host would not take as a timer's NCRONTAB expression, naming the place."""
    fields = [(found.start() + 1, found.group()) for found in re.finditer(r"\S+", schedule)]
    if len(fields) != len(FIELDS):
        raise ValueError(
            f"{schedule!r} is no schedule: it has {len(fields)} fields and NCRONTAB six, seconds first, {EXAMPLE}"
        )
    for (name, values), (at, text) in zip(FIELDS.items(), fields, strict=True):
        alone = " ".join(text if name == each else "*" for each in FIELDS)
        if not re.fullmatch(rf"{TERM}(,{TERM})*", text) or not _is_cron(alone) or SUNDAY.match(name + text):
            raise ValueError(
                f"{schedule!r} is no schedule: {text!r} at character {at} is no {name} ({values}); write it {EXAMPLE}"
            )
    if not _is_cron(schedule):
        raise ValueError(f"{schedule!r} is no schedule: no month of it has that day; write it {EXAMPLE}")


def latest_slot(schedule: str, now: datetime, zone: tzinfo = UTC) -> datetime:
    """The latest moment of the schedule that is not after `now`, in UTC; the schedule is told in `zone`.

    A timer that fires late, or twice, means the same slot. Raises ValueError for what is no six-field NCRONTAB
    expression.
    """
    check(schedule)
    try:
        return next(_slots(schedule, now.astimezone(zone) + EARLY, reverse=True))
    except StopIteration:
        raise ValueError(f"{schedule!r} has never been due") from None


def next_slots(schedule: str, now: datetime, zone: tzinfo = UTC, count: int = 1) -> list[datetime]:
    """The next moments of the schedule after `now`, in UTC."""
    check(schedule)
    return list(islice(_slots(schedule, now.astimezone(zone), reverse=False), count))


def utc_timer(schedule: str, zone: tzinfo, now: datetime) -> str:
    """The NCRONTAB expression, in UTC, of a timer that fires at every slot of the schedule, and perhaps in between.

    The Functions host on Linux knows no other zone than UTC (learn.microsoft.com, Timer trigger, NCRONTAB time zones).
    Zones with summer time have two distances from UTC: a timer for both fires an hour too early or late as well, and
    who takes the slot finds that it is taken.
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
    """The moments of a schedule from `start` on, in UTC.

    Without a list of seconds they are those of a plain crontab, which knows summer time: a slot in the hour that a
    zone leaves out is due right after it, one in the hour that comes twice is due once.
    """
    second, _, plain = schedule.strip().partition(" ")
    by_minute = second.isdecimal()
    seconds = timedelta(seconds=int(second) if by_minute else 0)
    cron = CronSim(plain if by_minute else schedule, start - seconds, reverse=reverse)
    # NCRONTAB wants day and weekday both to match; cron takes either.
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
