"""Sessions of the dashboard, and the tickets that open them. The ledger's table stores only hashes of both."""

import hashlib
import secrets
from collections.abc import Callable
from datetime import datetime, timedelta

from azure.core import MatchConditions
from azure.core.exceptions import ResourceModifiedError, ResourceNotFoundError
from azure.data.tables import TableClient, UpdateMode

from landfall.records import utc_now

SESSION, TICKET = "session", "ticket"
LIFE = timedelta(hours=12)
"""How long a session lasts and a ticket can be used: a working day."""


class Sessions:
    """Tokens of 256 random bits. A row per token holds its SHA-256 and when it expires."""

    def __init__(self, table: TableClient, now: Callable[[], datetime] = utc_now) -> None:
        self._table = table
        self._now = now

    def open(self) -> str:
        """Start a session; returns its token."""
        return self._issue(SESSION)

    def is_open(self, token: str) -> bool:
        """Whether the token belongs to a session that has not expired."""
        try:
            row = self._table.get_entity(SESSION, _hash(token))
        except ResourceNotFoundError:
            return False
        return bool(row["Until"] > self._now())

    def close(self, token: str) -> None:
        """End a session; one that has ended stays ended."""
        self._table.delete_entity(SESSION, _hash(token))

    def issue_ticket(self) -> str:
        """A ticket that opens one session, once. It may be part of a link."""
        return self._issue(TICKET)

    def redeem(self, ticket: str) -> str | None:
        """Use up a ticket and start a session; returns its token, or None for a used, expired or unknown ticket."""
        now = self._now()
        try:
            row = self._table.get_entity(TICKET, _hash(ticket))
            if row["Until"] <= now:
                return None
            # A conditional update, so that one of two callers wins: deleting a row that is gone is no error in the SDK.
            self._table.update_entity(
                {**row, "Until": now},
                mode=UpdateMode.REPLACE,
                etag=row.metadata["etag"],
                match_condition=MatchConditions.IfNotModified,
            )
        except (ResourceNotFoundError, ResourceModifiedError):
            return None
        return self.open()

    def _issue(self, kind: str) -> str:
        self._delete_expired(kind)
        token = secrets.token_urlsafe(32)
        self._table.create_entity({"PartitionKey": kind, "RowKey": _hash(token), "Until": self._now() + LIFE})
        return token

    def _delete_expired(self, kind: str) -> None:
        """Delete the expired rows of a kind."""
        query = "PartitionKey eq @kind and Until lt @now"
        expired = self._table.query_entities(query, parameters={"kind": kind, "now": self._now()})
        for row in expired:
            self._table.delete_entity(row)


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()  # a header may hold what is no text
