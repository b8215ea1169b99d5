"""How long F&O took for the executions in each lane: what looks at the next one are timed by."""

import hashlib
import json
from contextlib import suppress

from azure.core import MatchConditions
from azure.core.exceptions import ResourceExistsError, ResourceModifiedError, ResourceNotFoundError
from azure.data.tables import TableClient, TableEntity, UpdateMode

PARTITION = "durations"
KEPT = 50
"""Durations per lane: enough to know it by, few enough to follow a change."""


class Durations:
    """A row per lane in the ledger's table, with the latest durations by execution id."""

    def __init__(self, table: TableClient) -> None:
        self._table = table

    def of(self, lane: str) -> tuple[float, ...]:
        """Seconds of the lane's latest executions, the oldest first; empty when none is known."""
        row = self._row(lane)
        return tuple(_seconds(row).values()) if row else ()

    def remember(self, lane: str, execution_id: str, seconds: float) -> None:
        """Note a duration; again for the same execution changes nothing.

        Where another writer was faster it is let go: one duration more or less does not matter.
        """
        row = self._row(lane)
        known = _seconds(row) if row else {}
        if execution_id in known:
            return
        latest = dict(list({**known, execution_id: round(seconds, 1)}.items())[-KEPT:])
        fresh = {
            "PartitionKey": PARTITION,
            "RowKey": _key(lane),
            "Lane": lane,
            "Seconds": json.dumps(latest),
        }
        with suppress(ResourceExistsError, ResourceModifiedError):
            if row is None:
                self._table.create_entity(fresh)
            else:
                self._table.update_entity(
                    fresh,
                    mode=UpdateMode.REPLACE,
                    etag=row.metadata["etag"],
                    match_condition=MatchConditions.IfNotModified,
                )

    def _row(self, lane: str) -> TableEntity | None:
        with suppress(ResourceNotFoundError):
            return self._table.get_entity(PARTITION, _key(lane))
        return None


def _key(lane: str) -> str:
    # A hash, because projects may have names that no row key may have.
    return hashlib.sha256(lane.encode()).hexdigest()[:32]


def _seconds(row: TableEntity) -> dict[str, float]:
    known: dict[str, float] = json.loads(row["Seconds"])
    return known
