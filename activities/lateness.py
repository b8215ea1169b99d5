"""What takes longer than it should: executions that F&O does not end, slots of exports that nobody took up."""

from collections.abc import Mapping
from datetime import timedelta

from landfall.ledger import RunNotFoundError
from landfall.records import Run, State, export_run_id, utc_now
from landfall.schedules import latest_slot, resolve
from landfall.services import Services

FAR_LONGER = 3
"""Times the longest execution of the same data project that is known."""
NEVER_STUCK = timedelta(minutes=15)
"""What F&O's batch framework may take to pick work up, whatever it did before."""
LOOK_BACK = timedelta(hours=1)
"""How old a slot is told of: an app deployed today has not missed yesterday's."""


def is_stuck(known: Services, run: Run) -> bool:
    """Whether F&O works far longer on a run than it ever did on one of this data project; never where none is known."""
    if run.state != State.RUNNING or not run.data_project:
        return False
    past = known.ledger.durations.of(run.data_project)
    taken = utc_now() - run.times[State.RUNNING]
    return bool(past) and taken > max(FAR_LONGER * timedelta(seconds=max(past)), NEVER_STUCK)


def missed_slots(known: Services, environment: Mapping[str, str]) -> int:
    """How many exports of the plan, each company by itself, have no run for a slot that was due a while ago."""
    due = utc_now() - timedelta(seconds=known.plan.sweeper.patience_seconds)
    missed = 0
    for export in known.plan.exports:
        slot = latest_slot(resolve(export.schedule, environment), due)
        if due - slot > LOOK_BACK:
            continue
        for company in export.companies:
            try:
                known.ledger.get(export_run_id(export.name, company, slot))
            except RunNotFoundError:
                missed += 1
    return missed
