"""NCRONTAB schedules: which slot a moment belongs to."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from cronsim import CronSim, CronSimError

EARLY = timedelta(seconds=1)
"""How much too early a timer may fire and still mean the slot ahead."""
FIELDS = 6


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


def latest_slot(schedule: str, now: datetime) -> datetime:
    """The latest moment of the schedule that is not after `now`, in UTC.

    A timer that fires late, or twice, means the same slot. Raises ValueError for what is no six-field NCRONTAB
    expression.
    """
    fields = schedule.split()
    if len(fields) != FIELDS:
        raise ValueError(
            f"{schedule!r} is no schedule: NCRONTAB has six fields, seconds first, like 0 0 6 * * *"
        )
    try:
        return next(CronSim(schedule, now.astimezone(UTC) + EARLY, reverse=True))
    except (CronSimError, StopIteration) as error:
        raise ValueError(f"{schedule!r} is no schedule: {error}") from None
