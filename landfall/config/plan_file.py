"""Reads landfall.yaml into a plan, and names every mistake in it with its line."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError

from landfall.config.mistakes import mistakes_of, report
from landfall.config.plan import Plan
from landfall.config.yaml_source import Located, read_yaml

DEFAULT_FILE = Path(__file__).parents[2] / "landfall.yaml"
FILE_SETTING = "LANDFALL_FILE"
"""App setting that names another file, for an app that is deployed several times with a file for each."""
OVERRIDE = "LANDFALL__"
"""Prefix of app settings that override a value of landfall.yaml: LANDFALL__POLLING__FLOOR_SECONDS=1."""
TWICE = "it is set a second time; remove one of the two"


class SettingsError(Exception):
    """The settings cannot be used; the message names every mistake with its line and what to do."""


def file_of(environment: Mapping[str, str]) -> Path:
    """The file that the environment names, relative to the app's folder; landfall.yaml by default."""
    return DEFAULT_FILE.parent / (environment.get(FILE_SETTING) or DEFAULT_FILE)


def read_plan(environment: Mapping[str, str], file: Path | None = None) -> Plan:
    """landfall.yaml with the environment's overrides; SettingsError names every mistake."""
    file = file or file_of(environment)
    located, lines = read_source(environment, file)
    lines += [report(path, TWICE, located) for path in located.twice]
    try:
        plan = validate(located.data, file)
    except ValidationError as error:
        lines += [report(*each, located) for each in mistakes_of(error, Plan, located, lambda path: path)]
    if lines:
        raise SettingsError("\n".join(lines))
    return plan


def read_source(environment: Mapping[str, str], file: Path) -> tuple[Located, list[str]]:
    """The file with the environment's overrides, and a line for each mistake that keeps one of them from being read."""
    located, mistakes = Located(file.name, {}, {}, is_read=False), []
    try:
        read = read_yaml(file.read_text(encoding="utf-8"), file.name)
        if isinstance(read.data, dict):
            located = read
        else:
            mistakes.append(f"{read.where(())}: file: it must consist of settings like imports: and exports:")
    except OSError as error:
        mistakes.append(f"{file}: {error.strerror}")
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f"{file.name}:{mark.line + 1}" if mark else file.name
        mistakes.append(f"{where}: file: it is not valid YAML: {getattr(error, 'problem', None) or error}")
    except (ValueError, RecursionError) as error:  # not UTF-8, a date that does not exist, too deep
        mistakes.append(f"{file.name}: file: {error}")
    for key, value in environment.items():
        if key.upper().startswith(OVERRIDE):
            try:
                located.override(key[len(OVERRIDE) :].lower().split("__"), value, key)
            except ValueError as error:
                mistakes.append(str(error))
    return located, mistakes


def validate(data: Any, file: Path) -> Plan:
    """The plan that the file's data says; raises pydantic's ValidationError."""
    return Plan.model_validate(data, context={"folder": file.parent})
