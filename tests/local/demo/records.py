"""Samples and runs for the tests in this folder."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from landfall.cli.app_api import Run
from local.demo.samples import Attempt, Sample


def attempt(
    outcome: str = "Succeeded",
    after: str | None = None,
    entities: Mapping[str, Mapping[str, int]] | None = None,
    rejected: frozenset[tuple[str, str]] = frozenset(),
) -> Attempt:
    """An attempt, expected to succeed by default."""
    return Attempt(outcome, entities or {}, rejected, after=after)


def sample(name: str, *attempts: Attempt) -> Sample:
    """A sample for company USMF."""
    return Sample(name, name, Path(f"{name}.zip"), "USMF", attempts or (attempt(),))


def make_run(name: str, state: str = "Done", outcome: str | None = "Succeeded", **rest: Any) -> Run:
    """A run as the app's API returns it."""
    return {
        "run_id": f"imp-{name}",
        "kind": "import",
        "state": state,
        "outcome": outcome if state == "Done" else None,
        "reason": None,
        "source": {"name": f"packages/USMF/{name}.zip", "etag": "0x1", "size": 1, "sha256": "00"},
        "attempt": 1,
        "entities": [],
        "files": {},
        **rest,
    }


def make_export(slot: str, **rest: Any) -> Run:
    """A run of the export `groups` for company USMF."""
    about = {"kind": "export", "run_id": f"exp-groups-USMF-{slot}", "source": None, "times": {"Slot": slot}}
    return make_run("", **about, export="groups", company="USMF", **rest)
