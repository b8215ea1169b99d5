"""What people did about lanes: a lane has no row of its own, so their actions have."""

from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from uuid import uuid4

from azure.data.tables import TableClient

from landfall.ledger.rows import LAST_MILLISECOND, milliseconds

PARTITION = "lanes"


@dataclass(frozen=True)
class LaneAction:
    """Who did what with a lane, when, and why in their own words."""

    at: datetime
    lane: str
    who: str
    what: str
    why: str | None = None


class LaneLog:
    """Rows of the ledger's table, the newest first."""

    def __init__(self, table: TableClient) -> None:
        self._table = table

    def note(self, action: LaneAction) -> None:
        """Write it down."""
        key = f"{LAST_MILLISECOND - milliseconds(action.at):013}:{uuid4().hex}"
        about = {"At": action.at, "Lane": action.lane, "Who": action.who, "What": action.what}
        self._table.create_entity(
            {"PartitionKey": PARTITION, "RowKey": key, **about, "Why": action.why or ""}
        )

    def latest(self, count: int) -> list[LaneAction]:
        """The latest of all lanes."""
        rows = self._table.query_entities(f"PartitionKey eq '{PARTITION}'", results_per_page=count)
        return [
            LaneAction(row["At"], row["Lane"], row["Who"], row["What"], row["Why"] or None)
            for row in islice(rows, count)
        ]
