"""The sample files and the result that each must have, as samples/build.py lists them."""

import json
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from landfall.cli.dropping import package_path

Row = tuple[str, str]
"""A row as (entity, key)."""


@dataclass(frozen=True)
class Attempt:
    """The expected result of one attempt of a sample.

    `entities` holds the counts by entity (staged, created, updated, failed), `rejected` the rows that errors.csv must
    name, `exported` the rows that an export must deliver. The attempt starts after the sample named in `after` has
    ended; with `after_export` it also waits for a delivered export, so that the next export delivers the difference.
    """

    outcome: str
    entities: Mapping[str, Mapping[str, int]]
    rejected: frozenset[Row] = frozenset()
    exported: frozenset[Row] = frozenset()
    after: str | None = None
    after_export: bool = False


@dataclass(frozen=True)
class Sample:
    """A built file with its target company and its attempts: the first one drops the file, the others rerun it."""

    name: str
    title: str
    path: Path
    company: str
    attempts: tuple[Attempt, ...]

    @property
    def blob(self) -> str:
        """The file's name in the landing container."""
        return package_path(self.path.name, self.company)


def build(script: Path, out: Path) -> list[Sample]:
    """Run the build script and return the samples that it built in `out`."""
    subprocess.run([sys.executable, str(script), str(out)], check=True, stdout=subprocess.DEVNULL)
    return [_sample(raw, out) for raw in json.loads((out / "samples.json").read_text(encoding="utf-8"))]


def _sample(raw: Mapping[str, Any], out: Path) -> Sample:
    attempts = tuple(_attempt(each) for each in raw["attempts"])
    return Sample(raw["name"], raw["title"], out / raw["file"], raw["company"], attempts)


def _attempt(raw: Mapping[str, Any]) -> Attempt:
    rows = {name: _rows(raw.get(name, {})) for name in ("rejected", "exported")}
    return Attempt(**{"entities": {}, **raw, **rows})


def _rows(keys: Mapping[str, list[Any]]) -> frozenset[Row]:
    return frozenset((entity, str(key)) for entity, values in keys.items() for key in values)
