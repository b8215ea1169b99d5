"""Makes a verified package visible in the target container: as it is, unpacked, or both."""

import zipfile
from collections.abc import Iterator, Mapping
from typing import IO

from azure.storage.blob import BlobClient

from landfall.config.target_path import PREVIEWS, Slot, target_path
from landfall.file_labels import FileLabel, data_file, is_data_file
from landfall.packages.manifest import parse_manifest
from landfall.records import SLOT, Run
from landfall.services import Services
from landfall.storage.account import EXPORTS
from landfall.storage.blocks import BLOCK, stream
from landfall.storage.files import THROUGH, open_ranged
from landfall.storage.pinned import pin
from landfall.storage.transfer import copy


def place_of(services: Services, run: Run) -> str:
    """Where the run's package belongs, as `container/name`; a preview's lies apart from deliveries."""
    export = services.plan.export(run.export)
    slot = Slot(run.times[SLOT], run.demand.request if run.demand else None)
    path = target_path(export.target, export=export.name, company=str(run.company), slot=slot)
    preview = run.demand is not None and run.demand.preview is not None
    return f"{EXPORTS}/{PREVIEWS}/{path}" if preview else f"{EXPORTS}/{path}"


def receipt_beside(files: Mapping[str, str]) -> str | None:
    """Where the receipt lies for who reads what was delivered: next to the package, or to the folder of its files."""
    folders = (place.rpartition("/")[0] for label, place in files.items() if is_data_file(label))
    delivered = files.get(FileLabel.PACKAGE) or next(folders, None)
    return f"{delivered}.receipt.json" if delivered else None


def publish(services: Services, run: Run, held: BlobClient) -> dict[str, str]:
    """Make the package visible under its final name; what lies where, by label.

    Each file appears in one step of the storage service, whole, and the package after its data files.
    """
    place, unpack = place_of(services, run), services.plan.export(run.export).unpack
    files = {} if unpack == "never" else _unpacked(services, held, place.removesuffix(".zip"))
    if unpack != "instead":
        copy(pin(held), services.account.blob(place), services.account.read_grant)
        files[FileLabel.PACKAGE] = place
    return files


def _unpacked(services: Services, held: BlobClient, folder: str) -> dict[str, str]:
    """Write the data files that the manifest names, entry by entry, a block in memory at a time."""
    version, files = pin(held), {}
    with (
        open_ranged(version.blob, size=version.size, etag=version.etag, block=THROUGH) as file,
        zipfile.ZipFile(file) as archive,
    ):
        entities = parse_manifest(archive.read("Manifest.xml")).entities
        there = set(archive.namelist())
        for name in sorted({each.file for each in entities if each.file in there}):
            with archive.open(name) as content:
                stream(_pieces(content), services.account.blob(f"{folder}/{name}"))
            files[data_file(name)] = f"{folder}/{name}"
    return files


def _pieces(content: IO[bytes]) -> Iterator[bytes]:
    while piece := content.read(BLOCK):
        yield piece
