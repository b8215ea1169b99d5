"""What people did about lanes. A lane has no row of its own, so each action has one."""

from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from uuid import uuid4

from azure.data.tables import TableClient

from landfall.ledger.rows import LAST_MILLISECOND, milliseconds

PARTITION = "lanes"


@dataclass(frozen=True)
class LaneAction:
    """What a person did about a lane; `why` is their own words."""

    at: datetime
    lane: str
    who: str
    what: str
    why: str | None = None


class LaneLog:
    """The actions, in rows of the ledger's table that sort the newest first."""

    def __init__(self, table: TableClient) -> None:
        self._table = table

    def add(self, action: LaneAction) -> None:
        """Store an action."""
        key = f"{LAST_MILLISECOND - milliseconds(action.at):013}:{uuid4().hex}"
        columns = {"At": action.at, "Lane": action.lane, "Who": action.who, "What": action.what}
        self._table.create_entity({"PartitionKey": PARTITION, "RowKey": key, **columns, "Why": action.why or ""})

    def latest(self, count: int) -> list[LaneAction]:
        """The latest actions of all lanes, the newest first."""
        rows = self._table.query_entities(f"PartitionKey eq '{PARTITION}'", results_per_page=count)
        return [
            LaneAction(row["At"], row["Lane"], row["Who"], row["What"], row["Why"] or None)
            for row in islice(rows, count)
        ]
