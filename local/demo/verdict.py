"""Whether a ride ended as it must: its outcome, its counts, and the rows that errors.csv names."""

import csv
import zipfile
from collections.abc import Mapping
from pathlib import Path

from local.demo.tour import Ride


def complaints(ride: Ride, files: Mapping[str, Path]) -> list[str]:
    """Return what is wrong with a ride that has ended, in words; `files` are its reports by label."""
    if ride.run is None:
        return ["it has no run"]
    found = []
    if not ride.as_expected:
        wanted = f"its sample says {ride.expected.outcome}" if ride.expected else "an export must succeed"
        found.append(f"it ended {ride.run['outcome']} ({ride.run['reason']}), {wanted}")
    if "receipt" not in files:
        found.append("it has no receipt")
    if ride.run["kind"] == "export":
        return found + [
            f"{file.name} is no zip"
            for file in files.values()
            if file.suffix == ".zip" and not zipfile.is_zipfile(file)
        ]
    return found + _counts(ride) + _rejected(ride, files.get("errors"))


def _counts(ride: Ride) -> list[str]:
    counted = {each["entity"]: each for each in ride.run["entities"]} if ride.run else {}
    expected = ride.expected.entities if ride.expected else {}
    found = []
    for entity, wanted in expected.items():
        got = {name: counted.get(entity, {}).get(name) for name in wanted}
        if got != wanted:
            found.append(f"{entity}: counted {got}, its sample says {dict(wanted)}")
    return found


def _rejected(ride: Ride, errors: Path | None) -> list[str]:
    wanted = ride.expected.rejected if ride.expected else frozenset()
    named: set[tuple[str, str]] = set()
    if errors is not None:
        with errors.open(encoding="utf-8-sig", newline="") as file:
            named = {(row["entity"], row["key"]) for row in csv.DictReader(file) if row["key"]}
    missing = [f"errors.csv does not name {entity} {key}" for entity, key in sorted(wanted - named)]
    return missing + [
        f"errors.csv names {entity} {key}, a good row" for entity, key in sorted(named - wanted)
    ]
