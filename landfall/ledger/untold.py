"""What people have still to be told: facts in rows of the ledger's table, by the box that they wait in."""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from itertools import islice

from azure.core.exceptions import ResourceNotFoundError
from azure.data.tables import TableClient, TableTransactionError

PAGE = 1_000
"""Rows that a table answers at most at once."""
TOGETHER = 100
"""Rows that a transaction takes."""


@dataclass(frozen=True)
class Fact:
    """Something that people are to be told; `event_id` tells it from every other one, and a repeated one from none.

    `what` is the run's outcome, or what happened in words. `subject` is the file, the export or what else it is about.
    `run_id` is empty for what is no run's end, `has_repair` says whether the run has a repair.zip.
    """

    event_id: str
    at: datetime
    what: str
    subject: str
    reason: str = ""
    source: str = ""
    """The name of the route or export, where there is one."""
    run_id: str = ""
    has_repair: bool = False
    key: str = field(default="", compare=False)
    """The row's key, of a fact that was read."""


class Untold:
    """The facts of each box. A fact stays until it has been told."""

    def __init__(self, table: TableClient) -> None:
        self._table = table

    def add(self, box: str, fact: Fact) -> None:
        """Store a fact; one that is stored already stays one."""
        # An event's id may hold characters that keys must not.
        key = f"{fact.at:%Y%m%dT%H%M%S}:{hashlib.sha256(fact.event_id.encode()).hexdigest()[:32]}"
        self._table.upsert_entity({"PartitionKey": _partition(box), "RowKey": key, **asdict(fact), "key": key})

    def first(self, box: str, count: int) -> list[Fact]:
        """The first facts of a box, the oldest first."""
        rows = self._table.query_entities(f"PartitionKey eq '{_partition(box)}'", results_per_page=min(count, PAGE))
        return [Fact(**{name: row[name] for name in Fact.__dataclass_fields__}) for row in islice(rows, count)]

    def delete(self, box: str, facts: Sequence[Fact]) -> None:
        """Delete facts that were told; one that is gone already stays gone."""
        keys = [{"PartitionKey": _partition(box), "RowKey": each.key} for each in facts]
        for some in _batches(keys):
            try:
                self._table.submit_transaction([("delete", key) for key in some])
            except (TableTransactionError, ResourceNotFoundError):  # a transaction fails whole for one that is gone
                for key in some:
                    self._table.delete_entity(key["PartitionKey"], key["RowKey"])


def _partition(box: str) -> str:
    return f"untold:{box}"


def _batches(keys: Sequence[dict[str, str]]) -> Iterator[Sequence[dict[str, str]]]:
    for at in range(0, len(keys), TOGETHER):
        yield keys[at : at + TOGETHER]
