"""When the sweeper last ran: a health check needs it, because a sweeper that has stopped reports nothing."""

from datetime import datetime

from azure.core.exceptions import ResourceNotFoundError
from azure.data.tables import TableClient

PARTITION, ROW = "sweep", "last"


class Sweeps:
    """The time of the last sweep, in a row of the ledger's table."""

    def __init__(self, table: TableClient) -> None:
        self._table = table

    def record(self, moment: datetime) -> None:
        """Store when a sweep ended."""
        self._table.upsert_entity({"PartitionKey": PARTITION, "RowKey": ROW, "At": moment})

    def last(self) -> datetime | None:
        """When the last sweep ended; None before the first."""
        try:
            last: datetime = self._table.get_entity(PARTITION, ROW)["At"]
        except ResourceNotFoundError:
            return None
        return last
