"""landfall.yaml: what lands where, what is exported when, validated into one frozen plan."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Literal, Self, TypeVar

import yaml
from pydantic import (
    AfterValidator,
    Field,
    ValidationError,
    model_validator,
)

from landfall.import_routes import Import
from landfall.notices import Notices
from landfall.polling import Pace
from landfall.records import utc_now
from landfall.schedules import latest_slot
from landfall.setting_types import Company, Frozen, Name
from landfall.targets import target_path
from landfall.transfer import CopyMode
from landfall.yaml_lines import Located, read_yaml

DEFAULT_FILE = Path(__file__).parent.parent / "landfall.yaml"
OVERRIDE = "LANDFALL__"
"""Prefix of app settings that override a value of landfall.yaml: LANDFALL__POLLING__FLOOR_SECONDS=1."""


def _has_slots(schedule: str) -> str:
    if not re.fullmatch(r"%\w+%", schedule):
        latest_slot(schedule, utc_now())
    return schedule


Schedule = Annotated[str, AfterValidator(_has_slots)]


class SettingsError(Exception):
    """The settings cannot be used; the message names every mistake with its line and what to do."""


class Export(Frozen):
    """What is exported when: one run per company and slot of the schedule."""

    name: Name
    data_project: str
    companies: tuple[Company, ...] = Field(min_length=1)
    schedule: Schedule
    """NCRONTAB, six fields (seconds first), or %NAME% of the app setting that holds it."""
    target: str = "{export}/{company}/{yyyy}/{MM}/{dd}/{export}-{company}-{slot}.zip"
    """Path in the target container; it differs from slot to slot, or a later package would take an earlier one's
    place before anybody has read it."""
    deadline_hours: float = Field(default=24, gt=0)

    @model_validator(mode="after")
    def _targets_differ(self) -> Self:
        try:
            target_path(self.target, export=self.name, company=self.companies[0], slot=utc_now())
        except (LookupError, ValueError) as error:
            raise ValueError(f"target has a placeholder that does not exist: {error}") from None
        needed = ["{slot}"] + ["{company}"] * (len(self.companies) > 1)
        if missing := [each for each in needed if each not in self.target]:
            raise ValueError(f"add {missing[0]} to target, or packages would take each other's place")
        return self


class Transfer(Frozen):
    """How packages get to F&O's storage."""

    copy_mode: CopyMode = "auto"
    """`server`: F&O's storage copies from ours; `stream`: we carry the bytes; `auto`: the first, else the second."""
    hosts: tuple[str, ...] = ()
    """Hosts besides Azure Blob Storage's that F&O may name in URLs: where F&O on premises keeps its files."""


class Polling(Frozen):
    """How often F&O is asked for the status of an execution; see landfall.polling."""

    floor_seconds: float = Field(default=5, gt=0)
    cap_seconds: float = Field(default=60, gt=0)
    growth: float = Field(default=1.15, gt=1)

    @property
    def pace(self) -> Pace:
        """The same as the record that orchestrations carry."""
        return Pace(self.floor_seconds, self.cap_seconds, self.growth)


class Submission(Frozen):
    """How executions are started, and what is done when F&O's answer to that is lost."""

    grace_seconds: float = Field(default=210, ge=0)
    """How long F&O may not know an execution before it is submitted again, or given up."""
    answer_seconds: float = Field(default=3600, gt=0)
    """How long ImportFromPackage may take to answer: it answers when the package is unpacked."""
    action: Literal["plain", "auto"] = "plain"
    """`plain`: ImportFromPackage and ExportToPackage; `auto`: their asynchronous forms, where F&O has them with no
    parameter that is unknown here."""


class Gate(Frozen):
    """Who may go to F&O at the same time; executions of one data project never may."""

    calls: int = Field(default=1, ge=1)
    """How many ImportFromPackage calls at once: F&O fails on overlapping ones (fno-behaviour 5.9) unless its
    enhanced parallel package import is on."""


class Sweeper(Frozen):
    """The timer that takes up what events, hosts and people have left lying."""

    schedule: Schedule = "0 */5 * * * *"
    """As an export's."""
    patience_seconds: float = Field(default=120, gt=0)
    """How long a file may lie without a claim, or a run without a living orchestration."""


class Plan(Frozen):
    """landfall.yaml: what lands where, what is exported when."""

    imports: tuple[Import, ...] = ()
    exports: tuple[Export, ...] = ()
    transfer: Transfer = Transfer()
    polling: Polling = Polling()
    submission: Submission = Submission()
    gate: Gate = Gate()
    sweeper: Sweeper = Sweeper()
    notices: Notices = Notices()

    @model_validator(mode="after")
    def _names_are_unique(self) -> Self:
        for what, names in (
            ("imports", [each.name for each in self.imports]),
            ("exports", [each.name for each in self.exports]),
        ):
            if twice := {name for name in names if names.count(name) > 1}:
                raise ValueError(
                    f"{what} has two entries named {', '.join(sorted(twice))}: give each its own name"
                )
        paths = {each.path.template: each.name for each in reversed(self.imports)}
        for each in self.imports:
            if (first := paths[each.path.template]) != each.name:
                raise ValueError(
                    f"imports {first} and {each.name} have the same path, so {each.name} would never take a file"
                )
        return self

    def taking(self, path: str) -> tuple[Import, dict[str, str], str | None] | None:
        """The first route that takes a landing path, what it captures, and the marker that a part waits for."""
        for route in self.imports:
            if (captures := route.path.match(path)) is not None:
                return route, captures, None
            if marker := route.marker_of(path):
                return route, {}, marker
        return None

    def is_part(self, path: str) -> bool:
        """Whether a landing path is a part, which has no run of its own while its marker may come."""
        taken = self.taking(path)
        return taken is not None and taken[2] is not None

    def route(self, name: str | None) -> Import:
        """The route of this name; LookupError when landfall.yaml has none (any more)."""
        return _named(self.imports, name, "route")

    def export(self, name: str | None) -> Export:
        """The export of this name; LookupError when landfall.yaml has none (any more)."""
        return _named(self.exports, name, "export")


def read_plan(environment: Mapping[str, str], file: Path = DEFAULT_FILE) -> Plan:
    """landfall.yaml, with the overrides of the environment; SettingsError names every mistake."""
    try:
        located = read_yaml(file.read_text(encoding="utf-8"), file.name)
        for key, value in environment.items():
            if key.upper().startswith(OVERRIDE):
                located.override(key[len(OVERRIDE) :].lower().split("__"), value, key)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f"{file.name}:{mark.line + 1}" if mark else file.name
        raise SettingsError(f"{where}: {getattr(error, 'problem', error)}") from None
    except ValueError as error:
        raise SettingsError(str(error)) from None
    try:
        return Plan.model_validate(located.data, context={"folder": file.parent})
    except ValidationError as error:
        raise SettingsError(_mistakes(error, located)) from None


Entry = TypeVar("Entry", Import, Export)


def _named(entries: tuple[Entry, ...], name: str | None, what: str) -> Entry:
    for entry in entries:
        if entry.name == name:
            return entry
    raise LookupError(f"landfall.yaml has no {what} {name}")


def _mistakes(error: ValidationError, located: Located) -> str:
    lines = []
    for mistake in error.errors():
        place = ".".join(str(part) for part in mistake["loc"])
        lines.append(
            f"{located.where(mistake['loc'])}: {place or 'file'}: {mistake['msg'].removeprefix('Value error, ')}"
        )
    return "\n".join(lines)
