"""F&O's files for anyone who reads or writes them as they are, in the cloud or on premises."""

from collections.abc import Collection
from contextlib import AbstractContextManager
from typing import IO, Protocol

from landfall.fno.addresses import is_on_premises
from landfall.fno.blobs import BlobStorage, Pieces
from landfall.fno.client import FnoClient
from landfall.fno.plain_files import PlainStorage

MAX_URLS = 4
"""URLs to try in a row. Write URLs are valid for half an hour, read URLs for an hour (fno-behaviour 7.1, 7.2)."""


class Files(Protocol):
    """F&O's files at the URLs that it gives out. Both methods raise FileError and UntrustedUrlError."""

    @property
    def ca_bundle(self) -> str | None:
        """The PEM file of the authorities to trust; None for the public ones."""

    def put(self, url: str, content: IO[bytes], size: int) -> None:
        """Write `size` bytes to a URL."""

    def opened(self, url: str) -> AbstractContextManager[Pieces]:
        """Open the file at a URL, to read it piece by piece."""


def files_of(fno: FnoClient, hosts: Collection[str] = ()) -> Files:
    """Return the files of this client's environment; `hosts` are trusted besides Azure Blob Storage's."""
    if is_on_premises(fno.origin):
        return PlainStorage(fno.origin, hosts, fno.ca_bundle)
    return BlobStorage(fno.origin, hosts)
