"""Packing: a raw file becomes a data package, written straight to a blob."""

from dataclasses import dataclass

from activities.landed import WRAPPED
from activities.parts import Files
from activities.reports import place
from landfall.chunked import open_chunked
from landfall.import_routes import Import, RawData, template_of
from landfall.packages.archives import RefusedPackageError
from landfall.packages.building import Package, Part
from landfall.packages.raw_files import RawFile
from landfall.records import Run
from landfall.services import Services
from landfall.transfer import Pinned, chunks, stream

PACKAGE = "package.zip"


@dataclass(frozen=True)
class Packed:
    """A package that was made: its data project, where it lies by its label, and what was changed, in words."""

    data_project: str
    files: dict[str, str]
    changes: tuple[str, ...]


def pack(known: Services, run: Run, route: Import, files: Files) -> Packed:
    """Wrap the files into one package.

    Raises RefusedPackageError, and SourceChangedError when a file is replaced meanwhile; then none is written.
    """
    parts = [_part(route, name, *file) for name, file in files.items()]
    data_project = route.data_project or parts[0].entity
    package = Package(data_project, parts, template_of(route.template) if route.template else None)
    wanted = place(run, PACKAGE)
    stream(iter(package), known.account.blob(wanted))
    changes = [f"{name}: {change}" for name, changes in package.changes.items() for change in changes]
    return Packed(data_project, {WRAPPED: wanted}, tuple(changes))


def _part(route: Import, name: str, entity: str, data: RawData, landed: Pinned) -> Part:
    raw = RawFile(name, landed.size, data.format or "", delimiter=data.delimiter, encoding=data.encoding)
    if route.template:
        entities = template_of(route.template).entities
        if entity not in entities:
            raise RefusedPackageError(f"the template has no entity {entity}; it has {', '.join(entities)}")
        raw = raw.mapped_as(entities[entity])
    return Part(entity, raw, lambda: open_chunked(chunks(landed)))
