"""A shared pause: when F&O answers 429 to one run, all runs of the environment wait, on every host."""

import logging
import time
from collections.abc import Callable
from datetime import datetime, timedelta

from azure.core.exceptions import AzureError, ResourceNotFoundError
from azure.data.tables import TableClient

from landfall.records import utc_now
from landfall.telemetry import Throttled, emit

log = logging.getLogger("landfall")

PARTITION = "pause"
FRESH_SECONDS = 1.0
"""How long a host trusts what it read from the table, so that not every call costs a read."""


class SharedPause:
    """The pause of one environment, in a row of the ledger's table. Without the table, each host keeps its own."""

    def __init__(self, table: TableClient, environment: str = "fno", now: Callable[[], datetime] = utc_now) -> None:
        self._table = table
        self._row = environment
        self._now = now
        self._until: datetime | None = None
        self._read_at = float("-inf")

    def left(self) -> float:
        """How many seconds nobody may call F&O; 0 without a pause."""
        if time.monotonic() - self._read_at > FRESH_SECONDS:
            self._extend(self._stored())
            self._read_at = time.monotonic()
        return max(0.0, (self._until - self._now()).total_seconds()) if self._until else 0.0

    def begin(self, seconds: float) -> None:
        """Stop calls to F&O for so many seconds; a pause that lasts longer stays."""
        emit(Throttled(seconds=seconds))
        until = self._now() + timedelta(seconds=seconds)
        self._extend(self._stored())
        if self._until and self._until >= until:
            return
        self._until = until
        try:
            self._table.upsert_entity({"PartitionKey": PARTITION, "RowKey": self._row, "Until": until})
        except AzureError as error:
            log.warning("The pause could not be stored: %s", type(error).__name__)

    def _extend(self, stored: datetime | None) -> None:
        if stored and (self._until is None or stored > self._until):
            self._until = stored

    def _stored(self) -> datetime | None:
        try:
            until: datetime = self._table.get_entity(PARTITION, self._row)["Until"]
        except ResourceNotFoundError:
            return None
        except AzureError as error:
            log.warning("The pause could not be read: %s", type(error).__name__)
            return None
        return until
