"""Refuses packages that F&O would refuse or silently ignore, with a reason and before F&O sees them."""

import zipfile
from collections import Counter
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from functools import partial
from pathlib import PurePosixPath
from types import MappingProxyType
from typing import IO, BinaryIO, NoReturn

from landfall.packages.archives import DAMAGED, MAX_ENTRIES, RefusedPackageError, open_archive
from landfall.packages.budget import Budget
from landfall.packages.file_names import HEADER, LITTER, MANIFEST, RESOURCES, data_file_name
from landfall.packages.formats import format_in, is_composite, may_be_composite
from landfall.packages.formats.rows import UnreadableRowsError, check_mapping
from landfall.packages.manifest import Dialect, MalformedXmlError, Manifest, PackageEntity, parse_manifest, parse_xml

MAX_XML = 32 * 1024 * 1024
"""Bytes of a manifest: one with 228 entities has about two MiB."""
MAX_COMPANY = 4
MAX_DATA_PROJECT = 150
"""Characters of a data project's name: the HTTP API takes lanes of 200, with the environment's name before it."""
DATA_FILES = {".csv", ".txt", ".tsv", ".xml", ".xlsx"}
NO_DATA = {each.lower() for each in (MANIFEST, HEADER, "EntityMap.xml")}


def read_package(file: BinaryIO, size: int, dialects: Mapping[str, Dialect] = MappingProxyType({})) -> Manifest:
    """The manifest of a package that F&O will probably accept; `dialects` are the environment's, by format.

    Reads only the archive's directory and the two XML files; `check_data_files` reads the data files. Raises
    RefusedPackageError for the first thing that is wrong. Errors from reading `file` pass through.
    """
    with open_archive(file, size) as archive:
        names = {each.lower(): each for each in archive.namelist() if not LITTER.fullmatch(each)}
        manifest = _resolve(_xml_files(archive, names), names, dialects)
        _check_entities(manifest, names)
    return manifest


def check_company(company: str) -> None:
    """Raise RefusedPackageError for an invalid company ID: F&O answers 400 to longer ones (fno-behaviour 2.8)."""
    if not 0 < len(company) <= MAX_COMPANY or not (company.isascii() and company.isalnum()):
        raise RefusedPackageError(
            f"{company!r} is not a valid company ID. A company ID has one to four letters and digits."
        )


def check_data_project(name: str) -> None:
    """Raise RefusedPackageError for a name that is too long for a lane."""
    if len(name) > MAX_DATA_PROJECT:
        raise RefusedPackageError(
            f"The data project's name has {len(name)} characters, more than {MAX_DATA_PROJECT}: {name}. "
            "Give the data project a shorter name, and name it so in the package or its route."
        )


def _xml_files(archive: zipfile.ZipFile, names: Mapping[str, str]) -> Manifest:
    for wanted in (MANIFEST, HEADER):
        if wanted.lower() in names:
            continue
        if nested := [name for lower, name in names.items() if lower.endswith(f"/{wanted.lower()}")]:
            raise RefusedPackageError(
                f"{wanted} is in a folder of the archive ({nested[0]}). Zip the files themselves, not their folder."
            )
        raise RefusedPackageError(f"The archive has no {wanted} at its top level. Add the package's own.")
    if nested := [name for name in names.values() if "/" in name and not name.startswith(RESOURCES)]:
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
    entry = next(each for each in archive.infolist() if each.filename.lower() == name.lower())
    if entry.file_size > MAX_XML:
        raise RefusedPackageError(
            f"{name} has {entry.file_size} bytes, more than {MAX_XML}. Divide the package into several."
        )
    try:
        return archive.read(entry)
    except DAMAGED as error:
        raise RefusedPackageError(f"{name} cannot be unpacked: {error}. Zip the files again.") from None


def _resolve(manifest: Manifest, names: Mapping[str, str], dialects: Mapping[str, Dialect]) -> Manifest:
    """The manifest with the names that its files have in the archive, in whichever case, and with their dialects."""
    entities = tuple(
        replace(
            each,
            file=names.get(each.file.lower(), each.file),
            dialect=dialects.get(each.source_format.upper()),
        )
        for each in manifest.entities
    )
    return replace(manifest, entities=entities)


