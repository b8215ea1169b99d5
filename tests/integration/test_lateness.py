"""What takes longer than it should is counted by the sweeper."""

from dataclasses import replace
from datetime import timedelta
from uuid import uuid4

import pytest

from activities.lateness import is_stuck, missed_slots
from landfall.ledger import Ledger
from landfall.plan import Plan
from landfall.records import Run, State, export_run_id, utc_now
from landfall.schedules import latest_slot
from landfall.services import Services

EVERY_MINUTE = "0 * * * * *"


@pytest.fixture
def late(known: Services) -> Services:
    """The services with a ledger of their own and an export of two companies, due every minute."""
    export = {
        "name": "groups",
        "data_project": "Groups",
        "companies": ["USMF", "DEMF"],
        "schedule": EVERY_MINUTE,
    }
    plan = Plan.model_validate({"exports": [export], "sweeper": {"patience_seconds": 0.001}})
    return replace(known, plan=plan, ledger=Ledger(known.account.tables.create_table(f"runs{uuid4().hex}")))


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
        late.ledger.durations.remember("Groups", f"e{index}", seconds)
    since = utc_now() - timedelta(minutes=minutes)
    run = Run("imp-1", "import", state, data_project="Groups", times={state: since})
    assert is_stuck(late, run) is stuck


def test_a_slot_without_a_run_is_missed(late: Services) -> None:
    """Each company's by itself, as long as no run has taken it."""
    assert missed_slots(late, {}) == 2
    now = utc_now()
    for slot in (latest_slot(EVERY_MINUTE, now), latest_slot(EVERY_MINUTE, now + timedelta(minutes=1))):
        late.ledger.claim(Run(export_run_id("groups", "USMF", slot), "export", State.CLAIMED))
    assert missed_slots(late, {}) == 1


def test_a_slot_of_yesterday_is_not_missed(late: Services) -> None:
    """An app deployed in the afternoon is not blamed for the morning."""
    past = utc_now() - timedelta(hours=2)
    export = late.plan.exports[0].model_copy(update={"schedule": f"0 {past.minute} {past.hour} * * *"})
    assert missed_slots(replace(late, plan=late.plan.model_copy(update={"exports": (export,)})), {}) == 0
