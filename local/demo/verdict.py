"""Compares a ride's result with its sample: the outcome, the counts, and the rows in errors.csv."""

import csv
import zipfile
from collections.abc import Mapping
from pathlib import Path

from local.demo.tour import Ride


def complaints(ride: Ride, files: Mapping[str, Path]) -> list[str]:
    """Return a sentence per difference between an ended ride and its sample; `files` are its reports by label."""
    if ride.run is None:
        return ["it has no run"]
    found = []
    if not ride.as_expected:
        expected = f"its sample expects {ride.expected.outcome}" if ride.expected else "an export must succeed"
        found.append(f"it ended as {ride.run['outcome']} ({ride.run['reason']}), but {expected}")
    if "receipt" not in files:
        found.append("it has no receipt")
    if ride.run["kind"] == "export":
        return found + [
            f"{file.name} is not a zip file"
            for file in files.values()
            if file.suffix == ".zip" and not zipfile.is_zipfile(file)
        ]
    return found + _compare_counts(ride) + _compare_rejected_rows(ride, files.get("errors"))


def _compare_counts(ride: Ride) -> list[str]:
    counted = {each["entity"]: each for each in ride.run["entities"]} if ride.run else {}
    expected = ride.expected.entities if ride.expected else {}
    found = []
    for entity, wanted in expected.items():
        got = {name: counted.get(entity, {}).get(name) for name in wanted}
        if got != wanted:
            found.append(f"{entity}: F&O counted {got}, but the sample expects {dict(wanted)}")
    return found


def _compare_rejected_rows(ride: Ride, errors: Path | None) -> list[str]:
    wanted = ride.expected.rejected if ride.expected else frozenset()
    named: set[tuple[str, str]] = set()
    if errors is not None:
        with errors.open(encoding="utf-8-sig", newline="") as file:
            named = {(row["entity"], row["key"]) for row in csv.DictReader(file) if row["key"]}
    missing = [f"errors.csv does not name {entity} {key}" for entity, key in sorted(wanted - named)]
    return missing + [f"errors.csv names {entity} {key}, which is a good row" for entity, key in sorted(named - wanted)]
