"""Which run a landing path's content belongs to: a row per path, with the content and the run that took it up last."""

import hashlib
from dataclasses import dataclass

from azure.core.exceptions import ResourceNotFoundError
from azure.data.tables import TableClient

from landfall.ledger.conditional import put

PARTITION = "content"


@dataclass(frozen=True)
class Held:
    """The content that lay at a path, the run that took it up, and the row's ETag."""

    content: str
    run_id: str
    etag: str


class Contents:
    """The rows, in the ledger's table. A row is replaced when other content lands, so there are as many as paths."""

    def __init__(self, table: TableClient) -> None:
        self._table = table

    def get(self, path: str) -> Held | None:
        """What is known of a path; None for a path without a row."""
        try:
            row = self._table.get_entity(PARTITION, _key(path))
        except ResourceNotFoundError:
            return None
        return Held(row["Content"], row["RunId"], str(row.metadata["etag"]))

    def put(self, path: str, content: str, run_id: str, before: Held | None) -> bool:
        """Store a path's content and run in place of `before`; False when another writer was faster."""
        row = {"PartitionKey": PARTITION, "RowKey": _key(path), "Content": content, "RunId": run_id}
        return put(self._table, row, before.etag if before else None)


def _key(path: str) -> str:
    """A row key for a path, which may hold characters that keys must not."""
    return hashlib.sha256(path.encode()).hexdigest()
