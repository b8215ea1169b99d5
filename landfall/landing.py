"""What lies in landing."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from landfall.records import import_run_id
from landfall.storage import LANDING, DataAccount


@dataclass(frozen=True)
class Arrival:
    """A version of a file in landing; `landed` is UTC, to the second."""

    run_id: str
    name: str
    landed: datetime


def arrivals(account: DataAccount) -> Iterator[Arrival]:
    """All files in landing; folders, which accounts with a hierarchical namespace list as blobs too, are none."""
    for blob in account.blobs.get_container_client(LANDING).list_blobs(include=["metadata"]):
        if (blob.metadata or {}).get("hdi_isfolder") != "true":
            yield Arrival(
                import_run_id(LANDING, blob.name, str(blob.etag)), str(blob.name), blob.last_modified
            )
