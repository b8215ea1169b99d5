"""What health checks need of the last sweep: its time, and the functions that runs called and the host lacked."""

from collections.abc import Collection
from datetime import datetime

from azure.core.exceptions import ResourceNotFoundError
from azure.data.tables import TableClient

PARTITION, ROW = "sweep", "last"


class Sweeps:
    """The last sweep, in a row of the ledger's table."""

    def __init__(self, table: TableClient) -> None:
        self._table = table

    def record(self, moment: datetime, missing: Collection[str] = ()) -> None:
        """Store when a sweep ended, and the functions that runs called and the host did not have."""
        self._table.upsert_entity(
            {"PartitionKey": PARTITION, "RowKey": ROW, "At": moment, "Missing": " ".join(sorted(missing))}
        )

    def last(self) -> datetime | None:
        """When the last sweep ended; None before the first."""
        try:
            last: datetime = self._table.get_entity(PARTITION, ROW)["At"]
        except ResourceNotFoundError:
            return None
        return last

    def purged(self) -> datetime | None:
        """When old history was last purged; None before the first time."""
        try:
            row = self._table.get_entity(PARTITION, ROW)
        except ResourceNotFoundError:
            return None
        purged: datetime | None = row.get("Purged")
        return purged

    def record_purge(self, moment: datetime) -> None:
        """Store when old history was purged."""
        self._table.upsert_entity({"PartitionKey": PARTITION, "RowKey": ROW, "Purged": moment})

    def missing(self) -> tuple[str, ...]:
        """The functions that the host did not have for runs of the last sweep."""
        try:
            row = self._table.get_entity(PARTITION, ROW)
        except ResourceNotFoundError:
            return ()
        return tuple(str(row.get("Missing") or "").split())
