"""Opens zip archives from outside, and refuses those with a dangerous or ambiguous directory before reading them."""

import struct
import zipfile
import zlib
from collections import Counter
from typing import IO, BinaryIO

from landfall.fno.redaction import shorten

MAX_ENTRIES = 2000
"""F&O has a few thousand entities; no package holds them all."""
MAX_DIRECTORY = 1 << 20
"""Bytes of an archive's directory, which zipfile reads as a whole: 2,000 entries with long names need fewer."""
MAX_TOTAL = 64 * 1024**3
"""Bytes that all files may unpack to: 5,000 MiB, the most that Landfall moves at once, is about this much text."""
MAX_RATIO = 200
RATIO_COUNTS_FROM = 10 * 1024 * 1024
"""A small file of one repeated letter is not a zip bomb; most text deflates to a tenth."""
ENCRYPTED = 0x1
METHODS = {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}
"""How entries may be compressed. F&O reads deflate64 as well (fno-behaviour 3.12), but Python does not."""
DAMAGED = (zipfile.BadZipFile, zlib.error, struct.error, EOFError, NotImplementedError, ValueError)
"""The errors that zipfile raises for a damaged archive."""


class RefusedPackageError(Exception):
    """A file that must not be sent; the message tells a functional consultant why, and what to do."""

    def __init__(self, message: str) -> None:
        """Shorten the message, which may quote the file."""
        super().__init__(shorten(message))


def open_archive(file: BinaryIO, size: int) -> zipfile.ZipFile:
    """A zip archive with a directory that can be trusted.

    Raises RefusedPackageError for the first thing that is wrong. Errors from reading `file` pass through.
    """
    if size == 0:
        raise RefusedPackageError("The file is empty (0 bytes). Drop it again once it is complete.")
    try:
        check_directory(file)
        return zipfile.ZipFile(file)
    except DAMAGED:
        raise RefusedPackageError("The file is not a zip archive. Drop a data package.") from None


def check_directory(file: BinaryIO | IO[bytes]) -> None:
    """Raise RefusedPackageError for an archive whose directory is too long or has dangerous entries.

    Raises one of DAMAGED for a file that is no archive.
    """
    with zipfile.ZipFile(_ShortReads(file)) as archive:
        check_entries(archive.infolist())


def check_entries(entries: list[zipfile.ZipInfo]) -> None:
    """Raise RefusedPackageError for entries that escape the archive, appear twice, are encrypted or are too large."""
    if len(entries) > MAX_ENTRIES:
        raise RefusedPackageError(f"The archive has {len(entries)} entries, more than {MAX_ENTRIES}. Divide it.")
    names = [entry.filename for entry in entries]
    if unsafe := [name for name in names if escapes(name)]:
        raise RefusedPackageError(f"The entry {unsafe[0]!r} escapes the archive. Zip the files without folders.")
    if twice := [name for name, count in Counter(name.lower() for name in names).items() if count > 1]:
        raise RefusedPackageError(f"The archive contains {twice[0]!r} more than once. Remove all but one.")
    if encrypted := [entry.filename for entry in entries if entry.flag_bits & ENCRYPTED]:
        raise RefusedPackageError(f"The entry {encrypted[0]!r} is encrypted. Zip it without a password.")
    if other := [entry.filename for entry in entries if entry.compress_type not in METHODS]:
        raise RefusedPackageError(
            f"The entry {other[0]!r} is not compressed by deflate. Zip the files again with deflate."
        )
    for entry in entries:
        if entry.file_size > RATIO_COUNTS_FROM and entry.file_size > MAX_RATIO * max(entry.compress_size, 1):
            raise RefusedPackageError(
                f"The entry {entry.filename!r} unpacks to more than {MAX_RATIO} times its size. Remove it."
            )
    if (total := sum(entry.file_size for entry in entries)) > MAX_TOTAL:
        raise RefusedPackageError(f"The archive unpacks to {total} bytes, more than {MAX_TOTAL}. Divide it.")


class _ShortReads:
    """A file for zipfile to open an archive from; it refuses to read a directory that is too long."""

    def __init__(self, file: BinaryIO | IO[bytes]) -> None:
        self._file = file
        self.seek, self.tell = file.seek, file.tell

    def read(self, size: int = -1) -> bytes:
        """The next bytes; raises RefusedPackageError for too many of them."""
        if size > MAX_DIRECTORY:
            raise RefusedPackageError(
                f"The archive's directory has {size} bytes, more than {MAX_DIRECTORY}. Divide the archive."
            )
        return self._file.read(size)


def escapes(name: str) -> bool:
    """Whether an entry's name leads out of the folder that the archive is unpacked to."""
    return name.startswith(("/", "\\")) or ":" in name or ".." in name.replace("\\", "/").split("/")
