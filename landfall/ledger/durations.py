"""How long past executions of each lane took. Landfall times its looks at the next execution by them."""

import hashlib
import json
from contextlib import suppress

from azure.core.exceptions import ResourceNotFoundError
from azure.data.tables import TableClient, TableEntity

from landfall.ledger.conditional import put

PARTITION = "durations"
KEPT = 50
"""Durations per lane: enough for a statistic, few enough to follow a change."""


class Durations:
    """The latest durations of each lane by execution id, in a row of the ledger's table."""

    def __init__(self, table: TableClient) -> None:
        self._table = table

    def of(self, lane: str) -> tuple[float, ...]:
        """Seconds that the lane's latest executions took, the oldest first; empty when there are none."""
        row = self._row(lane)
        return tuple(_seconds(row).values()) if row else ()

    def remember(self, lane: str, execution_id: str, seconds: float) -> None:
        """Store a duration; an execution that has one keeps it.

        When another writer is faster the duration is dropped, because one more or less does not matter.
        """
        row = self._row(lane)
        stored = _seconds(row) if row else {}
        if execution_id in stored:
            return
        latest = dict(list({**stored, execution_id: round(seconds, 1)}.items())[-KEPT:])
        changed = {"PartitionKey": PARTITION, "RowKey": _key(lane), "Lane": lane, "Seconds": json.dumps(latest)}
        put(self._table, changed, str(row.metadata["etag"]) if row else None)

    def _row(self, lane: str) -> TableEntity | None:
        with suppress(ResourceNotFoundError):
            return self._table.get_entity(PARTITION, _key(lane))
        return None


def _key(lane: str) -> str:
    # A hash, because names of projects may contain characters that row keys must not.
    return hashlib.sha256(lane.encode()).hexdigest()[:32]


def _seconds(row: TableEntity) -> dict[str, float]:
    seconds: dict[str, float] = json.loads(row["Seconds"])
    return seconds
