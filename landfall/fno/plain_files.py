"""F&O's files on premises: its storage takes a whole file by PUT and gives one by GET (fno-behaviour 7.5)."""

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http import HTTPStatus
from typing import IO, Any
from urllib.parse import urlsplit

import requests

from landfall.fno.blobs import FileError, Pieces, checked
from landfall.fno.keepalive import new_session

CONNECT_SECONDS = 30
FILE_SECONDS = 900
"""Seconds for which the storage may be silent during a transfer."""
PIECE = 1 << 20
"""Bytes in memory at once."""


class PlainFileError(FileError):
    """The storage did not take or give a file; the message names its host, never the URL.

    `again` says that another URL from F&O may work: this one has expired, or not all bytes arrived under it.
    """

    def __init__(self, message: str, *, again: bool = False) -> None:
        super().__init__(message)
        self.again = again


@dataclass(frozen=True)
class PlainStorage:
    """F&O's files on premises.

    landfall.fno.blobs says which URLs are opened. `ca_bundle` is a PEM file of the authorities to trust; None for the
    public ones.
    """

    origin: str
    hosts: Collection[str] = ()
    ca_bundle: str | None = None

    def put(self, url: str, content: IO[bytes], size: int) -> None:
        """Write `size` bytes in one request, and compare the size if the storage tells it.

        Raises UntrustedUrlError, PlainFileError.
        """
        with self._request("PUT", url, data=_Body(content, size), headers={"x-ms-blob-type": "BlockBlob"}):
            pass
        arrived = self._size(url)
        if arrived not in {None, size}:
            raise PlainFileError(f"{arrived} of {size} bytes arrived at {urlsplit(url).hostname}", again=True)

    @contextmanager
    def opened(self, url: str) -> Iterator[Pieces]:
        """Yield a file's pieces; PlainFileError when it breaks off, UntrustedUrlError."""
        with self._request("GET", url, stream=True) as answer:
            size = answer.headers.get("Content-Length", "")
            yield Pieces(int(size) if size.isdecimal() else None, _pieces(answer))

    def _size(self, url: str) -> int | None:
        """Return a file's size; None if the storage does not tell it."""
        try:
            with self._request("HEAD", url) as answer:
                return int(answer.headers["Content-Length"])
        except (PlainFileError, LookupError, ValueError):
            return None

    @contextmanager
    def _request(self, method: str, url: str, **options: Any) -> Iterator[requests.Response]:
        checked(url, self.origin, self.hosts)
        host = urlsplit(url).hostname
        try:
            answer = new_session().request(
                method,
                url,
                timeout=(CONNECT_SECONDS, FILE_SECONDS),
                allow_redirects=False,
                verify=self.ca_bundle,
                auth=_unsigned,
                **options,
            )
        # Every RequestException is an OSError. Others mean that the CA file does not exist.
        except OSError as error:
            raise PlainFileError(f"{host} does not answer ({type(error).__name__})") from None
        with answer:
            if answer.status_code >= HTTPStatus.MULTIPLE_CHOICES:
                denied = answer.status_code in {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN}
                raise PlainFileError(f"{host} answered {answer.status_code} to {method}", again=denied)
            yield answer


def _unsigned(request: requests.PreparedRequest) -> requests.PreparedRequest:
    """Add no credentials, since the URL is enough; without an `auth`, requests would look into .netrc."""
    return request


def _pieces(answer: requests.Response) -> Iterator[bytes]:
    try:
        yield from answer.iter_content(PIECE)
    except requests.RequestException as error:
        raise PlainFileError(f"the file broke off ({type(error).__name__})") from None


class _Body:
    """A request body of known size, which requests sends as it is and not in HTTP chunks."""

    def __init__(self, content: IO[bytes], size: int) -> None:
        self._content = content
        self._size = size

    def __len__(self) -> int:
        return self._size

    def __iter__(self) -> Iterator[bytes]:
        while piece := self._content.read(PIECE):
            yield piece
