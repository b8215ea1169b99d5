"""Uploads files to the landing container, where the app picks them up."""

from pathlib import Path

from azure.identity import DefaultAzureCredential
from azure.storage.blob import BlobServiceClient

from landfall.ids import import_run_id

LANDING = "landing"


def package_path(file: str, company: str) -> str:
    """Return the landing path of a data package, for the shipped route `packages/{company}/{name}.zip`."""
    return f"packages/{company}/{file}"


def drop(storage: str, file: Path, path: str) -> str:
    """Upload `file` to `path` in the landing container, over what is there; return the id of this version's run.

    `storage` is a connection string, or the account's blob address for a sign-in by DefaultAzureCredential. A file
    that is part of a package has no run of its own. Raises azure-core's errors.
    """
    if storage.startswith("https://"):
        service = BlobServiceClient(storage, credential=DefaultAzureCredential())
    else:
        service = BlobServiceClient.from_connection_string(storage)
    with service, file.open("rb") as content:
        answer = service.get_blob_client(LANDING, path).upload_blob(content, overwrite=True)
    return import_run_id(LANDING, path, str(answer["etag"]))
