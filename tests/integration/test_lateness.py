"""What takes longer than it should is counted by the sweeper."""

from dataclasses import replace
from datetime import timedelta
from uuid import uuid4

import pytest

from activities.sweeping import is_stuck
from landfall.ledger.ledger import Ledger
from landfall.records import Run, State, utc_now
from landfall.services import Services


@pytest.fixture
def late(services: Services) -> Services:
    """The services with a ledger of their own."""
    return replace(services, ledger=Ledger(services.account.tables.create_table(f"runs{uuid4().hex}")))


@pytest.mark.parametrize(
    ("minutes", "state", "past", "stuck"),
    [
        (61, State.RUNNING, (600.0, 1200.0), True),
        (59, State.RUNNING, (600.0, 1200.0), False),
        (61, State.WAITING, (600.0, 1200.0), False),
        (14, State.RUNNING, (1.0,), False),
        (16, State.RUNNING, (1.0,), True),
        (600, State.RUNNING, (), False),
    ],
)
def test_an_execution_is_stuck_by_what_its_project_took_before(
    late: Services, minutes: int, state: State, past: tuple[float, ...], *, stuck: bool
) -> None:
    """Three times the longest known, a quarter of an hour at least; of a new project nobody can say."""
    for index, seconds in enumerate(past):
        late.ledger.durations.remember("groups", f"e{index}", seconds)
    since = utc_now() - timedelta(minutes=minutes)
    run = Run("imp-1", "import", state, data_project="Groups", times={state: since})
    assert is_stuck(late, run) is stuck
