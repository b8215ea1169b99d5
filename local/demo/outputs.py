"""What a run left in storage, copied to where a person can open it."""

from collections.abc import Mapping
from pathlib import Path, PurePosixPath
from typing import Any

from azure.storage.blob import BlobServiceClient

KEPT = ("reports", "exports")


def fetch(service: BlobServiceClient, run: Mapping[str, Any], folder: Path) -> dict[str, Path]:
    """Copy the files of a run that lie in `reports` and `exports` into `folder`; return them by their label.

    Raises:
        azure.core.exceptions.ResourceNotFoundError: the run names a file that is not there.
    """
    copies = {}
    for label, place in run["files"].items():
        container, _, name = place.partition("/")
        if container in KEPT:
            copy = (
                folder / name.removeprefix(f"{run['run_id']}/")
                if container == "reports"
                else folder / PurePosixPath(name).name
            )
            copy.parent.mkdir(parents=True, exist_ok=True)
            with copy.open("wb") as file:
                service.get_blob_client(container, name).download_blob().readinto(file)
            copies[label] = copy
    return copies


def names(service: BlobServiceClient, container: str) -> list[str]:
    """Return the names of the blobs in a container."""
    return list(service.get_container_client(container).list_blob_names())
