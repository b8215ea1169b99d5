"""Moments, spans, counts and schedules as a person reads them. All times are UTC."""

from datetime import datetime, timedelta
from itertools import pairwise

from cron_descriptor import Options, get_description

UNITS = ((86400, "d"), (3600, "h"), (60, "min"), (1, "s"))


def span(time: timedelta) -> str:
    """How long, to two figures: `0.4 s`, `12 s`, `2 min 10 s`, `3 h 5 min`, `2 d 4 h`."""
    if time < timedelta(seconds=9.95):
        return f"{max(0.0, time.total_seconds()):.1f} s"
    seconds = round(time.total_seconds())
    for (size, unit), (smaller, lower) in pairwise(UNITS):
        if seconds >= size:
            rest = seconds % size // smaller
            return f"{seconds // size} {unit}" + (f" {rest} {lower}" if rest else "")
    return f"{seconds} s"


def moment(when: datetime, now: datetime) -> str:
    """A moment, as short as it is clear from now: today's without its date, this year's without its year."""
    if when.date() == now.date():
        return f"{when:%H:%M:%S}"
    return f"{when.day} {when:%b %H:%M}" if when.year == now.year else f"{when.day} {when:%b %Y %H:%M}"


def count(number: int, one: str, many: str | None = None) -> str:
    """A number with its noun: `1 row`, `2,000 rows`."""
    return f"{number:,} {one if number == 1 else many or f'{one}s'}"


def schedule(ncrontab: str, zone: str = "UTC") -> str:
    """An NCRONTAB schedule as a sentence, in 24 hours of its time zone: `At 06:00, only on Monday (UTC)`."""
    options = Options()
    options.use_24hour_time_format = True
    options.verbose = False
    return f"{get_description(ncrontab, options)} ({zone})"
