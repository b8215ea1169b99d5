"""landfall.yaml: what lands where, what is exported when, validated into one frozen plan."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Literal, Self, TypeVar

import yaml
from pydantic import Field, ValidationError, model_validator

from landfall.config.exports import Export, Place, Schedule, clashes
from landfall.config.import_routes import ImportRoute
from landfall.config.notices import Notices
from landfall.config.types import CopyMode, Environment, Frozen
from landfall.config.yaml_source import Located, read_yaml
from landfall.polling import Pace

DEFAULT_FILE = Path(__file__).parents[2] / "landfall.yaml"
FILE_SETTING = "LANDFALL_FILE"
"""App setting that names another file, for an app that is deployed several times with a file for each."""
OVERRIDE = "LANDFALL__"
"""Prefix of app settings that override a value of landfall.yaml: LANDFALL__POLLING__FLOOR_SECONDS=1."""


class SettingsError(Exception):
    """The settings cannot be used; the message names every mistake with its line and what to do."""


class ClashError(ValueError):
    """Entries that are good by themselves and not side by side; `places` says where and why."""

    def __init__(self, places: list[tuple[Place, str]]) -> None:
        super().__init__("; ".join(words for _, words in places))
        self.places = places


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


class Access(Frozen):
    """Who may use the HTTP API and the dashboard."""

    sign_in: bool = False
    """Whether an Entra sign-in (App Service authentication) stands before the app: then the roles Runs.Read and
    Runs.Operate of whoever signed in decide, and no function key is asked for. Never switch it on where the
    authentication is off: anybody could claim to be anybody."""


class Plan(Frozen):
    """landfall.yaml: what lands where, what is exported when."""

    environments: tuple[Environment, ...] = ()
    """Further F&O environments, by name: `uat` is described by app settings FNO_UAT_URL and so on, as FNO_URL and so on
    describe the one that needs no name. Each has its own lanes, tokens and pauses."""
    imports: tuple[ImportRoute, ...] = ()
    exports: tuple[Export, ...] = ()
    transfer: Transfer = Transfer()
    polling: Polling = Polling()
    submission: Submission = Submission()
    gate: Gate = Gate()
    sweeper: Sweeper = Sweeper()
    notices: Notices = Notices()
    access: Access = Access()

    @model_validator(mode="after")
    def _names_are_unique(self) -> Self:
        names = [each.name for each in self.imports]
        if twice := {name for name in names if names.count(name) > 1}:
            raise ValueError(
                f"imports has two entries named {', '.join(sorted(twice))}: give each its own name"
            )
        paths = {each.path.template: each.name for each in reversed(self.imports)}
        for each in self.imports:
            if (first := paths[each.path.template]) != each.name:
                raise ValueError(
                    f"imports {first} and {each.name} have the same path, so {each.name} would never take a file"
                )
        found: list[tuple[Place, str]] = [
            (("exports", *place), words) for place, words in clashes(self.exports)
        ]
        named = [(("imports", index), each.environment) for index, each in enumerate(self.imports)]
        named += [(("exports", index), each.environment) for index, each in enumerate(self.exports)]
        found += [
            ((*place, "environment"), f"{name} is not one of environments: add it there")
            for place, name in named
            if name and name not in self.environments
        ]
        if found:
            raise ClashError(found)
        return self

    def taking(self, path: str) -> tuple[ImportRoute, dict[str, str], str | None] | None:
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

    def route(self, name: str | None) -> ImportRoute:
        """The route of this name; LookupError when landfall.yaml has none (any more)."""
        return _named(self.imports, name, "route")

    def export(self, name: str | None) -> Export:
        """The export of this name; LookupError when landfall.yaml has none (any more)."""
        return _named(self.exports, name, "export")


def file_of(environment: Mapping[str, str]) -> Path:
    """The file that the environment names, from the app's folder on; else landfall.yaml."""
    return DEFAULT_FILE.parent / (environment.get(FILE_SETTING) or DEFAULT_FILE)


