"""Builds data packages from raw files, piece by piece, so that no file is ever in memory as a whole."""

import io
import zipfile
from collections.abc import Callable, Generator, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from landfall.packages.checks import read_package, read_xml
from landfall.packages.file_names import HEADER, MANIFEST, RESOURCES, data_file_name
from landfall.packages.formats import wrap
from landfall.packages.formats.raw_files import RawFile, Wrapped
from landfall.packages.manifest import Manifest, PackageEntity
from landfall.packages.manifest_writing import revise_manifest, write_header, write_manifest

LONG_AGO = (1980, 1, 1, 0, 0, 0)
"""The time of every entry, so that the same files give the same package, byte for byte."""
LARGE = 1 << 29
"""Bytes of a raw file from which its entry has zip's 64-bit form: as UTF-16 it may exceed the 2 GiB that zipfile
writes in the short form."""
FAST = 1
"""The level of deflate: fast, since a package is read only once."""


@dataclass(frozen=True)
class Template:
    """A package whose data files are to be replaced; `entities` has those that it maps, by label."""

    manifest: bytes
    entities: dict[str, PackageEntity]
    resources: dict[str, bytes]


@dataclass(frozen=True)
class Part:
    """A raw file for a package, and a function that opens it, to be called once."""

    raw: RawFile
    open: Callable[[], IO[bytes]]


def read_template(file: Path) -> Template:
    """A template from a file; raises RefusedPackageError for one that cannot be used, OSError for a missing one."""
    with file.open("rb") as content:
        manifest = read_package(content, file.stat().st_size)
        with zipfile.ZipFile(content) as archive:
            resources = {
                name: archive.read(name)
                for name in archive.namelist()
                if name.startswith(RESOURCES) and not name.endswith("/")
            }
            return Template(read_xml(archive, MANIFEST), {each.label: each for each in manifest.entities}, resources)


class Package:
    """A package to be built: iterate over its bytes, then read `changes`.

    Iterating raises RefusedPackageError for a part that must not be sent.
    """

    def __init__(self, data_project: str, parts: Sequence[Part], template: Template | None = None) -> None:
        self._data_project = data_project
        self._parts = parts
        self._template = template
        self.changes: dict[str, tuple[str, ...]] = {}
        """A clause for each change made to a file, by its name."""

    def __iter__(self) -> Iterator[bytes]:
        """The zip's bytes: first the data files, since the other files depend on what they contain."""
        out = _Out()
        entities: list[PackageEntity] = []
        with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=FAST) as archive:
            for number, part in enumerate(self._parts, start=1):
                name = data_file_name(part.raw.name)
                if any(name.lower() == each.file.lower() for each in entities):
                    name = f"{number}-{name}"
                entities.append((yield from self._add(archive, out, part, name)))
            for name, content in self._other_files(entities).items():
                archive.writestr(_entry(name), content)
        yield out.take()

    def _add(
        self, archive: zipfile.ZipFile, out: "_Out", part: Part, name: str
    ) -> Generator[bytes, None, PackageEntity]:
        """Write a part's data file under a name; returns its entity for the manifest."""
        pieces = wrap(part.raw, part.open())
        with archive.open(_entry(name), "w", force_zip64=part.raw.size > LARGE) as entry:
            while True:
                try:
                    entry.write(next(pieces))
                except StopIteration as end:
                    wrapped: Wrapped = end.value
                    break
                yield out.take()
        renamed = (f"it was sent as {name}",) if name != part.raw.name else ()
        self.changes[part.raw.name] = (*wrapped.changes, *renamed)
        return PackageEntity(part.raw.entity, name, part.raw.source_format, wrapped.mapping, wrapped.sheet)

    def _other_files(self, entities: list[PackageEntity]) -> dict[str, bytes]:
        files = {HEADER: write_header(self._data_project)}
        if self._template is None:
            return {MANIFEST: write_manifest(Manifest(self._data_project, tuple(entities))), **files}
        replaced = {entity.label: entity for entity in entities}
        manifest = revise_manifest(self._template.manifest, self._data_project, replaced)
        return {MANIFEST: manifest, **files, **self._template.resources}


class _Out(io.RawIOBase):
    """Keeps what zipfile writes until it is taken; it is not seekable, so zipfile never goes back."""

    def __init__(self) -> None:
        super().__init__()
        self._held = bytearray()

    def writable(self) -> bool:
        return True

    def write(self, data: bytes) -> int:  # type: ignore[override]
        self._held += data
        return len(memoryview(data))

    def take(self) -> bytes:
        """The bytes written since the last call."""
        taken, self._held = bytes(self._held), bytearray()
        return taken


def _entry(name: str) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(name, LONG_AGO)
    entry.compress_type = zipfile.ZIP_DEFLATED
    return entry
