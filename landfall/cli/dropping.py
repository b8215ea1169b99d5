"""Uploads files to the landing container, where the app picks them up."""

from pathlib import Path
from typing import Any

import requests
from azure.identity import DefaultAzureCredential
from azure.storage.blob import BlobServiceClient

from landfall.cli.places import PlaceError
from landfall.fno.unreachable import why_unreachable
from landfall.ids import import_run_id

LANDING = "landing"
CONNECT_SECONDS = 10


def package_path(file: str, company: str) -> str:
    """Return the landing path of a data package, for the shipped route `packages/{company}/{name}.zip`."""
    return f"packages/{company}/{file}"


def drop(storage: str, file: Path, path: str) -> str:
    """Upload `file` to `path` in the landing container, over what is there; return the id of this version's run.

    `storage` is a connection string, or the account's blob address for a sign-in by DefaultAzureCredential. A file
    that is part of a package has no run of its own. Raises azure-core's errors, PlaceError for a `storage` that is
    neither, and does not wait for a storage account to which no connection can be made.
    """
    _check_reachable(storage)
    at_once: dict[str, Any] = {"retry_connect": 0}
    try:
        if storage.startswith("https://"):
            service = BlobServiceClient(storage, credential=DefaultAzureCredential(), **at_once)
        else:
            service = BlobServiceClient.from_connection_string(storage, **at_once)
    except ValueError:
        raise PlaceError(
            "The storage must be an address like https://contoso.blob.core.windows.net, or a connection string. "
            "Check --account-url and LANDFALL_STORAGE."
        ) from None
    with service, file.open("rb") as content:
        answer = service.get_blob_client(LANDING, path).upload_blob(content, overwrite=True)
    return import_run_id(LANDING, path, str(answer["etag"]))


def _check_reachable(storage: str) -> None:
    """Raise PlaceError for an address that takes no connections: a sign-in alone may take a minute."""
    if not storage.startswith("https://"):
        return
    try:
        requests.head(storage, timeout=CONNECT_SECONDS, allow_redirects=False)
    except requests.RequestException as error:
        if why := why_unreachable(error, storage, "LANDFALL_STORAGE (--account-url)", "REQUESTS_CA_BUNDLE"):
            raise PlaceError(f"The storage account does not answer. {why}") from None
