"""Moves between our storage and F&O's on premises: streamed, in one request each."""

from collections.abc import Collection

from azure.storage.blob import BlobClient

from landfall.chunked import open_chunked
from landfall.fno import FnoClient
from landfall.fno.plain_files import Storage
from landfall.transfer import Pinned, chunks, stream


def bring(fno: FnoClient, hosts: Collection[str], source: Pinned, url: str) -> None:
    """Write a version to a URL that F&O gave out. Raises UntrustedUrlError, PlainFileError, SourceChangedError."""
    with open_chunked(chunks(source)) as content:
        _storage(fno, hosts).put(url, content, source.size)


def fetch(fno: FnoClient, hosts: Collection[str], url: str, target: BlobClient) -> None:
    """Write what lies at a URL of F&O's to a blob of ours, whole or not at all; raises as `bring`."""
    with _storage(fno, hosts).opened(url) as pieces:
        stream(pieces, target)


def _storage(fno: FnoClient, hosts: Collection[str]) -> Storage:
    return Storage(fno.origin, hosts, fno.ca_bundle)
