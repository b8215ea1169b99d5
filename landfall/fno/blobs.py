"""F&O's files: the one place where a URL that F&O named is judged and opened.

Whoever can answer for F&O can name any URL; opened blindly it would reach into our network, or carry our token for
storage elsewhere. So only Azure Storage's own host names are opened, and those that landfall.yaml adds for F&O on
premises; redirects are not followed.
"""

import re
from collections.abc import Collection
from typing import Any
from urllib.parse import SplitResult, urlsplit

from azure.storage.blob import BlobClient

TRANSFER: dict[str, Any] = {
    "max_single_get_size": 4 * 1024 * 1024,
    "max_chunk_get_size": 4 * 1024 * 1024,
    "initial_backoff": 2,
}
"""Bytes held per download, and seconds before the first retry: the SDK's own 32 MiB and 15 s suit neither."""
AZURE_BLOBS = re.compile(
    r"[a-z0-9]{3,24}\.blob\.core\.(windows\.net|usgovcloudapi\.net|chinacloudapi\.cn)"
    r"|[a-z0-9]{3,24}\.z\d{1,2}\.blob\.storage\.azure\.net"
)


class UntrustedUrlError(Exception):
    """F&O named a URL that is not opened; the message says which host and why, never the query."""


def open_blob(url: str, origin: str, hosts: Collection[str] = (), **options: Any) -> BlobClient:
    """The blob at a URL that F&O named; see `checked`. `options` are BlobClient's own."""
    return BlobClient.from_blob_url(
        checked(url, origin, hosts), permit_redirects=False, **{**TRANSFER, **options}
    )


def checked(url: str, origin: str, hosts: Collection[str] = ()) -> str:
    """The URL, if it may be opened; UntrustedUrlError if not.

    It is https, at a host of Azure Blob Storage without a port, or at one of `hosts`. An F&O that is itself reached
    by http (`origin`; an emulator) may name http URLs of its own host.
    """
    try:
        parts = urlsplit(url)
        why = _objection(url, parts, urlsplit(origin), hosts)
        host = parts.hostname
    except ValueError:
        why, host = "it is no URL", None
    if why:
        raise UntrustedUrlError(f"F&O named a URL at {host or 'no host'} that is not opened: {why}")
    return url


def _objection(url: str, parts: SplitResult, origin: SplitResult, hosts: Collection[str]) -> str | None:
    host = parts.hostname or ""
    if re.search(r"[\s\\\x00-\x20\x7f]", url) or "@" in parts.netloc:
        return "it has a user, a backslash or white space in it"
    if parts.scheme == origin.scheme == "http" and host == origin.hostname:
        return None
    if parts.scheme != "https":
        return "it is not https"
    if host in {each.lower() for each in hosts}:
        return None
    if not AZURE_BLOBS.fullmatch(host):
        return (
            "this is no host of Azure Blob Storage; name it under transfer.hosts if F&O keeps its files there"
        )
    return "it names a port" if parts.port not in {None, 443} else None