def read_plan(environment: Mapping[str, str], file: Path | None = None) -> Plan:
    """landfall.yaml, with the overrides of the environment; SettingsError names every mistake."""
    file = file or file_of(environment)
    located = _located(environment, file)
    try:
        return _validated(located.data, file)
    except ValidationError as error:
        raise SettingsError(_named_places(_mistakes(error), located)) from None


def read_usable_plan(environment: Mapping[str, str], file: Path | None = None) -> tuple[Plan, str]:
    """As much of landfall.yaml as can be used, and in words what is wrong with the rest: exports that are left out.

    Their schedules are those of the environment's app settings. A mistake elsewhere is a SettingsError: half the
    routes would refuse the files of the other half.
    """
    file = file or file_of(environment)
    located = _located(environment, file)
    left_out: set[Place] = set()
    words: list[str] = []
    while True:
        data, places = _without(located.data, left_out)
        try:
            plan = _validated(data, file)
        except ValidationError as error:
            mistakes = _mistakes(error)
        else:
            mistakes = list(_unscheduled(plan, environment))
            if not mistakes:
                exports = tuple(each.scheduled(environment) for each in plan.exports)
                return plan.model_copy(update={"exports": exports}), "\n".join(words)
        placed = [((*places.get(place[:2], place[:2]), *place[2:]), said) for place, said in mistakes]
        words.append(_named_places(placed, located))
        if any(place[:2] not in places for place, _ in mistakes):
            raise SettingsError("\n".join(words))
        left_out |= {place[:2] for place, _ in placed}


def _without(data: Any, left_out: set[Place]) -> tuple[Any, dict[Place, Place]]:
    """The file's data without these exports, and where each of the others stands in the file."""
    listed = data.get("exports") if isinstance(data, dict) else None
    if not isinstance(listed, list):
        return data, {}
    kept = [index for index in range(len(listed)) if ("exports", index) not in left_out]
    places: dict[Place, Place] = {("exports", now): ("exports", index) for now, index in enumerate(kept)}
    return {**data, "exports": [listed[index] for index in kept]}, places


def _located(environment: Mapping[str, str], file: Path) -> Located:
    try:
        located = read_yaml(file.read_text(encoding="utf-8"), file.name)
        for key, value in environment.items():
            if key.upper().startswith(OVERRIDE):
                located.override(key[len(OVERRIDE) :].lower().split("__"), value, key)
    except OSError as error:
        raise SettingsError(f"{file}: {error.strerror}") from None
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f"{file.name}:{mark.line + 1}" if mark else file.name
        raise SettingsError(f"{where}: {getattr(error, 'problem', error)}") from None
    except ValueError as error:
        raise SettingsError(str(error)) from None
    return located


def _validated(data: Any, file: Path) -> Plan:
    return Plan.model_validate(data, context={"folder": file.parent})


def _unscheduled(plan: Plan, environment: Mapping[str, str]) -> Iterator[tuple[Place, str]]:
    for index, each in enumerate(plan.exports):
        try:
            each.scheduled(environment)
        except (LookupError, ValueError) as error:
            yield ("exports", index, "schedule"), str(error.args[0])


Entry = TypeVar("Entry", ImportRoute, Export)


def _named(entries: tuple[Entry, ...], name: str | None, what: str) -> Entry:
    for entry in entries:
        if entry.name == name:
            return entry
    raise LookupError(f"landfall.yaml has no {what} {name}")


def _mistakes(error: ValidationError) -> list[tuple[Place, str]]:
    """Where the mistakes are, and what they are."""
    found: list[tuple[Place, str]] = []
    for mistake in error.errors():
        cause = mistake.get("ctx", {}).get("error")
        if isinstance(cause, ClashError):
            found += cause.places
        else:
            found.append((mistake["loc"], mistake["msg"].removeprefix("Value error, ")))
    return found


def _named_places(mistakes: list[tuple[Place, str]], located: Located) -> str:
    lines = []
    for place, words in mistakes:
        name = ".".join(str(part) for part in place)
        lines.append(f"{located.where(place)}: {name or 'file'}: {words}")
    return "\n".join(lines)
