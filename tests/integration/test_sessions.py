"""Sessions of the dashboard, in a real table."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

from landfall.ledger.sessions import LIFE, SESSION, Sessions
from landfall.services import Services

NOW = datetime(2026, 6, 1, tzinfo=UTC)


def sessions(services: Services, now: datetime = NOW) -> Sessions:
    """The sessions as they stand at a moment."""
    return Sessions(services.account.ledger_table(), lambda: now)


def test_a_session_lasts_until_its_time_or_its_end(services: Services) -> None:
    """It opens for its token alone; signing out ends it, and so does the clock."""
    ended, kept = sessions(services).open(), sessions(services).open()
    sessions(services).close(ended)
    sessions(services).close(ended)

    assert not sessions(services).is_open(ended)
    assert not sessions(services).is_open("x")
    assert sessions(services, NOW + LIFE - timedelta(seconds=1)).is_open(kept)
    assert not sessions(services, NOW + LIFE).is_open(kept)


def test_a_ticket_opens_one_session(services: Services) -> None:
    """Of twenty who use a ticket at once one gets a session; nobody does when its time is over."""
    ticket = sessions(services).issue_ticket()
    with ThreadPoolExecutor(20) as pool:
        tokens = list(pool.map(lambda _: sessions(services).redeem(ticket), range(20)))

    [token] = [token for token in tokens if token]
    assert sessions(services).is_open(token)
    late = sessions(services).issue_ticket()
    assert sessions(services, NOW + LIFE).redeem(late) is None


def test_the_table_knows_no_token_and_forgets_what_is_over(services: Services) -> None:
    """Rows hold hashes; a new session takes those that are over away."""
    token = sessions(services).open()
    table = services.account.ledger_table()
    query = f"PartitionKey eq '{SESSION}'"

    assert token not in str(list(table.query_entities(query)))

    sessions(services, NOW + LIFE + timedelta(seconds=1)).open()
    assert len(list(table.query_entities(query))) == 1
