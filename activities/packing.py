"""Packing: a raw file becomes a data package, written straight to a blob."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import timedelta

from azure.core.exceptions import ResourceNotFoundError

from activities.run_files import GONE, locate_part, place, source_of
from landfall.config.import_routes import ImportRoute, RawFormat, template_of
from landfall.file_labels import FileLabel
from landfall.packages.archives import RefusedPackageError
from landfall.packages.building import Package, Part
from landfall.records import LANDED, Run, Source
from landfall.services import Services
from landfall.storage.files import open_chunked
from landfall.storage.transfer import Pinned, chunks, pin, sha256, stream

Files = dict[str, tuple[str, RawFormat, Pinned]]
"""Raw files by name: the entity whose rows each has, how it is read, and the version."""


class PartsComingError(Exception):
    """Parts are missing that may still come."""


class PartChangedError(Exception):
    """A part was replaced while it was read; reading all of them again helps."""


def find_parts(services: Services, run: Run, route: ImportRoute) -> tuple[Source, ...]:
    """The parts that lie beside the marker; for a further attempt those that the first one had."""
    if run.attempt > 1:
        return run.parts
    marker = source_of(run)
    folder = marker.name.rpartition("/")[0]
    found = []
    for part in route.parts:
        name = f"{folder}/{part.file}"
        try:
            landed = pin(services.account.blob(f"{marker.container}/{name}"))
        except ResourceNotFoundError:
            continue
        found.append(Source(marker.container, name, landed.etag, landed.size))
    return tuple(found)


def open_parts(services: Services, run: Run, route: ImportRoute) -> Files:
    """The parts to pack, in the route's order.

    Raises PartsComingError while others may still land, RefusedPackageError when they may not any more, and
    PartChangedError for a part that is another one by now.
    """
    there = {part.name.rpartition("/")[2]: part for part in run.parts}
    missing = [part.file for part in route.parts if part.file not in there and not part.optional]
    if missing:
        waited_for = services.now() - run.times[LANDED]
        if run.attempt == 1 and waited_for < timedelta(minutes=route.parts_wait_minutes):
            raise PartsComingError(", ".join(missing))
        raise RefusedPackageError(
            f"these parts did not land within {route.parts_wait_minutes:g} minutes of their marker: "
            f"{', '.join(missing)}; drop all parts, and then the marker, again"
        )
    with _whole():
        return {
            part.file: (str(part.entity), part, locate_part(services.account, run, there[part.file]))
            for part in route.parts
            if part.file in there
        }


def hashed_parts(services: Services, run: Run) -> tuple[Source, ...]:
    """The run's parts with their hashes; PartChangedError for a part that is another one by now."""
    with _whole():
        return tuple(
            replace(part, sha256=sha256(locate_part(services.account, run, part))) for part in run.parts
        )


@contextmanager
def _whole() -> Iterator[None]:
    try:
        yield
    except GONE:
        raise PartChangedError("a part was replaced while it was read") from None


PACKAGE = "package.zip"


@dataclass(frozen=True)
class Packed:
    """A package that was made: its data project, where it lies by its label, and what was changed, in words."""

    data_project: str
    files: dict[str, str]
    changes: tuple[str, ...]


def pack(services: Services, run: Run, route: ImportRoute, files: Files) -> Packed:
    """Wrap the files into one package.

    Raises RefusedPackageError, and SourceChangedError when a file is replaced meanwhile; then none is written.
    """
    parts = [_part(route, name, *file) for name, file in files.items()]
    data_project = route.data_project or parts[0].entity
    package = Package(data_project, parts, template_of(route.template) if route.template else None)
    wanted = place(run, PACKAGE)
    stream(iter(package), services.account.blob(wanted))
    changes = [f"{name}: {change}" for name, changes in package.changes.items() for change in changes]
    return Packed(data_project, {FileLabel.WRAPPED: wanted}, tuple(changes))


def _part(route: ImportRoute, name: str, entity: str, data: RawFormat, landed: Pinned) -> Part:
    raw = data.raw_file(name, landed.size)
    if route.template:
        entities = template_of(route.template).entities
        if entity not in entities:
            raise RefusedPackageError(f"the template has no entity {entity}; it has {', '.join(entities)}")
        raw = raw.mapped_as(entities[entity])
    return Part(entity, raw, lambda: open_chunked(chunks(landed)))
