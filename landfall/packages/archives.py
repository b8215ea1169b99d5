"""Opens zips that come from outside: what is dangerous or ambiguous in their directory is refused unread."""

import struct
import zipfile
import zlib
from collections import Counter
from typing import BinaryIO

MAX_ENTRIES = 2000
"""F&O has a few thousand entities; no package holds them all."""
MAX_TOTAL = 64 * 1024**3
"""Bytes that all files may unpack to: what 5,000 MiB, the most that is moved at once, are when they are text."""
MAX_RATIO = 200
RATIO_COUNTS_FROM = 10 * 1024 * 1024
"""A small file of one repeated letter is no bomb; text as a whole deflates to a tenth."""
ENCRYPTED = 0x1
DAMAGED = (zipfile.BadZipFile, zlib.error, struct.error, EOFError, NotImplementedError, ValueError)
"""What zipfile raises, depending on which byte is wrong."""


class RefusedPackageError(Exception):
    """The file will not be sent; the message says why and what to do, for a functional consultant."""


def open_archive(file: BinaryIO, size: int, what: str) -> zipfile.ZipFile:
    """A zip whose directory can be trusted; `what` says what the zip should have been.

    Raises RefusedPackageError for the first thing that is wrong; reading errors of `file` pass through.
    """
    if size == 0:
        raise RefusedPackageError("the file is empty (0 bytes)")
    try:
        archive = zipfile.ZipFile(file)
    except DAMAGED:
        raise RefusedPackageError(f"the file is no zip archive; {what}") from None
    check_entries(archive.infolist())
    return archive


def check_entries(entries: list[zipfile.ZipInfo]) -> None:
    """RefusedPackageError for names that leave the zip or stand twice, secrets, and more than anybody can mean."""
    if len(entries) > MAX_ENTRIES:
        raise RefusedPackageError(f"the package has {len(entries)} entries, more than {MAX_ENTRIES}")
    names = [entry.filename for entry in entries]
    if unsafe := [name for name in names if leaves_the_zip(name)]:
        raise RefusedPackageError(f"the package names a place outside itself: {unsafe[0]!r}")
    if twice := [name for name, count in Counter(name.lower() for name in names).items() if count > 1]:
        raise RefusedPackageError(f"the package holds {twice[0]!r} twice; nobody can say which one counts")
    if encrypted := [entry.filename for entry in entries if entry.flag_bits & ENCRYPTED]:
        raise RefusedPackageError(f"{encrypted[0]!r} is encrypted; F&O has no password for it")
    for entry in entries:
        if entry.file_size > RATIO_COUNTS_FROM and entry.file_size > MAX_RATIO * max(entry.compress_size, 1):
            raise RefusedPackageError(f"{entry.filename!r} unpacks to more than {MAX_RATIO} times its size")
    if (total := sum(entry.file_size for entry in entries)) > MAX_TOTAL:
        raise RefusedPackageError(
            f"the package unpacks to {total} bytes, more than {MAX_TOTAL}; divide it into several"
        )


def leaves_the_zip(name: str) -> bool:
    """Whether an entry's name leads out of the folder that the zip is unpacked to."""
    return name.startswith(("/", "\\")) or ":" in name or ".." in name.replace("\\", "/").split("/")
