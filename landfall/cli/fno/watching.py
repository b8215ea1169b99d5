"""Waits for an execution to end, looking ever more seldom."""

from landfall.cli.fno.desk import MAX_SILENT, Desk, wait_for
from landfall.cli.fno.ends import CannotKnowError
from landfall.fno.errors import ExecutionUnknownError, FnoError
from landfall.fno.models import ExecutionStatus

SOONEST, LATEST = 1.0, 60.0
"""Seconds between two looks."""
GROWTH = 0.15
"""Waits are this part of what has passed: an end is noticed that much late at most."""
GRACE_SECONDS = 300.0
"""How long F&O may not know an execution that it has accepted (fno-behaviour 2.4)."""


def watch(desk: Desk, execution_id: str, seconds: float) -> ExecutionStatus:
    """The final status; CannotKnowError when it has none after `seconds`, or F&O stops answering or knowing it."""
    begun, silent = desk.seconds(), 0
    while True:
        passed = desk.seconds() - begun
        wait = min(max(passed * GROWTH, SOONEST), LATEST)
        try:
            status = desk.client.status(execution_id)
        except ExecutionUnknownError as error:
            if passed > GRACE_SECONDS:
                raise CannotKnowError(str(error)) from None
            desk.say("F&O does not know the execution yet")
        except FnoError as error:
            asked_wait = wait_for(error, silent)
            silent += 1
            if asked_wait is None or silent > MAX_SILENT:
                raise CannotKnowError(str(error)) from None
            wait = asked_wait
            desk.say(str(error))
        else:
            silent = 0
            if status.is_final:
                return status
            desk.say(f"F&O: {status}, {passed:.0f} s")
        if passed + wait > seconds:
            raise CannotKnowError(f"it has not ended within {seconds / 3600:g} hours")
        desk.sleep(wait)
