"""Refuses, in plain words and before F&O is touched, packages that F&O would refuse or silently ignore."""

import zipfile
from pathlib import PurePosixPath
from typing import BinaryIO

from landfall.packages.archives import DAMAGED, RefusedPackageError, open_archive
from landfall.packages.manifest import MalformedXmlError, Manifest, PackageEntity, parse_manifest, parse_xml
from landfall.packages.xml_records import XML_FORMATS

MANIFEST = "Manifest.xml"
HEADER = "PackageHeader.xml"
MAX_XML = 64 * 1024 * 1024
"""Bytes of a manifest: one of 228 entities takes about two MiB."""
MAX_COMPANY = 4
RESOURCES = "Resources/"
"""The only folder of a package: style sheets of entities that F&O transforms."""
DATA_FILES = {".csv", ".txt", ".tsv", ".xml", ".xlsx"}
NO_DATA = {MANIFEST, HEADER, "EntityMap.xml"}


def read_package(file: BinaryIO, size: int) -> Manifest:
    """The manifest of a package that F&O can be expected to take.

    Reads the zip's directory and the two XML files only; the data files are looked into by `data_checks`. Raises
    RefusedPackageError for the first thing that is wrong; reading errors of `file` pass through.
    """
    with open_archive(file, size, "a data package is a zip with Manifest.xml in it") as archive:
        manifest = _xml_files(archive)
        _check_entities(manifest, archive.namelist())
    return manifest


def check_company(company: str) -> None:
    """RefusedPackageError for what cannot be a company's id: F&O answers 400 to longer ones (fno-behaviour 2.8)."""
    if not 0 < len(company) <= MAX_COMPANY or not (company.isascii() and company.isalnum()):
        raise RefusedPackageError(
            f"{company!r} is no company: a company's id has one to four letters and digits"
        )


def _xml_files(archive: zipfile.ZipFile) -> Manifest:
    names = archive.namelist()
    for wanted in (MANIFEST, HEADER):
        if wanted in names:
            continue
        if nested := [name for name in names if name.endswith(f"/{wanted}")]:
            raise RefusedPackageError(
                f"{wanted} lies in a folder of the zip ({nested[0]}); zip the files themselves, not their folder"
            )
        raise RefusedPackageError(f"the zip has no {wanted}; every data package has one at its top level")
    if nested := [name for name in names if "/" in name and not name.startswith(RESOURCES)]:
        raise RefusedPackageError(
            f"the zip has a folder ({nested[0]}), which F&O does not look into; put the files at its top level"
        )
    try:
        parse_xml(read_xml(archive, HEADER), HEADER)
        return parse_manifest(read_xml(archive, MANIFEST))
    except MalformedXmlError as error:
        raise RefusedPackageError(str(error)) from None


def read_xml(archive: zipfile.ZipFile, name: str) -> bytes:
    """One of a package's own XML files; RefusedPackageError when it is too long or cannot be unpacked."""
    entry = archive.getinfo(name)
    if entry.file_size > MAX_XML:
        raise RefusedPackageError(
            f"{name} is {entry.file_size} bytes long; no manifest needs more than {MAX_XML}"
        )
    if entry.compress_type not in {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}:
        raise RefusedPackageError(f"{name} is packed by another method than deflate; zip it again")
    try:
        return archive.read(name)
    except DAMAGED as error:
        raise RefusedPackageError(f"{name} cannot be unpacked: {error}") from None


def _check_entities(manifest: Manifest, names: list[str]) -> None:
    if not manifest.entities:
        raise RefusedPackageError("Manifest.xml names no entity; F&O would succeed and load nothing")
    for entity in manifest.entities:
        _check_entity(entity, set(names))
    known = {entity.file for entity in manifest.entities} | NO_DATA
    for name in names:
        if name not in known and "/" not in name and PurePosixPath(name).suffix.lower() in DATA_FILES:
            raise RefusedPackageError(
                f"Manifest.xml does not name {name!r}, so F&O would ignore it; add its entity or remove the file"
            )


def _check_entity(entity: PackageEntity, names: set[str]) -> None:
    if not entity.label:
        raise RefusedPackageError("Manifest.xml has an entity without a name (EntityName)")
    if entity.file not in names:
        raise RefusedPackageError(
            f"the data file of {entity.label} is missing: Manifest.xml names {entity.file!r}, the zip does not hold it"
        )
    # A composite entity is mapped by its file's structure; whether this is one only its file can tell.
    if not entity.columns and entity.source_format.upper() not in XML_FORMATS:
        raise RefusedPackageError(f"{entity.label} {NO_MAPPING}")


NO_MAPPING = "has no mapping in Manifest.xml; F&O would succeed and load no row"
