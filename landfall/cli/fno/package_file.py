"""Checks that a file is a data package: a zip with both XML files at its root (fno-behaviour 3.1)."""

import zipfile
from pathlib import Path

NEEDED = ("Manifest.xml", "PackageHeader.xml")


class NoPackageError(Exception):
    """The file is not a data package; the message says what to do."""


def check_package(file: Path) -> None:
    """Raise NoPackageError for a file that F&O would not accept as a package."""
    try:
        with zipfile.ZipFile(file) as archive:
            missing = [name for name in NEEDED if name not in archive.namelist()]
    except (zipfile.BadZipFile, NotImplementedError, UnicodeDecodeError):
        raise NoPackageError(
            f"{file} is not a zip, and F&O imports data packages. Zip the file together with {' and '.join(NEEDED)} "
            "(Data management > Export in F&O writes a package to start from), or let a deployed Landfall wrap it: "
            f"python -m landfall drop {file} --path ..."
        ) from None
    if missing:
        raise NoPackageError(
            f"{file} has no {' and no '.join(missing)} at its root, so F&O would not accept it as a data package. "
            "Zip the files themselves, not their folder."
        )
