"""When F&O asks one run to wait, all runs wait, on every host."""

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
    """A table for one test."""
    return account.tables.create_table(f"pauses{uuid4().hex}")


def at(moment: datetime) -> Any:
    """A clock that stands still."""
    return lambda: moment


def test_without_a_pause_nobody_waits(table: TableClient) -> None:
    """A table without a pause means no wait."""
    assert SharedPause(table).left() == 0


def test_a_pause_holds_on_every_host(table: TableClient) -> None:
    """Another host sees the pause for as long as it lasts."""
    SharedPause(table, now=at(NOW)).begin(30)
    assert SharedPause(table, now=at(NOW + timedelta(seconds=10))).left() == 20
    assert SharedPause(table, now=at(NOW + timedelta(seconds=30))).left() == 0


def test_environments_pause_apart(table: TableClient) -> None:
    """A busy environment does not pause another one."""
    SharedPause(table, "uat", now=at(NOW)).begin(30)
    assert SharedPause(table, now=at(NOW)).left() == 0
    assert SharedPause(table, "uat", now=at(NOW)).left() == 30


def test_a_pause_is_logged(table: TableClient, caplog: pytest.LogCaptureFixture) -> None:
    """The host that was asked to wait logs an event that says for how long."""
    with caplog.at_level(logging.INFO, logger="landfall"):
        SharedPause(table, now=at(NOW)).begin(30)
    assert caplog.messages == ['{"event": "fno.throttled", "seconds": 30}']


def test_the_longest_pause_counts(table: TableClient) -> None:
    """A later, shorter pause does not end it early, on whatever host."""
    one, other = SharedPause(table, now=at(NOW)), SharedPause(table, now=at(NOW))
    one.begin(60)
    other.begin(5)
    assert (one.left(), other.left(), SharedPause(table, now=at(NOW)).left()) == (60, 60, 60)


def test_a_host_reads_the_pause_every_second(table: TableClient) -> None:
    """A host trusts what it read for a second at most."""
    one = SharedPause(table, now=at(NOW))
    assert one.left() == 0
    SharedPause(table, now=at(NOW)).begin(60)
    one._read_at -= FRESH_SECONDS  # as if that second were over
    assert one.left() == 60


def test_a_table_out_of_reach_stops_nobody() -> None:
    """Without the table, a host keeps its own pause."""

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
