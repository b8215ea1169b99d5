"""What people did about lanes. A lane has no row of its own, so each action has one."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Any
from uuid import uuid4

from azure.data.tables import TableClient

from landfall.ledger.rows import LAST_MILLISECOND, milliseconds

PARTITION = "lanes"
OWN = f"PartitionKey eq '{PARTITION}'"


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

    def since(self, moment: datetime) -> list[LaneAction]:
        """The actions of all lanes after this moment, the newest first."""
        last = f"{LAST_MILLISECOND - milliseconds(moment):013}"
        return [_action(row) for row in self._table.query_entities(f"{OWN} and RowKey lt '{last}'")]

    def latest(self, count: int) -> list[LaneAction]:
        """The latest actions of all lanes, the newest first."""
        rows = self._table.query_entities(OWN, results_per_page=count)
        return [_action(row) for row in islice(rows, count)]


def _action(row: Mapping[str, Any]) -> LaneAction:
    return LaneAction(row["At"], row["Lane"], row["Who"], row["What"], row["Why"] or None)
