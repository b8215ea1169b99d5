"""Packing: a raw file, or several, become a data package, written straight to a blob."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import timedelta

from azure.core.exceptions import ResourceNotFoundError

from activities.run_files import GONE, locate_part, report_path, source_of
from landfall.config.import_routes import ImportRoute, RawFormat, template_of
from landfall.ledger.file_labels import FileLabel
from landfall.packages.archives import RefusedPackageError
from landfall.packages.budget import Budget
from landfall.packages.building import Package, Part
from landfall.packages.manifest import Dialect
from landfall.records import LANDED, Run, Source
from landfall.services import Services
from landfall.storage.blocks import stream
from landfall.storage.files import open_chunked
from landfall.storage.pinned import Pinned, chunks, pin, sha256

PACKAGE = "package.zip"


class PartsComingError(Exception):
    """Parts are missing that may still land."""


class PartChangedError(Exception):
    """A part was replaced while it was read. Reading all of them again helps."""


@dataclass(frozen=True)
class RawInput:
    """A raw file to be wrapped: its name, the entity whose rows it holds, how it is read, and its version."""

    name: str
    entity: str
    data: RawFormat
    version: Pinned


@dataclass(frozen=True)
class Packed:
    """A package that was made: its data project, the path of each file by its label, and the changes in words."""

    data_project: str
    files: dict[str, str]
    changes: tuple[str, ...]


def find_parts(services: Services, run: Run, route: ImportRoute) -> tuple[Source, ...]:
    """The parts that lie beside the marker; for a later attempt those of the first one."""
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


def read_parts(
    services: Services, run: Run, route: ImportRoute, budget: Budget
) -> tuple[list[RawInput], tuple[Source, ...]]:
    """The parts to pack, in the route's order, and the run's parts with their hashes.

    Raises PartsComingError while others may still land, RefusedPackageError when they may not any more, and
    PartChangedError for a part that was replaced meanwhile.
    """
    sources = {part.name.rpartition("/")[2]: part for part in run.parts}
    missing = [part.file for part in route.parts if part.file not in sources and not part.optional]
    if missing:
        waited = services.now() - run.times[LANDED]
        if run.attempt == 1 and waited < timedelta(minutes=route.parts_wait_minutes):
            raise PartsComingError(", ".join(missing))
        raise RefusedPackageError(
            f"These parts did not land within {route.parts_wait_minutes:g} minutes of their marker: "
            f"{', '.join(missing)}. Drop all parts again, and then the marker."
        )
    with _raise_if_changed():
        inputs = [
            RawInput(part.file, str(part.entity), part, locate_part(services.account, run, sources[part.file]))
            for part in route.parts
            if part.file in sources
        ]
        hashes = {each.name: sha256(each.version, budget.spend) for each in inputs}
    return inputs, tuple(replace(part, sha256=hashes.get(name, part.sha256)) for name, part in sources.items())


def pack(services: Services, run: Run, route: ImportRoute, inputs: list[RawInput], budget: Budget) -> Packed:
    """Wrap the files into one package.

    Raises RefusedPackageError, and SourceChangedError when a file is replaced meanwhile; no package is written then.
    """
    dialects = services.plan.dialects(route.environment or "")
    parts = [_part(route, each, budget, dialects) for each in inputs]
    data_project = route.data_project or parts[0].raw.entity
    package = Package(data_project, parts, template_of(route.template) if route.template else None)
    path = report_path(run, PACKAGE)
    stream(iter(package), services.account.blob(path))
    changes = [f"{name}: {change}" for name, changes in package.changes.items() for change in changes]
    return Packed(data_project, {FileLabel.WRAPPED: path}, tuple(changes))


@contextmanager
def _raise_if_changed() -> Iterator[None]:
    try:
        yield
    except GONE:
        raise PartChangedError("a part was replaced while it was read") from None


def _part(route: ImportRoute, each: RawInput, budget: Budget, dialects: Mapping[str, Dialect]) -> Part:
    raw = replace(each.data.raw_file(each.name, each.version.size), entity=each.entity)
    if route.template:
        entities = template_of(route.template).entities
        if each.entity not in entities:
            raise RefusedPackageError(
                f"The route's template has no entity {each.entity}. It has {', '.join(entities)}."
            )
        raw = raw.mapped_as(entities[each.entity])
    raw = replace(raw, dialect=dialects.get(raw.source_format.upper()))
    return Part(raw, lambda: budget.meter(open_chunked(chunks(each.version))))
