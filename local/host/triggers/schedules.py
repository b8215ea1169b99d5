"""NCRONTAB schedules: six fields with seconds first, five without, or a time span."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime, timedelta, tzinfo

from cronsim import CronSim, CronSimError

from local.host.settings import SettingsError, parse_timespan

Schedule = Callable[[datetime], datetime]
"""The first occurrence after a moment."""


def parse_schedule(text: str, zone: tzinfo, where: str) -> Schedule:
    """Read a schedule; a moment goes in and comes out in UTC, the fields are read in `zone`.

    Raises:
        SettingsError: it is no NCRONTAB expression and no time span.
    """
    if re.fullmatch(r"[\d.]*:[\d:.]+", text.strip()):
        span = parse_timespan(text.strip(), where)
        if span <= timedelta(0):
            raise SettingsError(f"{where}: '{text}' is no time span above zero.")
        return lambda moment: moment + span
    try:
        next(_cron(text, datetime.now(zone)))
    except (CronSimError, StopIteration) as error:
        raise SettingsError(
            f"{where}: '{text}' is no schedule ({error}). Write second minute hour day month weekday, like 0 */5 * * * *."
        ) from error
    return lambda moment: next(_cron(text, moment.astimezone(zone))).astimezone(moment.tzinfo)


def is_sub_minute(schedule: Schedule, moment: datetime) -> bool:
    """Whether two occurrences follow each other in less than a minute; such schedules are not monitored."""
    first = schedule(moment)
    return schedule(first) - first < timedelta(minutes=1)


def _cron(text: str, moment: datetime) -> CronSim:
    cron = CronSim(text, moment)
    # NCRONTAB wants day and weekday both to match; cron takes either.
    cron.day_and = True
    return cron
