"""repair.zip: a package of only the rejected rows, unchanged, to be corrected and dropped again."""

import shutil
import zipfile
from collections.abc import Callable, Iterator, Sequence
from typing import IO

from landfall.packages.file_names import MANIFEST
from landfall.packages.formats import format_for
from landfall.packages.formats.xml_slices import cut
from landfall.packages.manifest import Manifest

Positions = Callable[[int], Iterator[int]]
"""By an entity's number in the manifest: the positions of the rows to keep, in ascending order."""
LONG_FILE = 1 << 31
"""Bytes from which a zip entry has to announce its length in 64 bits."""


def build_repair(
    archive: zipfile.ZipFile, manifest: Manifest, chosen: Sequence[int], positions: Positions, target: IO[bytes]
) -> None:
    """Write a package of the chosen entities, by number, with only the rows at the given positions.

    Formats, encodings, quoting and unmapped columns stay as they are, and so do the package's other files. Raises
    UnreadableRowsError and ValueError for files that cannot be read.
    """
    entities = manifest.entities
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as repaired:
        for entry in archive.infolist():
            of_file = [number for number, each in enumerate(entities) if each.file == entry.filename]
            kept = [(entities[number], positions(number)) for number in of_file if number in chosen]
            if of_file and not kept:
                continue
            copy = zipfile.ZipInfo(entry.filename, entry.date_time)
            copy.compress_type = zipfile.ZIP_DEFLATED
            with (
                archive.open(entry) as content,
                repaired.open(copy, "w", force_zip64=entry.file_size >= LONG_FILE) as written,
            ):
                if entry.filename.lower() == MANIFEST.lower():
                    written.writelines(cut(content, chosen, 2, "PackageEntityList"))
                elif kept:
                    format_for(kept[0][0]).copy_rows(content, kept, written)
                else:
                    shutil.copyfileobj(content, written)
