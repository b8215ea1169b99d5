"""Carries files between this machine and F&O's storage, in bounded memory."""

import io
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

from rich.filesize import decimal

from landfall.cli.fno.desk import Desk
from landfall.cli.fno.ends import CannotKnowError, NotStartedError
from landfall.fno.blobs import FileError, Pieces
from landfall.fno.files import MAX_URLS


def upload(desk: Desk, package: Path, name: str) -> str:
    """Upload a package under a name of its own, and return its URL, a secret; NotStartedError if every try fails."""
    reason = ""
    for _ in range(MAX_URLS):
        url = desk.client.write_url(name).url
        size = package.stat().st_size
        try:
            with _Upload(package, size, desk.say) as content:
                desk.files.put(url, content, size)
        except FileError as error:
            reason = str(error)
            desk.say(f"The upload failed ({reason}); trying again")
        else:
            return url
    raise NotStartedError(f"uploading the package to F&O's storage failed {MAX_URLS} times: {reason}")


def download(desk: Desk, url: str, output: Path, *, package: bool = True) -> None:
    """Write a file of F&O's to `output`, which appears only when it is whole. A `package` is checked as a zip.

    Raises CannotKnowError when the file does not arrive; F&O still has it.
    """
    part = output.with_name(f"{output.name}.part")
    try:
        with part.open("wb") as file, desk.files.opened(url) as pieces:
            file.writelines(_report(pieces, desk.say))
        if package:
            _check_whole(part)
        part.replace(output)
    except FileError as error:
        raise CannotKnowError(f"{output.name} did not arrive: {error}") from None
    except (zipfile.BadZipFile, OSError) as error:
        raise CannotKnowError(f"{output.name} did not arrive whole: {error}") from None
    finally:
        part.unlink(missing_ok=True)


class _Upload(io.BufferedReader):
    """A file that reports how much of it has been read."""

    def __init__(self, file: Path, size: int, say: Callable[[str], None]) -> None:
        super().__init__(io.FileIO(file))
        self._size = decimal(size)
        self._say = say

    def read(self, size: int | None = -1, /) -> bytes:
        """Read, and report how far that is."""
        content = super().read(size)
        self._say(f"Uploading {decimal(self.tell())} of {self._size}")
        return content


def _report(pieces: Pieces, say: Callable[[str], None]) -> Iterator[bytes]:
    done, whole = 0, "" if pieces.size is None else f" of {decimal(pieces.size)}"
    for piece in pieces:
        done += len(piece)
        say(f"Downloading {decimal(done)}{whole}")
        yield piece


def _check_whole(package: Path) -> None:
    with zipfile.ZipFile(package) as archive:
        if broken := archive.testzip():
            raise zipfile.BadZipFile(f"its {broken} is damaged")
