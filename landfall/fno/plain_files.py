"""F&O's files on premises: local storage takes a whole file by PUT and gives one by GET (fno-behaviour 7.5)."""

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http import HTTPStatus
from typing import IO, Any
from urllib.parse import urlsplit

import requests

from landfall.fno.blobs import checked

CONNECT_SECONDS = 30
FILE_SECONDS = 900
"""How long the storage may say nothing while a file is on its way."""
PIECE = 1 << 20
"""Bytes in memory at once."""


class PlainFileError(Exception):
    """The storage did not take or give a file; the message names its host, never the URL.

    `again` when another URL of F&O's may do: this one does not let us in any more, or not all arrived there.
    """

    def __init__(self, message: str, *, again: bool = False) -> None:
        super().__init__(message)
        self.again = again


@dataclass(frozen=True)
class Storage:
    """Which URLs are opened (see landfall.fno.blobs), and the PEM file of the authorities to trust, None for public ones."""

    origin: str
    hosts: Collection[str] = ()
    ca_bundle: str | None = None

    def put(self, url: str, content: IO[bytes], size: int) -> None:
        """Write `size` bytes in one request, and compare the size where the storage tells it.

        Raises UntrustedUrlError, PlainFileError.
        """
        with self._asked("PUT", url, data=_Body(content, size), headers={"x-ms-blob-type": "BlockBlob"}):
            pass
        arrived = self._size(url)
        if arrived not in {None, size}:
            raise PlainFileError(f"{arrived} of {size} bytes arrived at {urlsplit(url).hostname}", again=True)

    @contextmanager
    def opened(self, url: str) -> Iterator[Iterator[bytes]]:
        """A file's pieces; PlainFileError when it breaks off, UntrustedUrlError."""
        with self._asked("GET", url, stream=True) as answer:
            yield _pieces(answer)

    def _size(self, url: str) -> int | None:
        """A file's size; None from a storage that does not tell."""
        try:
            with self._asked("HEAD", url) as answer:
                return int(answer.headers["Content-Length"])
        except (PlainFileError, LookupError, ValueError):
            return None

    @contextmanager
    def _asked(self, method: str, url: str, **options: Any) -> Iterator[requests.Response]:
        checked(url, self.origin, self.hosts)
        host = urlsplit(url).hostname
        try:
            answer = requests.request(
                method,
                url,
                timeout=(CONNECT_SECONDS, FILE_SECONDS),
                allow_redirects=False,
                verify=self.ca_bundle,
                auth=_unsigned,
                **options,
            )
        except (
            OSError
        ) as error:  # RequestException is one; others say that the file of authorities is not there
            raise PlainFileError(f"{host} does not answer ({type(error).__name__})") from None
        with answer:
            if answer.status_code >= HTTPStatus.MULTIPLE_CHOICES:
                denied = answer.status_code in {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN}
                raise PlainFileError(f"{host} answered {answer.status_code} to {method}", again=denied)
            yield answer


def _unsigned(request: requests.PreparedRequest) -> requests.PreparedRequest:
    """The URL alone lets us in; said as `auth`, because requests would look into .netrc."""
    return request


def _pieces(answer: requests.Response) -> Iterator[bytes]:
    try:
        yield from answer.iter_content(PIECE)
    except requests.RequestException as error:
        raise PlainFileError(f"the file broke off ({type(error).__name__})") from None


class _Body:
    """A file as a request's body: its size is known, so it goes as it is and not in chunks of HTTP's own."""

    def __init__(self, content: IO[bytes], size: int) -> None:
        self._content = content
        self._size = size

    def __len__(self) -> int:
        return self._size

    def __iter__(self) -> Iterator[bytes]:
        while piece := self._content.read(PIECE):
            yield piece
