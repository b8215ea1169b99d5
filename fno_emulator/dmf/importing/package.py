"""Unpacks a package and checks it, in the order in which F&O does (fno-behaviour 2.5)."""

import re
import shutil
import zipfile
from dataclasses import replace
from pathlib import Path
from typing import BinaryIO
from uuid import uuid4
from xml.etree.ElementTree import ParseError

from fno_emulator.dmf.environment import Environment
from fno_emulator.dmf.errors import NoZip, PackageRefused
from fno_emulator.dmf.model import manifest
from fno_emulator.dmf.model.manifest import Manifest

METHODS = {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, 9}
"""Stored, deflate and deflate64, the last of which Python cannot unpack."""
FORBIDDEN = re.compile(r'[<>:"|?*\x00-\x1f]')


def unpack(environment: Environment, package: BinaryIO, folder_name: str) -> Manifest:
    """Unpack a package into a new folder below `environment.packages`; returns its manifest.

    Raises:
        NoZip: the package is not a zip file.
        PackageRefused: the package lacks its header, its manifest or (if the settings want this checked) a data file,
            or an entity does not exist or is there twice (fno-behaviour 3.16).
    """
    folder, settings = environment.packages / folder_name, environment.settings
    folder.mkdir(parents=True)
    try:
        names = {name.lower(): name for name in _extract(package, folder)}
    except (zipfile.BadZipFile, NotImplementedError, EOFError, OSError):
        raise NoZip(_not_found("PackageHeader.xml")) from None
    for name in ("PackageHeader.xml", "Manifest.xml"):
        if name.lower() not in names:
            raise PackageRefused(_not_found(name))
    try:
        found = manifest.read(
            (folder / names["manifest.xml"]).read_bytes(), ordered=settings.manifest_order == "alphabetical"
        )
    except (ParseError, ValueError) as error:
        raise PackageRefused(f"There is an error in XML document. {error}") from None
    for one in found.entities:
        if environment.catalogue.find(one.entity) is None:
            raise PackageRefused(f"Entity {one.entity} does not exist in the target environment")
    labels = [one.entity.lower() for one in found.entities]
    if twice := [label for label in labels if labels.count(label) > 1]:
        raise PackageRefused(
            f"Cannot create a record in Entities (DMFDefinitionGroupEntity). Entity: {twice[0]}. The record already exists."
        )
    for one in found.entities:
        if settings.input_files_checked and not one.disabled and one.file.lower() not in names:
            raise PackageRefused(_not_found(one.file))
    entities = tuple(replace(each, file=names.get(each.file.lower(), each.file)) for each in found.entities)
    return replace(found, entities=entities)


def _extract(package: BinaryIO, folder: Path) -> set[str]:
    """Extract the files in the root of the zip and return their names (fno-behaviour 3.12, 3.14)."""
    with zipfile.ZipFile(package) as archive:
        files = [one for one in archive.infolist() if "/" not in one.filename and "\\" not in one.filename]
        for one in files:
            if one.compress_type not in METHODS:
                raise PackageRefused("The archive entry was compressed using an unsupported compression method.")
            if FORBIDDEN.search(one.filename):
                raise PackageRefused("Illegal characters in path.")
            with archive.open(one) as source, (folder / one.filename).open("wb") as copy:
                shutil.copyfileobj(source, copy, 1 << 20)
        return {one.filename for one in files}


def _not_found(name: str) -> str:
    return f"Could not find file 'C:\\windows\\TEMP\\{uuid4()}_{uuid4()}\\{name}'."
