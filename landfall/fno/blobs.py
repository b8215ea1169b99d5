"""F&O's files in Azure Blob Storage, and the check that every URL from F&O passes before it is opened.

Anyone who can answer for F&O can name any URL. Opened blindly, it could reach into the app's network or carry its
storage token elsewhere. So only Azure Storage's own host names are opened, and those that landfall.yaml adds for F&O
on premises. Redirects are not followed.
"""

import re
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import IO, Any
from urllib.parse import SplitResult, urlsplit

from azure.core.exceptions import AzureError, HttpResponseError
from azure.storage.blob import BlobClient

from landfall.fno.keepalive import new_session

TRANSFER: dict[str, Any] = {
    "max_single_get_size": 4 * 1024 * 1024,
    "max_chunk_get_size": 4 * 1024 * 1024,
    "initial_backoff": 2,
}
"""Bytes held per download, and seconds before the first retry: the SDK's own 32 MiB and 15 s suit neither."""
BLOCK = 8 * 1024 * 1024
"""Bytes that an upload holds in memory and sends at once."""
AZURE_BLOBS = re.compile(
    r"[a-z0-9]{3,24}\.blob\.core\.(windows\.net|usgovcloudapi\.net|chinacloudapi\.cn)"
    r"|[a-z0-9]{3,24}\.z\d{1,2}\.blob\.storage\.azure\.net"
)


class UntrustedUrlError(Exception):
    """F&O named a URL that is not opened; the message says which host and why, never the query."""


class FileError(Exception):
    """A storage did not take or give a file; the message never holds the URL."""


@dataclass(frozen=True)
class Pieces:
    """A file's content, piece by piece, and its `size` where the storage tells it."""

    size: int | None
    content: Iterator[bytes]

    def __iter__(self) -> Iterator[bytes]:
        """Iterate over the content once."""
        return self.content


@dataclass(frozen=True)
class BlobStorage:
    """F&O's files in Azure Blob Storage, whose certificates need no authority of the environment's own."""

    origin: str
    hosts: Collection[str] = ()
    ca_bundle: None = None

    def put(self, url: str, content: IO[bytes], size: int) -> None:
        """Write `size` bytes, over what is there; FileError when they do not arrive, UntrustedUrlError."""
        target = open_blob(url, self.origin, self.hosts, max_single_put_size=BLOCK, max_block_size=BLOCK)
        try:
            target.upload_blob(content, length=size, overwrite=True, validate_content=True)
        except AzureError as error:
            raise FileError(_reason(error)) from None

    @contextmanager
    def opened(self, url: str) -> Iterator[Pieces]:
        """Yield a file's pieces; FileError when they do not arrive, UntrustedUrlError."""
        source = open_blob(url, self.origin, self.hosts)
        try:
            download = source.download_blob(max_concurrency=1)
        except AzureError as error:
            raise FileError(_reason(error)) from None
        yield Pieces(download.size, _translated(download.chunks()))


def open_blob(url: str, origin: str, hosts: Collection[str] = (), **options: Any) -> BlobClient:
    """Return the blob at a URL that F&O named, if `checked` allows it. `options` are BlobClient's own."""
    wanted = {"session": new_session(), **TRANSFER, **options}
    return BlobClient.from_blob_url(checked(url, origin, hosts), permit_redirects=False, **wanted)


def checked(url: str, origin: str, hosts: Collection[str] = ()) -> str:
    """Return the URL if it may be opened; UntrustedUrlError if not.

    It must be https, at a host of Azure Blob Storage without a port, or at one of `hosts`. An F&O that is itself
    reached by http (`origin`; an emulator) may name http URLs of its own host.
    """
    try:
        parts = urlsplit(url)
        why = _objection(url, parts, urlsplit(origin), hosts)
        host = parts.hostname
    except ValueError:
        why, host = "it is not a URL", None
    if why:
        raise UntrustedUrlError(f"F&O named a URL at {host or 'no host'}, which is not opened: {why}")
    return url


def _objection(url: str, parts: SplitResult, origin: SplitResult, hosts: Collection[str]) -> str | None:
    host = parts.hostname or ""
    if re.search(r"[\s\\\x00-\x20\x7f]", url) or "@" in parts.netloc:
        return "it contains a user, a backslash or white space"
    if parts.scheme == origin.scheme == "http" and host == origin.hostname:
        return None
    if parts.scheme != "https":
        return "it is not https"
    if host in {each.lower() for each in hosts}:
        return None
    if not AZURE_BLOBS.fullmatch(host):
        return "it is not a host of Azure Blob Storage. Add the host to transfer.hosts if F&O keeps its files there"
    return "it names a port" if parts.port not in {None, 443} else None


def _translated(chunks: Iterator[bytes]) -> Iterator[bytes]:
    try:
        yield from chunks
    except AzureError as error:
        raise FileError(_reason(error)) from None


def _reason(error: AzureError) -> str:
    """Return what went wrong; azure-core's own text may hold the URL."""
    if isinstance(error, HttpResponseError):
        code = getattr(error, "error_code", None)
        return f"{error.status_code} {getattr(code, 'value', code) or ''}".strip()
    cause: BaseException | None = error
    while cause is not None and not isinstance(cause, OSError):
        cause = cause.__cause__ or cause.__context__
    return getattr(cause, "strerror", None) or type(error).__name__
