"""Parts: several landed files that become one package once their ready marker has landed."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta

from azure.core.exceptions import ResourceNotFoundError

from activities.landed import GONE, locate_part, source_of
from landfall.import_routes import Import, RawData
from landfall.packages.archives import RefusedPackageError
from landfall.records import Run, Source
from landfall.services import Services
from landfall.transfer import Pinned, pin, sha256

Files = dict[str, tuple[str, RawData, Pinned]]
"""Raw files by name: the entity whose rows each has, how it is read, and the version."""


class PartsComingError(Exception):
    """Parts are missing that may still come."""


class PartChangedError(Exception):
    """A part was replaced while it was read; reading all of them again helps."""


def find_parts(known: Services, run: Run, route: Import) -> tuple[Source, ...]:
    """The parts that lie beside the marker; for a further attempt those that the first one had."""
    if run.attempt > 1:
        return run.parts
    marker = source_of(run)
    folder = marker.name.rpartition("/")[0]
    found = []
    for part in route.parts:
        name = f"{folder}/{part.file}"
        try:
            landed = pin(known.account.blob(f"{marker.container}/{name}"))
        except ResourceNotFoundError:
            continue
        found.append(Source(marker.container, name, landed.etag, landed.size))
    return tuple(found)


def open_parts(known: Services, run: Run, route: Import) -> Files:
    """The parts to pack, in the route's order.

    Raises PartsComingError while others may still land, RefusedPackageError when they may not any more, and
    PartChangedError for a part that is another one by now.
    """
    there = {part.name.rpartition("/")[2]: part for part in run.parts}
    missing = [part.file for part in route.parts if part.file not in there and not part.optional]
    if missing:
        waited_for = known.now() - run.times["Landed"]
        if run.attempt == 1 and waited_for < timedelta(minutes=route.parts_wait_minutes):
            raise PartsComingError(", ".join(missing))
        raise RefusedPackageError(
            f"these parts did not land within {route.parts_wait_minutes:g} minutes of their marker: "
            f"{', '.join(missing)}; drop all parts, and then the marker, again"
        )
    with _whole():
        return {
            part.file: (str(part.entity), part, locate_part(known.account, run, there[part.file]))
            for part in route.parts
            if part.file in there
        }


def hashed_parts(known: Services, run: Run) -> tuple[Source, ...]:
    """The run's parts with their hashes; PartChangedError for a part that is another one by now."""
    with _whole():
        return tuple(
            replace(part, sha256=sha256(locate_part(known.account, run, part))) for part in run.parts
        )


@contextmanager
def _whole() -> Iterator[None]:
    try:
        yield
    except GONE:
        raise PartChangedError("a part was replaced while it was read") from None
