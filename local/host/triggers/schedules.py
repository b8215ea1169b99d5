"""NCRONTAB schedules: six fields with seconds first, five fields without seconds, or a time span."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime, timedelta, tzinfo

from cronsim import CronSim, CronSimError

from local.host.settings import SettingsError, parse_timespan

Schedule = Callable[[datetime], datetime]
"""Returns the first occurrence after a moment."""


def parse_schedule(text: str, zone: tzinfo, where: str) -> Schedule:
    """Return the schedule of a text; its fields are in `zone`, its moments in UTC.

    Raises:
        SettingsError: the text is neither an NCRONTAB expression nor a time span.
    """
    if re.fullmatch(r"[\d.]*:[\d:.]+", text.strip()):
        span = parse_timespan(text.strip(), where)
        if span <= timedelta(0):
            raise SettingsError(f"{where}: the time span '{text}' is not above zero.")
        return lambda moment: moment + span
    try:
        next(_cron(text, datetime.now(zone)))
    except (CronSimError, StopIteration) as error:
        raise SettingsError(
            f"{where}: '{text}' is not a schedule ({error}). "
            "Write second minute hour day month weekday, like 0 */5 * * * *."
        ) from error
    return lambda moment: next(_cron(text, moment.astimezone(zone))).astimezone(moment.tzinfo)


def is_sub_minute(text: str, schedule: Schedule, moment: datetime) -> bool:
    """Whether a schedule is always due more often than every minute; Azure keeps no status of such a timer."""
    _, *others = text.split()
    first = schedule(moment)
    return set(others) <= {"*"} and schedule(first) - first < timedelta(minutes=1)


def _cron(text: str, moment: datetime) -> CronSim:
    cron = CronSim(text, moment)
    # In NCRONTAB both day and weekday must match; in cron one of them is enough.
    cron.day_and = True
    return cron
