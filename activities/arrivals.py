"""Who landed before whom."""

from datetime import datetime, timedelta

import azure.durable_functions as df

from activities.boundary import carries
from activities.landed import source_of
from landfall.landing import arrivals
from landfall.ledger import RunNotFoundError
from landfall.records import State, Step
from landfall.services import Services, services
from landfall.turns import place_in_line

bp = df.Blueprint()

STUCK = timedelta(minutes=15)
"""Intake takes seconds, minutes for gigabytes. What takes longer has been picked up three times by the sweeper."""
NOT_AT_THE_GATE = {State.CLAIMED, State.INTAKE}
ENTERS = timedelta(seconds=10)
"""How long after intake a run is at the gate at the latest; until then its row says that it waits, and it may not yet."""


@bp.activity_trigger(input_name="data")
@carries(Step)
def find_earlier(step: Step) -> bool:
    """Whether a file that landed before this run's is still on its way to the gate."""
    return is_preceded(services(), step.run_id)


def is_preceded(known: Services, run_id: str) -> bool:
    """The same. What takes longer than intake can is waited for no more, or one bad file would stop all others."""
    run = known.ledger.get(run_id)
    mine = place_in_line(run.times["Landed"], source_of(run).name)
    earlier = [
        each
        for each in arrivals(known.account)
        if place_in_line(each.landed, each.name) < mine and not known.plan.is_part(each.name)
    ]
    under_way = known.ledger.under_way() if earlier else {}
    return any(_is_coming(known, under_way, each.run_id, run.lane) for each in earlier)


def _is_coming(known: Services, under_way: dict[str, tuple[State, datetime]], run_id: str, lane: str) -> bool:
    if run_id in under_way:
        state, changed = under_way[run_id]
        age = known.now() - changed
        if state == State.WAITING and age < ENTERS:
            return known.ledger.get(run_id).lane == lane
        return state in NOT_AT_THE_GATE and age < STUCK
    try:
        known.ledger.get(run_id)
    except RunNotFoundError:
        return True
    return False  # it has ended, and its file is about to be deleted