def _check_entities(manifest: Manifest, names: Mapping[str, str]) -> None:
    if not manifest.entities:
        raise RefusedPackageError(
            "Manifest.xml names no entity, so F&O would report success and load nothing. Add an entity."
        )
    if len(manifest.entities) > MAX_ENTRIES:  # they may share files
        raise RefusedPackageError(
            f"Manifest.xml names {len(manifest.entities)} entities, more than {MAX_ENTRIES}. Divide the package."
        )
    if twice := [label for label, n in Counter(each.label.casefold() for each in manifest.entities).items() if n > 1]:
        label = next(each.label for each in manifest.entities if each.label.casefold() == twice[0])
        raise RefusedPackageError(
            f"Manifest.xml names {label} more than once, and a data project has an entity once. Put its rows into one file."
        )
    for entity in manifest.entities:
        _check_entity(entity, names)
    known = {entity.file.lower() for entity in manifest.entities} | NO_DATA
    for lower, name in names.items():
        if lower not in known and "/" not in name and PurePosixPath(lower).suffix in DATA_FILES:
            raise RefusedPackageError(
                f"Manifest.xml does not name {name!r}, so F&O would ignore it. Add its entity or remove the file."
            )


def _check_entity(entity: PackageEntity, names: Mapping[str, str]) -> None:
    if not entity.label:
        raise RefusedPackageError("Manifest.xml has an entity without a name. Enter its label as EntityName.")
    if (nearest := data_file_name(entity.file)) != entity.file:
        raise RefusedPackageError(
            f"{entity.file!r} is not a name that a file can have in Windows, where F&O unpacks the package. "
            f"Rename the file, for example to {nearest!r}, in the archive and in Manifest.xml."
        )
    if entity.file.lower() not in names:
        raise RefusedPackageError(
            f"The data file of {entity.label} is missing: the archive has no {entity.file!r}, which Manifest.xml names. "
            "Add the file or remove the entity."
        )
    check_mapping(f"Manifest.xml, for {entity.label},", entity.mapping)
    # The structure of a composite entity's file maps it, and only the file shows whether the entity is one.
    if not entity.mapping and not may_be_composite(entity):
        _refuse_unmapped(entity)


def _refuse_unmapped(entity: PackageEntity) -> NoReturn:
    """Raise RefusedPackageError for an entity without a mapping."""
    raise RefusedPackageError(
        f"{entity.label} has no mapping in Manifest.xml, so F&O would report success and load no row. "
        "Map its columns in the data project, and export the package again."
    )


def check_data_files(archive: zipfile.ZipFile, manifest: Manifest, budget: Budget) -> None:
    """Raise RefusedPackageError for the first data file that F&O would refuse or silently ignore.

    Reads each file as far as its first row, and delimited text for its line ends. F&O alone judges formats that
    Landfall does not handle, and files that it transforms.
    """
    for entity in manifest.entities:
        if entity.transformed:
            continue

        def open_file(name: str = entity.file) -> IO[bytes]:
            return budget.meter(archive.open(name))

        try:
            if is_composite(open_file, entity):
                _check_alone(entity, manifest)
                continue
            if not entity.mapping:
                _refuse_unmapped(entity)
            if source_format := format_in(entity):
                source_format.check(open_file, entity)
        except UnreadableRowsError as error:
            raise RefusedPackageError(f"{entity.file!r} is not valid {entity.source_format}: {error}.") from None
        except UnicodeError:
            raise RefusedPackageError(
                f"{entity.file!r} does not have the encoding of its byte order mark. Save it in that encoding."
            ) from None
        except DAMAGED as error:
            raise RefusedPackageError(f"{entity.file!r} cannot be unpacked: {error}. Zip the files again.") from None


def composite_label(archive: zipfile.ZipFile, manifest: Manifest) -> str | None:
    """The label of a package's composite entity; None without a readable one."""
    for entity in manifest.entities:
        with suppress(UnreadableRowsError, *DAMAGED):
            if is_composite(partial(archive.open, entity.file), entity):
                return entity.label
    return None


def _check_alone(entity: PackageEntity, manifest: Manifest) -> None:
    """F&O takes one composite entity per package and nothing beside it (fno-behaviour 2.16)."""
    if others := [each.label for each in manifest.entities if each is not entity]:
        raise RefusedPackageError(
            f"{entity.label} is a composite entity, which F&O imports only from a package of its own. "
            f"Move {others[0]} to another package."
        )
