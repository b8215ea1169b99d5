"""Requests about many runs: a row for each Idempotency-Key, with the runs it is about and what became of them."""

import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from azure.core.exceptions import ResourceExistsError
from azure.data.tables import TableClient, UpdateMode

from landfall.records import utc_now

PARTITION = "request"
LIFE = timedelta(days=7)
"""How long a request is remembered; nobody repeats an older one."""


@dataclass(frozen=True)
class Request:
    """A request's runs in order, the token of those that follow, and the runs' answers once it was carried out.

    `body` is the hash of what was asked for.
    """

    body: str
    runs: tuple[str, ...]
    next: str | None = None
    answers: tuple[tuple[int, str], ...] = ()


class Requests:
    """The rows, in the ledger's table. An answer has a property of its own, since a property holds 32 Ki characters."""

    def __init__(self, table: TableClient, now: Callable[[], datetime] = utc_now) -> None:
        self._table = table
        self._now = now

    def claim(self, key: str, request: Request) -> Request:
        """Store a request that has just come, or return the one that came with this key before."""
        self._delete_expired()
        row = {
            "PartitionKey": PARTITION,
            "RowKey": _hash(key),
            "Body": request.body,
            "Runs": json.dumps(request.runs),
            "Next": request.next or "",
            "Until": self._now() + LIFE,
        }
        try:
            self._table.create_entity(row)
        except ResourceExistsError:
            return self._get(key)
        return request

    def finish(self, key: str, answers: Sequence[tuple[int, str]]) -> None:
        """Store what became of the request's runs, in their order."""
        properties = {f"Answer{number:02}": json.dumps(answer) for number, answer in enumerate(answers)}
        self._table.update_entity({"PartitionKey": PARTITION, "RowKey": _hash(key), **properties}, UpdateMode.MERGE)

    def _get(self, key: str) -> Request:
        row = self._table.get_entity(PARTITION, _hash(key))
        answers = (json.loads(row[name]) for name in sorted(row) if name.startswith("Answer"))
        runs = tuple(json.loads(row["Runs"]))
        return Request(row["Body"], runs, row["Next"] or None, tuple((status, text) for status, text in answers))

    def _delete_expired(self) -> None:
        query = "PartitionKey eq @kind and Until lt @now"
        for row in self._table.query_entities(query, parameters={"kind": PARTITION, "now": self._now()}):
            self._table.delete_entity(row)


def _hash(key: str) -> str:
    return hashlib.sha256(key.encode()).hexdigest()
