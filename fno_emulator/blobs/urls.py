"""URLs with a SAS: F&O's callers upload and download files with them (fno-behaviour 7.1, 7.2)."""

from collections.abc import Mapping
from pathlib import Path
from secrets import token_bytes
from typing import BinaryIO
from urllib.parse import parse_qsl, quote, unquote, urlsplit

from fno_emulator.auth.tenant import TENANT_ID
from fno_emulator.blobs import sas
from fno_emulator.blobs.store import READ, WRITE, BlobStore
from fno_emulator.clock import Clock
from fno_emulator.settings import Settings

STORAGE_IDENTITY = "5f0b9a2e-6c1d-4e7a-9b38-d4a1c2e3f405"
"""The object id of the identity by which the environment signs URLs."""


class SignedUrls:
    """Makes the URLs of one account and checks them.

    Args:
        store: the account's blobs.
        folder: keeps the account's key; the class creates the key if there is none.
        clock: the emulator's time.
        settings: how URLs are signed, and how long they are valid.
    """

    def __init__(self, store: BlobStore, folder: Path, clock: Clock, settings: Settings) -> None:
        self.base_url = ""
        """The server sets it once the endpoint listens."""
        self._store = store
        self._clock = clock
        self._settings = settings
        key = folder / "account.key"
        if not key.exists():
            key.touch(mode=0o600)
            key.write_bytes(token_bytes(64))
        self._key = key.read_bytes()

    def write_url(self, name: str) -> str:
        """A URL that may write and read the blob `dmf/<name>`."""
        return self._url(WRITE, name, "rw", self._settings.write_url_seconds)

    def read_url(self, name: str) -> str:
        """A URL that may read the blob `temporary-file/<name>`."""
        return self._url(READ, name, "r", self._settings.read_url_seconds)

    def refusal(self, resource: str, parameters: Mapping[str, str], permissions: str) -> str:
        """Why a query string does not open `resource`; see `sas.refusal`."""
        return sas.refusal(self._key, resource, parameters, permissions, self._clock.now())

    def open(self, url: str) -> BinaryIO:
        """The blob's body, open for reading. It stays readable if the blob is replaced meanwhile.

        Raises:
            PermissionError: the URL belongs to another account, or its SAS does not allow reading.
            FileNotFoundError: there is no blob at this URL.
        """
        if not url.startswith(self.base_url + "/"):
            raise PermissionError
        parts = urlsplit(url)
        resource = unquote(parts.path.removeprefix(urlsplit(self.base_url).path + "/"))
        if self.refusal(resource, dict(parse_qsl(parts.query)), "r"):
            raise PermissionError
        container, _, name = resource.partition("/")
        return self._store.open(container, name)

    def _url(self, container: str, name: str, permissions: str, seconds: int) -> str:
        identity = (STORAGE_IDENTITY, TENANT_ID) if self._settings.signature == "user_delegation" else None
        query = sas.query(self._key, f"{container}/{name}", permissions, self._clock.now(), seconds, identity)
        return f"{self.base_url}/{container}/{quote(name)}?{query}"
