"""Transfers files between Landfall's storage and F&O's: one interface for F&O in the cloud and on premises.

F&O's file URLs expire. A transfer whose URL has expired continues with the next one.
"""

from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Protocol
from urllib.parse import urlsplit

from azure.core.exceptions import HttpResponseError, ServiceRequestError, ServiceResponseError
from azure.storage.blob import BlobClient

from landfall.config.types import CopyMode
from landfall.fno import FnoClient, WriteUrl
from landfall.fno.addresses import is_on_premises
from landfall.fno.blobs import UntrustedUrlError, open_blob
from landfall.fno.errors import FnoError, NotMovedError, NotSentError
from landfall.fno.files import MAX_URLS
from landfall.fno.plain_files import PlainFileError, PlainStorage
from landfall.storage.blocks import error_code, is_expired, stream
from landfall.storage.files import open_chunked
from landfall.storage.pinned import Pinned, chunks, md5s, pin
from landfall.storage.transfer import CopyRefusedError, CorruptCopyError, Grant, ReadGrant, Sizes, copy

BUSY = {HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_MANY_REQUESTS, *(each for each in HTTPStatus if each >= 500)}  # noqa: PLR2004
"""Answers of a storage that may take the same later."""


class AwayError(NotSentError):
    """F&O's storage does not answer, or answers that it is busy: the file has not arrived."""


class TryAnotherUrlError(Exception):
    """The file did not arrive with this URL, and may with the next one from F&O."""


class FnoFiles(Protocol):
    """The file storage of an F&O environment.

    Both methods raise TryAnotherUrlError, NotMovedError and SourceChangedError; AwayError while F&O's storage is out
    of reach, and azure-core's errors or PlainFileError while ours is.
    """

    def send(self, source: Pinned, url: str) -> None:
        """Send a version of Landfall's blob to a write URL of F&O, and compare what arrived."""

    def fetch(self, url: str, target: BlobClient) -> None:
        """Copy the file at a read URL of F&O to Landfall's blob, whole or not at all."""


@dataclass
class AzureFiles:
    """F&O in the cloud: its files are in Azure Blob Storage, which copies from Landfall's storage where it can."""

    origin: str
    hosts: Collection[str]
    mode: CopyMode
    read_grant: ReadGrant
    _hashes: dict[str, list[bytes]] = field(default_factory=dict)

    def send(self, source: Pinned, url: str) -> None:
        """See FnoFiles. The file is read once for its hashes, however many URLs it takes."""
        if self.mode != "stream" and source.etag not in self._hashes:
            self._hashes[source.etag] = md5s(source, Sizes().parts(source))
        try:
            target = open_blob(url, self.origin, self.hosts)
            copy(source, target, self.read_grant, mode=self.mode, hashes=self._hashes.get(source.etag))
        except HttpResponseError as error:
            if is_expired(error):
                raise TryAnotherUrlError("the write URL expired before the file had arrived") from None
            if not _is_answer_of(target, error):
                raise
            raise _refusal(error) from None
        except (ServiceRequestError, ServiceResponseError) as error:
            raise AwayError(f"The package did not reach F&O's storage: {type(error).__name__}") from None
        except CorruptCopyError as error:
            raise TryAnotherUrlError(str(error)) from None
        except (CopyRefusedError, UntrustedUrlError) as error:
            raise NotMovedError(str(error)) from None

    def fetch(self, url: str, target: BlobClient) -> None:
        """See FnoFiles."""
        grant = Grant(url)
        try:
            copy(pin(open_blob(url, self.origin, self.hosts)), target, lambda _: grant, mode=self.mode)
        except HttpResponseError as error:
            # The answer to a HEAD request has no body that says why.
            if error.status_code != HTTPStatus.FORBIDDEN:
                raise
            raise TryAnotherUrlError(
                "F&O's storage refused the read URL: it has expired, or access is denied"
            ) from None
        except (CopyRefusedError, UntrustedUrlError) as error:
            raise NotMovedError(str(error)) from None


@dataclass
class PlainFiles:
    """F&O on premises: its storage takes a whole file by PUT and returns one by GET (fno-behaviour 7.5)."""

    storage: PlainStorage

    def send(self, source: Pinned, url: str) -> None:
        """See FnoFiles."""
        try:
            with open_chunked(chunks(source)) as content:
                self.storage.put(url, content, source.size)
        except (PlainFileError, UntrustedUrlError) as error:
            raise _transfer_error(error) from None

    def fetch(self, url: str, target: BlobClient) -> None:
        """See FnoFiles."""
        try:
            with self.storage.opened(url) as pieces:
                stream(pieces, target)
        except (PlainFileError, UntrustedUrlError) as error:
            raise _transfer_error(error) from None


def files_of(fno: FnoClient, hosts: Collection[str], mode: CopyMode, read_grant: ReadGrant) -> FnoFiles:
    """The file storage of the client's environment, in the cloud or on premises."""
    if is_on_premises(fno.origin):
        return PlainFiles(PlainStorage(fno.origin, hosts, fno.ca_bundle))
    return AzureFiles(fno.origin, hosts, mode, read_grant)


def upload(files: FnoFiles, source: Pinned, write_url: Callable[[], WriteUrl]) -> str:
    """Send a file to F&O's storage at a URL of `write_url`; returns it, a secret. Raises as FnoFiles does."""
    reason = ""
    for _ in range(MAX_URLS):
        url = write_url().url
        try:
            files.send(source, url)
        except TryAnotherUrlError as error:
            reason = str(error)
        else:
            return url
    raise NotMovedError(f"the package did not reach F&O's storage with {MAX_URLS} URLs in a row: {reason}")


def download(files: FnoFiles, read_url: Callable[[], str], target: BlobClient) -> bool:
    """Copy a file from F&O's storage; False while F&O has no URL for it. Raises as FnoFiles does."""
    reason = ""
    for _ in range(MAX_URLS):
        url = read_url()
        if not url:
            return False
        try:
            files.fetch(url, target)
        except TryAnotherUrlError as error:
            reason = str(error)
        else:
            return True
    raise NotMovedError(f"the package did not arrive from F&O's storage with {MAX_URLS} URLs in a row: {reason}")


def _is_answer_of(blob: BlobClient, error: HttpResponseError) -> bool:
    """Whether the error is an answer of the blob's storage, and not of the one that the file comes from."""
    request = getattr(error.response, "request", None)
    return request is not None and urlsplit(str(request.url)).netloc == urlsplit(blob.url).netloc


def _refusal(error: HttpResponseError) -> FnoError:
    """What an answer of F&O's storage means that is no success."""
    said = f"F&O's storage answered {error.status_code} {error_code(error)}".strip()
    if error.status_code in BUSY:
        return AwayError(f"The package did not reach F&O's storage: {said}")
    return NotMovedError(f"F&O's storage did not take the package: {said}")


def _transfer_error(error: PlainFileError | UntrustedUrlError) -> Exception:
    """The error that FnoFiles promises for this one; a storage out of reach keeps its own."""
    if isinstance(error, UntrustedUrlError):
        return NotMovedError(str(error))
    return TryAnotherUrlError(str(error)) if error.again else error
