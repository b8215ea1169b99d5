"""Makes a verified package visible in the target container: as it is, unpacked, or both."""

import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import IO

from azure.storage.blob import BlobClient

from landfall.config.target_path import PREVIEWS, Slot, target_path
from landfall.ledger.file_labels import FileLabel, data_file, is_data_file
from landfall.packages.manifest import Manifest, parse_manifest
from landfall.records import SLOT, Run
from landfall.services import Services
from landfall.storage.account import EXPORTS
from landfall.storage.blocks import BLOCK, stream
from landfall.storage.files import THROUGH, open_ranged
from landfall.storage.pinned import Pinned, pin
from landfall.storage.transfer import copy


@dataclass(frozen=True)
class ExportedPackage:
    """An exported package that has arrived, opened: its version, its zip and its manifest."""

    version: Pinned
    archive: zipfile.ZipFile
    manifest: Manifest


@contextmanager
def open_exported(package: BlobClient) -> Iterator[ExportedPackage]:
    """The package, read by ranges; raises what zipfile, `parse_manifest` and a missing manifest (KeyError) raise."""
    version = pin(package)
    with (
        open_ranged(version.blob, size=version.size, etag=version.etag, block=THROUGH) as file,
        zipfile.ZipFile(file) as archive,
    ):
        yield ExportedPackage(version, archive, parse_manifest(archive.read("Manifest.xml")))


def receipt_path(files: Mapping[str, str]) -> str | None:
    """Where readers of a delivery find its receipt: beside the package, or beside the folder of its files."""
    folders = (path.rpartition("/")[0] for label, path in files.items() if is_data_file(label))
    delivered = files.get(FileLabel.PACKAGE) or next(folders, None)
    return f"{delivered}.receipt.json" if delivered else None


def publish(services: Services, run: Run, package: ExportedPackage) -> dict[str, str]:
    """Make the package visible under its final name; returns the path of each file by its label.

    Each file appears whole, in one step of the storage service, and the package after its data files.
    """
    path, unpack = _target(services, run), services.terms_of(run).unpack
    files = {} if unpack == "never" else _unpack(services, package, path.removesuffix(".zip"))
    if unpack != "instead":
        copy(package.version, services.account.blob(path), services.account.read_grant)
        files[FileLabel.PACKAGE] = path
    return files


def _target(services: Services, run: Run) -> str:
    """Where the run's package belongs, as `container/name`. Previews are kept apart from deliveries."""
    slot = Slot(run.times[SLOT], run.demand.request if run.demand else None)
    path = target_path(services.terms_of(run).target, export=str(run.export), company=str(run.company), slot=slot)
    preview = run.demand is not None and run.demand.preview is not None
    return f"{EXPORTS}/{PREVIEWS}/{path}" if preview else f"{EXPORTS}/{path}"


def _unpack(services: Services, package: ExportedPackage, folder: str) -> dict[str, str]:
    """Write the data files that the manifest names, one by one, with one block in memory at a time."""
    names = set(package.archive.namelist())
    files = {}
    for name in sorted({each.file for each in package.manifest.entities if each.file in names}):
        with package.archive.open(name) as content:
            stream(_pieces(content), services.account.blob(f"{folder}/{name}"))
        files[data_file(name)] = f"{folder}/{name}"
    return files


def _pieces(content: IO[bytes]) -> Iterator[bytes]:
    while piece := content.read(BLOCK):
        yield piece
