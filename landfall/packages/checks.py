"""Refuses packages that F&O would refuse or silently ignore, with a reason and before F&O sees them."""

import zipfile
from pathlib import PurePosixPath
from typing import BinaryIO, NoReturn

from landfall.packages.archives import DAMAGED, RefusedPackageError, open_archive
from landfall.packages.formats import may_be_composite
from landfall.packages.manifest import MalformedXmlError, Manifest, PackageEntity, parse_manifest, parse_xml

MANIFEST = "Manifest.xml"
HEADER = "PackageHeader.xml"
MAX_XML = 64 * 1024 * 1024
"""Bytes of a manifest: one with 228 entities has about two MiB."""
MAX_COMPANY = 4
RESOURCES = "Resources/"
"""The only folder of a package: style sheets for entities that F&O transforms."""
DATA_FILES = {".csv", ".txt", ".tsv", ".xml", ".xlsx"}
NO_DATA = {MANIFEST, HEADER, "EntityMap.xml"}


def read_package(file: BinaryIO, size: int) -> Manifest:
    """The manifest of a package that F&O will probably accept.

    Reads only the archive's directory and the two XML files; `data_checks` reads the data files. Raises
    RefusedPackageError for the first thing that is wrong. Errors from reading `file` pass through.
    """
    with open_archive(file, size, "A data package is a zip archive with Manifest.xml in it.") as archive:
        manifest = _xml_files(archive)
        _check_entities(manifest, archive.namelist())
    return manifest


def check_company(company: str) -> None:
    """Raise RefusedPackageError for an invalid company ID: F&O answers 400 to longer ones (fno-behaviour 2.8)."""
    if not 0 < len(company) <= MAX_COMPANY or not (company.isascii() and company.isalnum()):
        raise RefusedPackageError(
            f"{company!r} is not a valid company ID. A company ID has one to four letters and digits."
        )


def _xml_files(archive: zipfile.ZipFile) -> Manifest:
    names = archive.namelist()
    for wanted in (MANIFEST, HEADER):
        if wanted in names:
            continue
        if nested := [name for name in names if name.endswith(f"/{wanted}")]:
            raise RefusedPackageError(
                f"{wanted} is in a folder of the archive ({nested[0]}). Zip the files themselves, not their folder."
            )
        raise RefusedPackageError(
            f"The archive has no {wanted}. Add one at the top level, as in every data package."
        )
    if nested := [name for name in names if "/" in name and not name.startswith(RESOURCES)]:
        raise RefusedPackageError(
            f"The archive has a folder ({nested[0]}), which F&O ignores. Put its files at the top level."
        )
    try:
        parse_xml(read_xml(archive, HEADER), HEADER)
        return parse_manifest(read_xml(archive, MANIFEST))
    except MalformedXmlError as error:
        raise RefusedPackageError(str(error)) from None


def read_xml(archive: zipfile.ZipFile, name: str) -> bytes:
    """One of a package's own XML files; raises RefusedPackageError if it is too long or cannot be unpacked."""
    entry = archive.getinfo(name)
    if entry.file_size > MAX_XML:
        raise RefusedPackageError(
            f"{name} has {entry.file_size} bytes, more than {MAX_XML}. Divide the package into several."
        )
    if entry.compress_type not in {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}:
        raise RefusedPackageError(
            f"{name} is compressed by another method than deflate. Zip the files again."
        )
    try:
        return archive.read(name)
    except DAMAGED as error:
        raise RefusedPackageError(f"{name} cannot be unpacked: {error}. Zip the files again.") from None


def _check_entities(manifest: Manifest, names: list[str]) -> None:
    if not manifest.entities:
        raise RefusedPackageError(
            "Manifest.xml names no entity, so F&O would report success and load nothing. Add an entity."
        )
    for entity in manifest.entities:
        _check_entity(entity, set(names))
    known = {entity.file for entity in manifest.entities} | NO_DATA
    for name in names:
        if name not in known and "/" not in name and PurePosixPath(name).suffix.lower() in DATA_FILES:
            raise RefusedPackageError(
                f"Manifest.xml does not name {name!r}, so F&O would ignore it. Add its entity or remove the file."
            )


def _check_entity(entity: PackageEntity, names: set[str]) -> None:
    if not entity.label:
        raise RefusedPackageError("Manifest.xml has an entity without a name. Enter its label as EntityName.")
    if entity.file not in names:
        raise RefusedPackageError(
            f"The data file of {entity.label} is missing: the archive has no {entity.file!r}, which Manifest.xml names. "
            "Add the file or remove the entity."
        )
    # The structure of a composite entity's file maps it, and only the file shows whether the entity is one.
    if not entity.columns and not may_be_composite(entity):
        refuse_unmapped(entity)


def refuse_unmapped(entity: PackageEntity) -> NoReturn:
    """Raise RefusedPackageError for an entity without a mapping."""
    raise RefusedPackageError(
        f"{entity.label} has no mapping in Manifest.xml, so F&O would report success and load no row. "
        "Map its columns in the data project, and export the package again."
    )
