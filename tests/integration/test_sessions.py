"""Sessions of the dashboard, in a real table."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

from landfall.ledger.sessions import LIFE, SESSION, Sessions
from landfall.services import Services

NOW = datetime(2026, 6, 1, tzinfo=UTC)


def sessions(services: Services, now: datetime = NOW) -> Sessions:
    """The sessions at a moment."""
    return Sessions(services.account.ledger_table(), lambda: now)


def test_a_session_lasts_until_its_time_or_its_end(services: Services) -> None:
    """A session is open for its token only, until it expires or somebody signs out."""
    ended, kept = sessions(services).open(), sessions(services).open()
    sessions(services).close(ended)
    sessions(services).close(ended)

    assert not sessions(services).is_open(ended)
    assert not sessions(services).is_open("x")
    assert sessions(services, NOW + LIFE - timedelta(seconds=1)).is_open(kept)
    assert not sessions(services, NOW + LIFE).is_open(kept)


def test_a_token_that_is_no_text_opens_nothing(services: Services) -> None:
    """A cookie or header may hold bytes that are no text."""
    assert not sessions(services).is_open("\udcff")
    assert sessions(services).redeem("\udcff") is None
    sessions(services).close("\udcff")


def test_a_ticket_opens_one_session(services: Services) -> None:
    """Of twenty that use a ticket at once, one gets a session, and an expired ticket opens none."""
    ticket = sessions(services).issue_ticket()
    with ThreadPoolExecutor(20) as pool:
        tokens = list(pool.map(lambda _: sessions(services).redeem(ticket), range(20)))

    [token] = [token for token in tokens if token]
    assert sessions(services).is_open(token)
    late = sessions(services).issue_ticket()
    assert sessions(services, NOW + LIFE).redeem(late) is None


def test_the_table_stores_hashes_and_drops_expired_rows(services: Services) -> None:
    """Rows contain hashes, and a new session deletes expired ones."""
    token = sessions(services).open()
    table = services.account.ledger_table()
    query = f"PartitionKey eq '{SESSION}'"

    assert token not in str(list(table.query_entities(query)))

    sessions(services, NOW + LIFE + timedelta(seconds=1)).open()
    assert len(list(table.query_entities(query))) == 1
