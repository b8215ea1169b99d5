"""A package taken in: unpacked to a folder and checked in the server's order (fno-behaviour 2.5)."""

import shutil
import zipfile
from pathlib import Path
from typing import BinaryIO
from uuid import uuid4
from xml.etree.ElementTree import ParseError

from fno_emulator.dmf.errors import NoZip, PackageRefused
from fno_emulator.dmf.model import manifest
from fno_emulator.dmf.model.catalogue import Catalogue
from fno_emulator.dmf.model.manifest import Manifest
from fno_emulator.settings import Settings


def unpack(package: BinaryIO, folder: Path, catalogue: Catalogue, settings: Settings) -> Manifest:
    """Unpack `package` into `folder` and give its manifest.

    Raises:
        NoZip: it is none.
        PackageRefused: no header, no manifest, an unknown entity, or a data file that is not there, if that is checked.
    """
    folder.mkdir(parents=True)
    try:
        names = _extract(package, folder)
    except (zipfile.BadZipFile, NotImplementedError, EOFError, OSError):
        raise NoZip(_not_found("PackageHeader.xml")) from None
    if "PackageHeader.xml" not in names:
        raise PackageRefused(_not_found("PackageHeader.xml"))
    if "Manifest.xml" not in names:
        raise PackageRefused(_not_found("Manifest.xml"))
    try:
        found = manifest.read(
            (folder / "Manifest.xml").read_bytes(), ordered=settings.manifest_order == "alphabetical"
        )
    except (ParseError, ValueError) as error:
        raise PackageRefused(f"There is an error in XML document. {error}") from None
    for one in found.entities:
        if catalogue.by_label(one.entity) is None and catalogue.composite(one.entity) is None:
            raise PackageRefused(f"Entity {one.entity} does not exist in the target environment")
    for one in found.entities:
        if settings.input_files_checked and not one.disabled and one.file not in names:
            raise PackageRefused(_not_found(one.file))
    return found


def _extract(package: BinaryIO, folder: Path) -> set[str]:
    """The names of the root's files; what lies in folders is not part of a package."""
    with zipfile.ZipFile(package) as archive:
        files = [one for one in archive.infolist() if "/" not in one.filename and "\\" not in one.filename]
        for one in files:
            with archive.open(one) as source, (folder / one.filename).open("wb") as copy:
                shutil.copyfileobj(source, copy, 1 << 20)
        return {one.filename for one in files}


def _not_found(name: str) -> str:
    return f"Could not find file 'C:\\windows\\TEMP\\{uuid4()}_{uuid4()}\\{name}'."
