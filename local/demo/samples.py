"""The sample files and what each must end with, as samples/build.py lists them."""

import json
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from landfall.cli.dropping import package_path

Row = tuple[str, str]
"""A row by its entity's label and its key."""


@dataclass(frozen=True)
class Attempt:
    """How one try of a sample must end.

    `entities` holds the counts by entity label (staged, created, updated, failed), `rejected` the rows that errors.csv
    must name, `exported` those that an export must bring. `after` names the sample that must have been imported before
    this try; with `after_export` an export must have been delivered before, so that the next one brings the difference.
    """

    outcome: str
    entities: Mapping[str, Mapping[str, int]]
    rejected: frozenset[Row] = frozenset()
    exported: frozenset[Row] = frozenset()
    after: str | None = None
    after_export: bool = False


@dataclass(frozen=True)
class Sample:
    """A built file, where it lands, and how its tries must end: the first by dropping it, the next by reruns."""

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
    """Run the build script and return what it made, in `out`."""
    subprocess.run([sys.executable, str(script), str(out)], check=True, stdout=subprocess.DEVNULL)
    return [_sample(raw, out) for raw in json.loads((out / "samples.json").read_text(encoding="utf-8"))]


def _sample(raw: Mapping[str, Any], out: Path) -> Sample:
    attempts = tuple(_attempt(each) for each in raw["attempts"])
    return Sample(raw["name"], raw["title"], out / raw["file"], raw["company"], attempts)


def _attempt(raw: Mapping[str, Any]) -> Attempt:
    return Attempt(
        outcome=raw["outcome"],
        entities=raw.get("entities", {}),
        rejected=_rows(raw.get("rejected", {})),
        exported=_rows(raw.get("exported", {})),
        after=raw.get("after"),
        after_export=raw.get("after_export", False),
    )


def _rows(keys: Mapping[str, list[Any]]) -> frozenset[Row]:
    return frozenset((entity, str(key)) for entity, those in keys.items() for key in those)
