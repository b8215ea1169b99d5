"""Moves files between our storage and F&O's: in Azure block by block or server-side, on premises in one request each.

F&O gives out URLs that expire. A move whose URL has expired goes on under the next one.
"""

from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Protocol

from azure.core.exceptions import HttpResponseError
from azure.storage.blob import BlobClient

from landfall.config.types import CopyMode
from landfall.fno import FnoClient
from landfall.fno.addresses import is_on_premises
from landfall.fno.blobs import UntrustedUrlError, open_blob
from landfall.fno.plain_files import PlainFileError, PlainStorage
from landfall.storage.blocks import is_expired
from landfall.storage.files import open_chunked
from landfall.storage.transfer import (
    CopyRefusedError,
    CorruptCopyError,
    Grant,
    Pinned,
    ReadGrant,
    chunks,
    md5s,
    move,
    pin,
    stream,
)

MAX_MOVES = 4
"""URLs tried in a row. Write URLs live for half an hour, read URLs for an hour (fno-behaviour 7.1, 7.2)."""


class NotMovedError(Exception):
    """The file did not arrive, and another try now will not help. The message says why, without the URL."""


class TryAnotherUrlError(Exception):
    """The file did not arrive under this URL; it may under the next one that F&O gives out."""


class FnoFiles(Protocol):
    """F&O's files as one environment keeps them.

    Both methods raise TryAnotherUrlError, NotMovedError and SourceChangedError, and azure-core's errors or
    PlainFileError while a storage is out of reach.
    """

    def send(self, source: Pinned, url: str) -> None:
        """Write a version of a blob of ours to a URL that F&O gave out, and compare what arrived."""

    def fetch(self, url: str, target: BlobClient) -> None:
        """Write what lies at a URL that F&O gave out to a blob of ours, whole or not at all."""


@dataclass
class AzureFiles:
    """F&O in the cloud: its files lie in Azure Blob Storage, which copies from ours where it may."""

    origin: str
    hosts: Collection[str]
    mode: CopyMode
    read_grant: ReadGrant
    _hashes: dict[str, list[bytes]] = field(default_factory=dict)

    def send(self, source: Pinned, url: str) -> None:
        """See FnoFiles. A file is read through once for its hashes, however many URLs it takes."""
        if self.mode != "stream" and source.etag not in self._hashes:
            self._hashes[source.etag] = md5s(source)
        try:
            target = open_blob(url, self.origin, self.hosts)
            move(source, target, self.read_grant, mode=self.mode, hashes=self._hashes.get(source.etag))
        except HttpResponseError as error:
            if not is_expired(error):
                raise
            raise TryAnotherUrlError("the write URL expired before the file had arrived") from None
        except CorruptCopyError as error:
            raise TryAnotherUrlError(str(error)) from None
        except (CopyRefusedError, UntrustedUrlError) as error:
            raise NotMovedError(str(error)) from None

    def fetch(self, url: str, target: BlobClient) -> None:
        """See FnoFiles."""
        grant = Grant(url)
        try:
            move(pin(open_blob(url, self.origin, self.hosts)), target, lambda _: grant, mode=self.mode)
        except HttpResponseError as error:
            # The answer to a HEAD has no body that says which kind of refusal it is.
            if error.status_code != HTTPStatus.FORBIDDEN:
                raise
            raise TryAnotherUrlError(
                "F&O's storage refused the URL: it expired, or access is denied"
            ) from None
        except (CopyRefusedError, UntrustedUrlError) as error:
            raise NotMovedError(str(error)) from None


@dataclass
class PlainFiles:
    """F&O on premises: its storage takes a whole file by PUT and gives one by GET (fno-behaviour 7.5)."""

    storage: PlainStorage

    def send(self, source: Pinned, url: str) -> None:
        """See FnoFiles."""
        try:
            with open_chunked(chunks(source)) as content:
                self.storage.put(url, content, source.size)
        except (PlainFileError, UntrustedUrlError) as error:
            raise _another_url(error) from None

    def fetch(self, url: str, target: BlobClient) -> None:
        """See FnoFiles."""
        try:
            with self.storage.opened(url) as pieces:
                stream(pieces, target)
        except (PlainFileError, UntrustedUrlError) as error:
            raise _another_url(error) from None


def files_of(fno: FnoClient, hosts: Collection[str], mode: CopyMode, read_grant: ReadGrant) -> FnoFiles:
    """The files of the environment that this client asks, wherever it runs."""
    if is_on_premises(fno.origin):
        return PlainFiles(PlainStorage(fno.origin, hosts, fno.ca_bundle))
    return AzureFiles(fno.origin, hosts, mode, read_grant)


def upload(files: FnoFiles, source: Pinned, write_url: Callable[[], str]) -> str:
    """Send a file to F&O's storage; returns the URL under which it arrived, a secret. Raises as FnoFiles does."""
    reason = ""
    for _ in range(MAX_MOVES):
        url = write_url()
        try:
            files.send(source, url)
        except TryAnotherUrlError as error:
            reason = str(error)
        else:
            return url
    raise NotMovedError(f"the package did not reach F&O's storage in {MAX_MOVES} tries: {reason}")


def download(files: FnoFiles, read_url: Callable[[], str], target: BlobClient) -> bool:
    """Fetch a file from F&O's storage; False while F&O names no URL. Raises as FnoFiles does."""
    reason = ""
    for _ in range(MAX_MOVES):
        url = read_url()
        if not url:
            return False
        try:
            files.fetch(url, target)
        except TryAnotherUrlError as error:
            reason = str(error)
        else:
            return True
    raise NotMovedError(f"the package did not arrive under {MAX_MOVES} URLs in a row: {reason}")


def _another_url(error: PlainFileError | UntrustedUrlError) -> Exception:
    """What a move says of this error; a storage that is out of reach stays what it is."""
    if isinstance(error, UntrustedUrlError):
        return NotMovedError(str(error))
    return TryAnotherUrlError(str(error)) if error.again else error
