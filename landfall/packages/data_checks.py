"""Checks the beginning of a package's data files: format, encoding, line ends, header row and a first row."""

import zipfile
from contextlib import suppress

from landfall.packages.archives import DAMAGED, RefusedPackageError
from landfall.packages.checks import refuse_unmapped
from landfall.packages.formats import check_file, is_composite
from landfall.packages.formats.rows import UnreadableRowsError
from landfall.packages.manifest import Manifest, PackageEntity


def check_data_files(archive: zipfile.ZipFile, manifest: Manifest) -> None:
    """Raise RefusedPackageError for the first data file that F&O would refuse or silently ignore.

    Reads each file as far as its first row, and an Excel workbook as a whole. F&O alone judges formats that Landfall
    does not handle.
    """
    for entity in manifest.entities:
        try:
            if is_composite(archive, entity):
                _check_alone(entity, manifest)
                continue
            if not entity.columns:
                refuse_unmapped(entity)
            check_file(archive, entity)
        except UnreadableRowsError as error:
            raise RefusedPackageError(
                f"{entity.file!r} is not valid {entity.source_format}: {error}."
            ) from None
        except UnicodeError:
            raise RefusedPackageError(
                f"{entity.file!r} does not have the encoding that its byte order mark announces. "
                "Save it again in that encoding."
            ) from None
        except DAMAGED as error:
            raise RefusedPackageError(
                f"{entity.file!r} cannot be unpacked: {error}. Zip the files again."
            ) from None


def composite_label(archive: zipfile.ZipFile, manifest: Manifest) -> str | None:
    """The label of a package's composite entity; None without a readable one."""
    for entity in manifest.entities:
        with suppress(UnreadableRowsError, *DAMAGED):
            if is_composite(archive, entity):
                return entity.label
    return None


def _check_alone(entity: PackageEntity, manifest: Manifest) -> None:
    """F&O takes one composite entity per package and nothing beside it (fno-behaviour 2.16)."""
    if others := [each.label for each in manifest.entities if each is not entity]:
        raise RefusedPackageError(
            f"{entity.label} is a composite entity, which F&O imports only from a package of its own. "
            f"Move {others[0]} to another package."
        )
