"""What became of the files that had to come: a row for each route and each time they were due."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Literal

from azure.data.tables import TableClient, TableEntity

from landfall.ledger.conditional import put
from landfall.ledger.rows import LAST_MILLISECOND, milliseconds

PARTITION = "expected"
Status = Literal["new", "came", "missing", "late"]
"""`new` is what was due before the expectation was first looked at, of which nothing is said."""


@dataclass(frozen=True)
class Expected:
    """What a route expected and what came: so many `files` up to now, the last that counts at `came_at`.

    `told` is the status of which people were told.
    """

    route: str
    due: datetime
    status: Status
    files: int = 0
    came_at: datetime | None = None
    told: str = ""


class ExpectedFiles:
    """The rows, in the ledger's table; those of a route sort the newest first."""

    def __init__(self, table: TableClient) -> None:
        self._table = table

    def latest(self, route: str, count: int) -> list[Expected]:
        """The latest rows of a route, the newest first."""
        return [_expected(row) for row in islice(self._rows(route), count)]

    def put(self, expected: Expected, before: Expected | None) -> bool:
        """Write a row over what it was before (None: there was none); False when another writer was faster."""
        key = _key(expected.route, expected.due)
        columns = {"Route": expected.route, "Due": expected.due, "Status": expected.status, "Files": expected.files}
        row = {
            "PartitionKey": PARTITION,
            "RowKey": key,
            **columns,
            "Told": expected.told,
            **({"CameAt": expected.came_at} if expected.came_at else {}),
        }
        if before is None:
            return put(self._table, row, None)
        stored = self._table.get_entity(PARTITION, key)
        return _expected(stored) == before and put(self._table, row, str(stored.metadata["etag"]))

    def _rows(self, route: str) -> Iterator[TableEntity]:
        query = f"PartitionKey eq '{PARTITION}' and RowKey gt '{route}:' and RowKey lt '{route};'"
        return iter(self._table.query_entities(query, results_per_page=2))


def _key(route: str, due: datetime) -> str:
    return f"{route}:{LAST_MILLISECOND - milliseconds(due):013}"


def _expected(row: TableEntity) -> Expected:
    return Expected(row["Route"], row["Due"], row["Status"], row["Files"], row.get("CameAt"), row["Told"])
