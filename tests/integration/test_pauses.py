"""When F&O asks one of us to wait, all wait, on whatever host."""

import logging
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from azure.core.exceptions import ServiceRequestError
from azure.data.tables import TableClient

from landfall.ledger.pauses import FRESH_SECONDS, SharedPause
from landfall.storage.account import DataAccount

NOW = datetime(2026, 3, 1, 6, tzinfo=UTC)


@pytest.fixture
def table(account: DataAccount) -> TableClient:
    """A table of our own."""
    return account.tables.create_table(f"pauses{uuid4().hex}")


def at(moment: datetime) -> Any:
    """A clock that stands."""
    return lambda: moment


def test_without_a_pause_nobody_waits(table: TableClient) -> None:
    """The usual case, and that of a table in which nothing was ever written."""
    assert SharedPause(table).left() == 0


def test_a_pause_is_everybodys(table: TableClient) -> None:
    """Another host sees it, for as long as it lasts."""
    SharedPause(table, now=at(NOW)).begin(30)
    assert SharedPause(table, now=at(NOW + timedelta(seconds=10))).left() == 20
    assert SharedPause(table, now=at(NOW + timedelta(seconds=30))).left() == 0


def test_environments_pause_apart(table: TableClient) -> None:
    """One environment's being busy is no reason to leave another alone."""
    SharedPause(table, "uat", now=at(NOW)).begin(30)
    assert SharedPause(table, now=at(NOW)).left() == 0
    assert SharedPause(table, "uat", now=at(NOW)).left() == 30


def test_a_pause_is_told_of(table: TableClient, caplog: pytest.LogCaptureFixture) -> None:
    """Whoever was asked to wait says for how long, as an event."""
    with caplog.at_level(logging.INFO, logger="landfall"):
        SharedPause(table, now=at(NOW)).begin(30)
    assert caplog.messages == ['{"event": "fno.throttled", "seconds": 30}']


def test_the_longest_pause_counts(table: TableClient) -> None:
    """A later, shorter one does not end it early, whoever was told of it."""
    one, other = SharedPause(table, now=at(NOW)), SharedPause(table, now=at(NOW))
    one.begin(60)
    other.begin(5)
    assert (one.left(), other.left(), SharedPause(table, now=at(NOW)).left()) == (60, 60, 60)


def test_who_looked_a_moment_ago_hears_of_it(table: TableClient) -> None:
    """What was read is believed for a second at most."""
    one = SharedPause(table, now=at(NOW))
    assert one.left() == 0
    SharedPause(table, now=at(NOW)).begin(60)
    one._read_at -= FRESH_SECONDS  # as if that second were over
    assert one.left() == 60


def test_a_table_out_of_reach_stops_nobody() -> None:
    """The pause is a courtesy: without the table a host keeps its own."""

    class Away:
        """A table that cannot be reached."""

        def get_entity(self, *_: object) -> None:
            """Fails."""
            raise ServiceRequestError("no route")

        def upsert_entity(self, *_: object) -> None:
            """Fails."""
            raise ServiceRequestError("no route")

    pause = SharedPause(Away(), now=at(NOW))  # type: ignore[arg-type]
    assert pause.left() == 0
    pause.begin(7)
    assert pause.left() == 7
