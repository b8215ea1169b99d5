"""`python -m landfall.cli.check [FILE]`: names every mistake in landfall.yaml with its line."""

import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TextIO

from landfall.config.plan_file import SettingsError, file_of, read_plan


def check(arguments: Sequence[str], environment: Mapping[str, str], out: TextIO) -> int:
    """Print the mistakes in the file, or what it contains; return the exit code."""
    file = Path(arguments[0]) if arguments else file_of(environment)
    try:
        plan = read_plan(environment, file)
    except SettingsError as mistakes:
        print(mistakes, file=out)
        return 1
    print(f"{file.name}: {len(plan.imports)} imports, {len(plan.exports)} exports, no mistakes", file=out)
    return 0


if __name__ == "__main__":
    sys.exit(check(sys.argv[1:], os.environ, sys.stdout))
