"""Refuses, in plain words and before F&O is touched, what F&O would refuse or silently ignore."""

import struct
import zipfile
import zlib
from collections import Counter
from typing import BinaryIO

from landfall.packages.manifest import MalformedXmlError, Manifest, PackageEntity, parse_manifest, parse_xml

MANIFEST = "Manifest.xml"
HEADER = "PackageHeader.xml"
MAX_ENTRIES = 2000
"""F&O has a few thousand entities; no package holds them all."""
MAX_XML = 64 * 1024 * 1024
"""Bytes of a manifest: one of 228 entities takes about two MiB."""
MAX_RATIO = 200
RATIO_COUNTS_FROM = 10 * 1024 * 1024
"""A small file of one repeated letter is no bomb; text as a whole deflates to a tenth."""
MAX_COMPANY = 4
ENCRYPTED = 0x1
DAMAGED = (zipfile.BadZipFile, zlib.error, struct.error, EOFError, NotImplementedError, ValueError)
"""What zipfile raises, depending on which byte is wrong."""


class RefusedPackageError(Exception):
    """The package will not be sent; the message says why and what to do, for a functional consultant."""


def read_package(file: BinaryIO, size: int) -> Manifest:
    """The manifest of a package that F&O can be expected to take.

    Reads the zip's directory and the two XML files only. Raises RefusedPackageError for the first thing that is
    wrong; reading errors of `file` pass through.
    """
    if size == 0:
        raise RefusedPackageError("the file is empty (0 bytes)")
    try:
        archive = zipfile.ZipFile(file)
    except DAMAGED:
        raise RefusedPackageError(
            "the file is no zip archive; a data package is a zip with Manifest.xml in it"
        ) from None
    with archive:
        _check_entries(archive.infolist())
        manifest = _xml_files(archive)
        _check_entities(manifest, {entry.filename for entry in archive.infolist()})
    return manifest


def check_company(company: str) -> None:
    """RefusedPackageError for what cannot be a company's id: F&O answers 400 to longer ones (fno-behaviour 2.8)."""
    if not 0 < len(company) <= MAX_COMPANY or not (company.isascii() and company.isalnum()):
        raise RefusedPackageError(
            f"{company!r} is no company: a company's id has one to four letters and digits"
        )


def _check_entries(entries: list[zipfile.ZipInfo]) -> None:
    if len(entries) > MAX_ENTRIES:
        raise RefusedPackageError(f"the package has {len(entries)} entries, more than {MAX_ENTRIES}")
    names = [entry.filename for entry in entries]
    if unsafe := [name for name in names if _leaves_the_package(name)]:
        raise RefusedPackageError(f"the package names a place outside itself: {unsafe[0]!r}")
    if twice := [name for name, count in Counter(name.lower() for name in names).items() if count > 1]:
        raise RefusedPackageError(f"the package holds {twice[0]!r} twice; nobody can say which one counts")
    if encrypted := [entry.filename for entry in entries if entry.flag_bits & ENCRYPTED]:
        raise RefusedPackageError(f"{encrypted[0]!r} is encrypted; F&O has no password for it")
    for entry in entries:
        if entry.file_size > RATIO_COUNTS_FROM and entry.file_size > MAX_RATIO * max(entry.compress_size, 1):
            raise RefusedPackageError(f"{entry.filename!r} unpacks to more than {MAX_RATIO} times its size")


def _leaves_the_package(name: str) -> bool:
    return name.startswith(("/", "\\")) or ":" in name or ".." in name.replace("\\", "/").split("/")


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
    try:
        parse_xml(_read_xml(archive, HEADER), HEADER)
        return parse_manifest(_read_xml(archive, MANIFEST))
    except MalformedXmlError as error:
        raise RefusedPackageError(str(error)) from None


def _read_xml(archive: zipfile.ZipFile, name: str) -> bytes:
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


def _check_entities(manifest: Manifest, names: set[str]) -> None:
    if not manifest.entities:
        raise RefusedPackageError("Manifest.xml names no entity; F&O would succeed and load nothing")
    for entity in manifest.entities:
        _check_entity(entity, names)


def _check_entity(entity: PackageEntity, names: set[str]) -> None:
    if not entity.label:
        raise RefusedPackageError("Manifest.xml has an entity without a name (EntityName)")
    if entity.file not in names:
        raise RefusedPackageError(
            f"the data file of {entity.label} is missing: Manifest.xml names {entity.file!r}, the zip does not hold it"
        )
    if not entity.columns:
        raise RefusedPackageError(
            f"{entity.label} has no mapping in Manifest.xml; F&O would succeed and load no row"
        )
