"""Reads landfall.yaml into a plan, and names every mistake in it with its line."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError

from landfall.config.plan import ConflictError, Plan
from landfall.config.types import YamlPath
from landfall.config.yaml_source import Located, read_yaml

DEFAULT_FILE = Path(__file__).parents[2] / "landfall.yaml"
FILE_SETTING = "LANDFALL_FILE"
"""App setting that names another file, for an app that is deployed several times with a file for each."""
OVERRIDE = "LANDFALL__"
"""Prefix of app settings that override a value of landfall.yaml: LANDFALL__POLLING__FLOOR_SECONDS=1."""


class SettingsError(Exception):
    """The settings cannot be used; the message names every mistake with its line and what to do."""


def file_of(environment: Mapping[str, str]) -> Path:
    """The file that the environment names, relative to the app's folder; landfall.yaml by default."""
    return DEFAULT_FILE.parent / (environment.get(FILE_SETTING) or DEFAULT_FILE)


def read_plan(environment: Mapping[str, str], file: Path | None = None) -> Plan:
    """landfall.yaml with the environment's overrides; SettingsError names every mistake."""
    file = file or file_of(environment)
    located = _read(environment, file)
    try:
        return _validate(located.data, file)
    except ValidationError as error:
        raise SettingsError(_report(_mistakes(error), located)) from None


def read_usable_plan(environment: Mapping[str, str], file: Path | None = None) -> tuple[Plan, str]:
    """The plan without the exports that have mistakes, and a report of those mistakes (empty when there are none).

    Schedules that name an app setting are resolved. A mistake outside the exports raises SettingsError: with half of
    the routes, the files of the other half would be refused.
    """
    file = file or file_of(environment)
    located = _read(environment, file)
    left_out: set[YamlPath] = set()
    reports: list[str] = []
    while True:
        data, original = _without(located.data, left_out)
        try:
            plan = _validate(data, file)
        except ValidationError as error:
            mistakes = _mistakes(error)
        else:
            mistakes = list(_schedule_mistakes(plan, environment))
            if not mistakes:
                exports = tuple(each.with_schedule(environment) for each in plan.exports)
                return plan.model_copy(update={"exports": exports}), "\n".join(reports)
        in_file = [((*original.get(path[:2], path[:2]), *path[2:]), reason) for path, reason in mistakes]
        reports.append(_report(in_file, located))
        if any(path[:2] not in original for path, _ in mistakes):
            raise SettingsError("\n".join(reports))
        left_out |= {path[:2] for path, _ in in_file}


def _without(data: Any, left_out: set[YamlPath]) -> tuple[Any, dict[YamlPath, YamlPath]]:
    """The file's data without these exports, and for each export that remains its path in the file."""
    exports = data.get("exports") if isinstance(data, dict) else None
    if not isinstance(exports, list):
        return data, {}
    kept = [index for index in range(len(exports)) if ("exports", index) not in left_out]
    original: dict[YamlPath, YamlPath] = {("exports", now): ("exports", index) for now, index in enumerate(kept)}
    return {**data, "exports": [exports[index] for index in kept]}, original


def _read(environment: Mapping[str, str], file: Path) -> Located:
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


def _validate(data: Any, file: Path) -> Plan:
    return Plan.model_validate(data, context={"folder": file.parent})


def _schedule_mistakes(plan: Plan, environment: Mapping[str, str]) -> Iterator[tuple[YamlPath, str]]:
    for index, each in enumerate(plan.exports):
        try:
            each.with_schedule(environment)
        except (LookupError, ValueError) as error:
            yield ("exports", index, "schedule"), str(error.args[0])


def _mistakes(error: ValidationError) -> list[tuple[YamlPath, str]]:
    """The path of each mistake, and the reason."""
    found: list[tuple[YamlPath, str]] = []
    for mistake in error.errors():
        cause = mistake.get("ctx", {}).get("error")
        if isinstance(cause, ConflictError):
            found += cause.found
        else:
            found.append((mistake["loc"], mistake["msg"].removeprefix("Value error, ")))
    return found


def _report(mistakes: list[tuple[YamlPath, str]], located: Located) -> str:
    """A line for each mistake: file and line, the setting's name, the reason."""
    lines = []
    for path, reason in mistakes:
        name = ".".join(str(part) for part in path)
        lines.append(f"{located.where(path)}: {name or 'file'}: {reason}")
    return "\n".join(lines)
