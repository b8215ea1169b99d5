"""Waits for an execution to end, looking ever more seldom."""

from landfall.cli.fno.desk import MAX_SILENT, Desk, wait_for
from landfall.cli.fno.ends import CannotKnowError
from landfall.fno.errors import UNKNOWN_AFTER_ACCEPTED, ExecutionUnknownError, FnoError
from landfall.fno.models import ExecutionStatus

SOONEST, LATEST = 1.0, 60.0
"""Seconds between two looks."""
GROWTH = 0.15
"""A wait is this part of the time that has passed, which is how late an end is noticed at most."""


def watch(desk: Desk, execution_id: str, seconds: float) -> ExecutionStatus:
    """Return the final status; CannotKnowError if none comes in `seconds`, or F&O stops answering or knowing it."""
    started, silent = desk.seconds(), 0
    while True:
        passed = desk.seconds() - started
        wait = min(max(passed * GROWTH, SOONEST), LATEST)
        try:
            status = desk.client.status(execution_id)
        except ExecutionUnknownError as error:
            if passed > UNKNOWN_AFTER_ACCEPTED:
                raise CannotKnowError(str(error)) from None
            desk.say("F&O does not know the execution yet")
        except FnoError as error:
            retry_after = wait_for(error, silent)
            silent += 1
            if retry_after is None or silent > MAX_SILENT:
                raise CannotKnowError(str(error)) from None
            wait = retry_after
            desk.say(str(error))
        else:
            silent = 0
            if status.is_final:
                return status
            desk.say(f"F&O: {status}, {passed:.0f} s")
        if passed + wait > seconds:
            raise CannotKnowError(f"it has not ended within {seconds / 3600:g} hours")
        desk.sleep(wait)
