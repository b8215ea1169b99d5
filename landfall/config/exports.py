"""Exports: what Landfall exports when, where it delivers, and in which form."""

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from functools import cached_property
from typing import Annotated, Literal, Self
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, Field, model_validator

from landfall.config.schedules import TimeZone, check_schedule, latest_slot, resolve_schedule, utc_timer
from landfall.config.target_path import DELIVERING, PREVIEWS, Slot, project_name, target_path
from landfall.config.types import Company, Environment, Frozen, Name, YamlPath
from landfall.records import Terms, utc_now


def _schedule(text: str) -> str:
    if not re.fullmatch(r"%\w+%", text):
        check_schedule(text)
    return text


def _project(template: str) -> str:
    try:
        project_name(template, "USMF")
    except (LookupError, ValueError):
        raise ValueError(f"{template!r} has an unknown placeholder: only {{company}} exists") from None
    return template


Schedule = Annotated[str, AfterValidator(_schedule)]


class Export(Frozen):
    """A data project to export on a schedule: one run per company and slot of the schedule."""

    name: Name
    """The export's name, in paths, in run ids and on the dashboard."""
    data_project: Annotated[str, AfterValidator(_project)]
    """The export data project in F&O; {company} in the name gives each company its own project."""
    environment: Environment | None = None
    """One of `environments`; by default the environment that the FNO_* app settings describe."""
    companies: tuple[Company, ...] = Field(min_length=1)
    """The companies (legal entities) to export, each in a run of its own."""
    schedule: Schedule
    """When to export: NCRONTAB with six fields, seconds first, or %NAME% of the app setting that holds it."""
    time_zone: TimeZone = "UTC"
    """The time zone of the schedule, such as Europe/Copenhagen; daylight saving time is taken into account."""
    enabled: bool = True
    """Whether the schedule is active; you can request runs either way."""
    missed: Literal["last", "skip"] = "last"
    """Slots that were missed, or that came due while the previous package was still on its way: `last` runs the latest
    of them as soon as possible, `skip` none."""
    refresh: Literal["incremental", "full"] = "incremental"
    """`incremental` exports what the data project's refresh type says; `full` resets its change-tracking tokens before
    every run, so that F&O exports everything."""
    target: str = "{export}/{company}/{yyyy}/{MM}/{dd}/{export}-{company}-{slot}.zip"
    """Path of the package in the target container; it must contain {slot}, so that no package overwrites an earlier
    one."""
    unpack: Literal["never", "besides", "instead"] = "never"
    """Whether to write the package's data files to a folder named after it: `besides` the package, or `instead` of
    it."""
    no_rows: Literal["skip", "deliver"] = "skip"
    """When there are no rows: `skip` delivers nothing, `deliver` delivers the package as F&O made it."""
    deadline_hours: float = Field(default=24, gt=0)
    """How long the execution in F&O, and after it the delivery, may each take before the run needs attention; Landfall
    goes on with both."""

    @model_validator(mode="after")
    def _target_is_valid(self) -> Self:
        try:
            path = target_path(self.target, export=self.name, company=self.companies[0], slot=Slot(utc_now()))
        except (LookupError, ValueError) as error:
            raise ValueError(f"target has an unknown placeholder: {error}") from None
        if path.split("/")[0] in {PREVIEWS, DELIVERING} or not all(path.split("/")):
            raise ValueError(
                f"target must be a path like {{export}}/{{slot}}.zip, and not begin with {PREVIEWS}/ or {DELIVERING}/"
            )
        needed = ["{slot}"] + ["{company}"] * (len(self.companies) > 1)
        if missing := [each for each in needed if each not in self.target]:
            raise ValueError(f"add {missing[0]} to target, or packages would overwrite each other")
        return self

    @cached_property
    def zone(self) -> ZoneInfo:
        """The time zone of the schedule."""
        return ZoneInfo(self.time_zone)

    def terms(self, attempt: int = 1) -> Terms:
        """What goes with a run of this export, whatever becomes of the export."""
        return Terms(
            attempt,
            self.deadline_hours,
            companies=self.companies if len(self.companies) > 1 else (),
            refresh=self.refresh,
            missed=self.missed,
            target=self.target,
            unpack=self.unpack,
            no_rows=self.no_rows,
        )

    def project_of(self, company: str) -> str:
        """The data project for a company."""
        return project_name(self.data_project, company)

    def slot_before(self, moment: datetime) -> datetime:
        """The latest slot that is not after this moment, in UTC."""
        return latest_slot(self.schedule, moment, self.zone)

    def with_schedule(self, environment: Mapping[str, str]) -> Self:
        """This export with the schedule that its app setting holds.

        Raises LookupError when the setting is missing, ValueError when it does not hold a schedule.
        """
        schedule = resolve_schedule(self.schedule, environment)
        check_schedule(schedule)
        return self.model_copy(update={"schedule": schedule})


def timers(exports: Sequence[Export], now: datetime) -> dict[str, str]:
    """The NCRONTAB expression, in UTC, of each enabled export's timer, by the export's name."""
    return {each.name: utc_timer(each.schedule, each.zone, now) for each in exports if each.enabled}


def conflicts(exports: Sequence[Export]) -> Iterator[tuple[YamlPath, str]]:
    """The conflicts between exports: the path below `exports`, and the reason.

    Names are compared without case: a timer's function has its export's name, and the Functions host ignores case.
    """
    names = Counter(each.name.lower() for each in exports)
    targets: dict[str, str] = {}
    for index, each in enumerate(exports):
        if names[each.name.lower()] > 1:
            yield (index, "name"), f"another export is named {each.name} too: give each its own name"
        elif others := [other for path in _paths(each) if (other := targets.setdefault(path, each.name)) != each.name]:
            yield ((index, "target"), f"its packages would overwrite those of {others[0]}: add {{export}} to target")


def _paths(export: Export) -> Iterator[str]:
    for company in export.companies:
        yield target_path(export.target, export=export.name, company=company, slot=Slot(utc_now())).lower()
