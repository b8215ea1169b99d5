"""When the sweeper swept last: what a monitor asks for, because a sweeper that stands still says nothing."""

from datetime import datetime

from azure.core.exceptions import ResourceNotFoundError
from azure.data.tables import TableClient

PARTITION, ROW = "sweep", "last"


class Sweeps:
    """A row of the ledger's table."""

    def __init__(self, table: TableClient) -> None:
        self._table = table

    def note(self, moment: datetime) -> None:
        """A sweep has come to its end."""
        self._table.upsert_entity({"PartitionKey": PARTITION, "RowKey": ROW, "At": moment})

    def last(self) -> datetime | None:
        """When the last one did; None when there was none yet."""
        try:
            last: datetime = self._table.get_entity(PARTITION, ROW)["At"]
        except ResourceNotFoundError:
            return None
        return last
