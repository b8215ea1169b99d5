"""Who has signed in to the dashboard: sessions and tickets, of which the ledger's table keeps only hashes."""

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
"""How long a session lasts, and how long a ticket waits to be used: a working day."""


class Sessions:
    """Tokens of 256 random bits, handed out once; a row for the SHA-256 of each says until when it counts."""

    def __init__(self, table: TableClient, now: Callable[[], datetime] = utc_now) -> None:
        self._table = table
        self._now = now

    def open(self) -> str:
        """Begin a session; its token."""
        return self._issue(SESSION)

    def is_open(self, token: str) -> bool:
        """Whether the token is that of a session that lasts."""
        try:
            row = self._table.get_entity(SESSION, _hash(token))
        except ResourceNotFoundError:
            return False
        return bool(row["Until"] > self._now())

    def close(self, token: str) -> None:
        """End a session; one that has ended stays so."""
        self._table.delete_entity(SESSION, _hash(token))

    def issue_ticket(self) -> str:
        """A token that opens one session, once: what may stand in a link."""
        return self._issue(TICKET)

    def redeem(self, ticket: str) -> str | None:
        """The token of a new session for an unused ticket; None for any other. Of two who try, one gets it."""
        now = self._now()
        try:
            row = self._table.get_entity(TICKET, _hash(ticket))
            if row["Until"] <= now:
                return None
            # Used up by a change, of which only one can be made: a deletion of what is gone is no error to the SDK.
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
        self._forget(kind)
        token = secrets.token_urlsafe(32)
        self._table.create_entity({"PartitionKey": kind, "RowKey": _hash(token), "Until": self._now() + LIFE})
        return token

    def _forget(self, kind: str) -> None:
        """Delete what is over."""
        query = "PartitionKey eq @kind and Until lt @now"
        over = self._table.query_entities(query, parameters={"kind": kind, "now": self._now()})
        for row in over:
            self._table.delete_entity(row)


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
