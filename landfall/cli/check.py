"""`python -m landfall.cli.check [FILE]`: names every mistake in landfall.yaml, and what the app needs beside it."""

import os
import sys
from argparse import ArgumentParser
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TextIO

from landfall.cli.needed_settings import needed_settings
from landfall.cli.overlaps import overlapping
from landfall.cli.time_limits import answer_limit_mistake, function_timeout
from landfall.config.environments import unknown_settings
from landfall.config.mistakes import named, report
from landfall.config.plan import Plan
from landfall.config.plan_file import SettingsError, file_of, read_plan, read_source
from landfall.config.usable import unknown_names
from landfall.config.yaml_source import Located


def check(arguments: Sequence[str], environment: Mapping[str, str], out: TextIO) -> int:
    """Print the mistakes in the file, or what it contains, needs, and may not mean; return the exit code."""
    parser = ArgumentParser("python -m landfall.cli.check", description="Name every mistake in landfall.yaml.")
    parser.add_argument("file", nargs="?", type=Path, default=file_of(environment), metavar="FILE")
    file: Path = parser.parse_args(arguments).file
    try:
        plan = read_plan(environment, file)
    except SettingsError as mistakes:
        print(mistakes, file=out)
        return 1
    if mistake := answer_limit_mistake(plan.submission.answer_seconds, function_timeout(environment)):
        print(f"{file.name}: {mistake}", file=out)
        return 1
    located, _ = read_source(environment, file)
    if wrong := [report(path, reason, located) for path, reason in unknown_names(plan)]:
        print("\n".join(wrong), file=out)
        return 1
    print(f"{file.name}: {len(plan.imports)} imports, {len(plan.exports)} exports, no mistakes", file=out)
    for note in (
        *_overlaps(plan, located),
        *_unknown_names(plan, located),
        *unknown_settings(environment, plan.environments),
    ):
        print(f"note: {note}", file=out)
    print("\nApp settings that it needs, and whether they are set in this shell:", file=out)
    for each in needed_settings(plan, located, environment):
        print(f"  {'set    ' if each.is_set else 'not set'}  {each.name}  ({each.why})", file=out)
    return 0


def _overlaps(plan: Plan, located: Located) -> Iterator[str]:
    for earlier, later, example, is_all in overlapping(plan.imports):
        one, other = (("imports", each) for each in (earlier, later))
        where, first, second = located.where(other), named(one, located), named(other, located)
        if is_all:
            yield f"{where}: {second} never takes a file, because {first} takes all of its paths: move it before {first}"
        else:
            yield f"{where}: {first} takes some of the paths of {second}, such as {example}"


def _unknown_names(plan: Plan, located: Located) -> Iterator[str]:
    """The names in `after` and `except` that mean nothing, perhaps because they are misspelt."""
    routes = {each.name for each in plan.imports}
    names = routes | {each.name for each in plan.exports}
    for index, route in enumerate(plan.imports):
        for name in set(route.after) - routes:
            path = ("imports", index, "after")
            yield f"{located.where(path)}: {named(path, located)}: there is no route {name}, so nothing is waited for"
    for index, freeze in enumerate(plan.freeze):
        for name in set(freeze.allowed) - names:
            path = ("freeze", index, "except")
            yield f"{located.where(path)}: {named(path, located)}: there is no route and no export {name}"


if __name__ == "__main__":
    sys.exit(check(sys.argv[1:], os.environ, sys.stdout))
