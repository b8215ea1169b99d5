"""Copies the files of a run from storage to a local folder."""

from collections.abc import Mapping
from pathlib import Path, PurePosixPath
from typing import Any

from azure.storage.blob import BlobServiceClient

KEPT = ("reports", "exports")


def fetch(service: BlobServiceClient, run: Mapping[str, Any], folder: Path) -> dict[str, Path]:
    """Copy a run's files in `reports` and `exports` into `folder`, and return the copies by label.

    Raises:
        azure.core.exceptions.ResourceNotFoundError: a file that the run names does not exist.
    """
    copies = {}
    for label, path in run["files"].items():
        container, _, name = path.partition("/")
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
