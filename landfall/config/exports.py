"""Exports: what leaves F&O when, to where, and in which form."""

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from functools import cached_property
from typing import Annotated, Literal, Self
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, Field, model_validator

from landfall.config.schedules import check, latest_slot, resolve, utc_timer
from landfall.config.target_path import DELIVERING, PREVIEWS, Slot, project_name, target_path
from landfall.config.types import Company, Environment, Frozen, Name
from landfall.records import utc_now


def _schedule(text: str) -> str:
    if not re.fullmatch(r"%\w+%", text):
        check(text)
    return text


def _zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError(f"{name!r} is no time zone; write it like UTC or Europe/Copenhagen") from None
    return name


def _project(template: str) -> str:
    try:
        project_name(template, "USMF")
    except (LookupError, ValueError):
        raise ValueError(
            f"{template!r} has a placeholder that does not exist: there is only {{company}}"
        ) from None
    return template


Schedule = Annotated[str, AfterValidator(_schedule)]
Place = tuple[int | str, ...]
"""Where something stands in landfall.yaml, or below `exports` in it: names of fields, and indices."""


class Export(Frozen):
    """What is exported when: one run per company and slot of the schedule."""

    name: Name
    data_project: Annotated[str, AfterValidator(_project)]
    """An export project that exists in F&O; {company} in its name gives each company a project of its own."""
    environment: Environment | None = None
    """One of `environments`; without it the one that the FNO_* app settings describe."""
    companies: tuple[Company, ...] = Field(min_length=1)
    schedule: Schedule
    """NCRONTAB, six fields (seconds first), or %NAME% of the app setting that holds it."""
    time_zone: Annotated[str, AfterValidator(_zone)] = "UTC"
    """The zone that the schedule is told in, like Europe/Copenhagen; with summer time where the zone has it."""
    enabled: bool = True
    """Whether the schedule counts; runs on demand are made either way."""
    missed: Literal["last", "skip"] = "last"
    """What becomes of slots that nobody took in time, or that come while the last package is still on its way: the
    last one is run as soon as it can be, or none is."""
    refresh: Literal["incremental", "full"] = "incremental"
    """`incremental` leaves it to the data project's refresh type what F&O brings; `full` resets the project's
    change-tracking tokens before every run, so that it brings everything."""
    target: str = "{export}/{company}/{yyyy}/{MM}/{dd}/{export}-{company}-{slot}.zip"
    """Path in the target container; it differs from slot to slot, or a later package would take an earlier one's
    place before anybody has read it."""
    unpack: Literal["never", "besides", "instead"] = "never"
    """Whether the package's data files are written too, into a folder named like it, or instead of it."""
    no_rows: Literal["skip", "deliver"] = "skip"
    """What is delivered when there is nothing to bring: nothing, or what F&O made of it."""
    deadline_hours: float = Field(default=24, gt=0)
    """How long F&O may take, and then the delivery, before a person is told; neither is given up then."""

    @model_validator(mode="after")
    def _targets_differ(self) -> Self:
        try:
            path = target_path(self.target, export=self.name, company=self.companies[0], slot=Slot(utc_now()))
        except (LookupError, ValueError) as error:
            raise ValueError(f"target has a placeholder that does not exist: {error}") from None
        if path.split("/")[0] in {PREVIEWS, DELIVERING} or not all(path.split("/")):
            raise ValueError(
                f"target must be a path like {{export}}/{{slot}}.zip, and begin with neither {PREVIEWS}/ nor {DELIVERING}/"
            )
        needed = ["{slot}"] + ["{company}"] * (len(self.companies) > 1)
        if missing := [each for each in needed if each not in self.target]:
            raise ValueError(f"add {missing[0]} to target, or packages would take each other's place")
        return self

    @cached_property
    def zone(self) -> ZoneInfo:
        """The zone that the schedule is told in."""
        return ZoneInfo(self.time_zone)

    def project_of(self, company: str) -> str:
        """The data project that is exported for a company."""
        return project_name(self.data_project, company)

    def slot_before(self, moment: datetime) -> datetime:
        """The latest slot at this moment, in UTC."""
        return latest_slot(self.schedule, moment, self.zone)

    def scheduled(self, environment: Mapping[str, str]) -> Self:
        """The same with the schedule that an app setting holds.

        LookupError when the setting is not set, ValueError when it holds no schedule.
        """
        schedule = resolve(self.schedule, environment)
        check(schedule)
        return self.model_copy(update={"schedule": schedule})


def timers(exports: Sequence[Export], now: datetime) -> dict[str, str]:
    """The timer functions of enabled exports by their names, and the NCRONTAB expressions they fire at, in UTC."""
    return {each.name: utc_timer(each.schedule, each.zone, now) for each in exports if each.enabled}


def clashes(exports: Sequence[Export]) -> Iterator[tuple[Place, str]]:
    """What is wrong with exports side by side: places and words.

    An export's name is that of its timer's function, and hosts compare names of functions without case.
    """
    names = Counter(each.name.lower() for each in exports)
    targets: dict[str, str] = {}
    for index, each in enumerate(exports):
        if names[each.name.lower()] > 1:
            yield (index, "name"), f"another export is named {each.name} too: give each its own name"
        elif others := [
            other for path in _paths(each) if (other := targets.setdefault(path, each.name)) != each.name
        ]:
            yield (
                (index, "target"),
                f"its packages would take the place of those of {others[0]}: add {{export}} to target",
            )


def _paths(export: Export) -> Iterator[str]:
    for company in export.companies:
        yield target_path(export.target, export=export.name, company=company, slot=Slot(utc_now())).lower()
