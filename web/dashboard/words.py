"""Statuses, times, counts and schedules as the pages write them. All times are UTC."""

from datetime import datetime, timedelta
from itertools import pairwise

from cron_descriptor import Options, get_description

from landfall.records import Outcome, State

OUTCOMES = {
    Outcome.SUCCEEDED: "Succeeded",
    Outcome.PARTIALLY_SUCCEEDED: "Partly succeeded",
    Outcome.FAILED: "Failed",
    Outcome.CANCELED: "Canceled",
    Outcome.NO_ROWS: "Nothing to export",
    Outcome.REJECTED: "Rejected",
    Outcome.SUPERSEDED: "Superseded",
    Outcome.NEEDS_ATTENTION: "Needs attention",
}
STAGES = {"staging": "refused on reading", "target": "refused when writing"}
"""Where F&O refused a row, by the stage that errors.csv names."""
UNITS = ((86400, "d"), (3600, "h"), (60, "min"), (1, "s"))


def status(state: State, outcome: Outcome | None) -> str:
    """A run's outcome, or its state while it has none."""
    return OUTCOMES[outcome] if outcome else str(state)


def span(time: timedelta) -> str:
    """A duration to two figures: `0.4 s`, `12 s`, `2 min 10 s`, `3 h 5 min`, `2 d 4 h`."""
    if time < timedelta(seconds=9.95):
        return f"{max(0.0, time.total_seconds()):.1f} s"
    seconds = round(time.total_seconds())
    for (size, unit), (smaller, lower) in pairwise(UNITS):
        if seconds >= size:
            rest = seconds % size // smaller
            return f"{seconds // size} {unit}" + (f" {rest} {lower}" if rest else "")
    return f"{seconds} s"


def moment(when: datetime, now: datetime) -> str:
    """A moment without its date if that is today, without its year if that is this year."""
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
