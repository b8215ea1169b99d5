"""What takes longer than it should: executions that F&O does not end."""

from datetime import timedelta

from landfall.records import Run, State
from landfall.services import Services

FAR_LONGER = 3
"""Times the longest execution of the same data project that is known."""
NEVER_STUCK = timedelta(minutes=15)
"""What F&O's batch framework may take to pick work up, whatever it did before."""


def is_stuck(known: Services, run: Run) -> bool:
    """Whether F&O works far longer on a run than it ever did on one of this data project; never where none is known."""
    if run.state != State.RUNNING or not run.data_project:
        return False
    past = known.ledger.durations.of(run.lane)
    taken = known.now() - run.times[State.RUNNING]
    return bool(past) and taken > max(FAR_LONGER * timedelta(seconds=max(past)), NEVER_STUCK)
