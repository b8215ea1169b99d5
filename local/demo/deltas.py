"""Checks that the exports delivered the rows of the samples: all rows first, and then only the changed ones."""

import csv
import io
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path, PurePosixPath

from local.demo.samples import Row, Sample
from local.demo.tour import Ride

UTF_16 = b"\xff\xfe"


def export_mistakes(
    rides: Sequence[Ride], files: Mapping[str, Mapping[str, Path]], samples: Sequence[Sample]
) -> list[str]:
    """Return a sentence per lost or repeated row; `files` holds the rides' files by ride and then by kind."""
    delivered = sorted(
        (ride.run["times"]["Slot"], files[ride.label]["package"])
        for ride in rides
        if ride.sample is None and ride.run and "package" in files.get(ride.label, {})
    )
    packages = [exported_rows(package) for _, package in delivered]
    tries = [each for sample in samples for each in sample.attempts]
    written = frozenset[Row]().union(*(each.exported for each in tries))
    changed = frozenset[Row]().union(*(each.exported for each in tries if each.after_export))
    later = set[Row]().union(*packages[1:])
    lost = (written - later.union(*packages[:1])) | (changed - later)
    return [f"no export delivered {entity} {key}" for entity, key in sorted(lost)] + [
        f"an export delivered {entity} {key} again, although it had not changed"
        for entity, key in sorted(later - written)
    ]


def exported_rows(package: Path) -> set[Row]:
    """Return the rows of a package's CSV files as (entity, key); the key is the first column."""
    found: set[Row] = set()
    with zipfile.ZipFile(package) as archive:
        for name in archive.namelist():
            if name.endswith(".csv"):
                content = archive.read(name)
                text = content.decode("utf-16" if content.startswith(UTF_16) else "utf-8-sig")
                _, *rows = csv.reader(io.StringIO(text, newline=""))
                found |= {(PurePosixPath(name).stem, row[0]) for row in rows if row}
    return found
