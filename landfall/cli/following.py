"""Waits for a run to end."""

from collections.abc import Callable

from landfall.cli.app_api import AppApi, NotFoundError, Run
from landfall.cli.fno.ends import EXIT_CODES, Outcome
from landfall.records import Outcome as RunOutcome
from landfall.records import State

SOONEST, LATEST = 1.0, 10.0
"""Seconds between two looks."""
UNSEEN_SECONDS = 600.0
"""How long a file may wait for its run; its event can be late, or lost until the sweeper finds the file."""
GOOD = {RunOutcome.SUCCEEDED, RunOutcome.NO_ROWS}


class NoRunError(Exception):
    """No such run has started."""


def follow(  # noqa: PLR0913  what to follow, where, how, and for how long
    api: AppApi,
    run_id: str,
    say: Callable[[str], None],
    *,
    seconds: float,
    clock: Callable[[], float],
    sleep: Callable[[float], None],
) -> Run:
    """Return the run when it has ended, or as it is after so many seconds; NoRunError if it does not even start."""
    started, wait = clock(), SOONEST
    while True:
        passed = clock() - started
        try:
            run = api.run(run_id)
        except NotFoundError:
            if passed > min(seconds, UNSEEN_SECONDS):
                raise NoRunError(f"No run {run_id} has started. Check that a route matches the file's path.") from None
            say("waiting for the run to start")
        else:
            if run["state"] == State.DONE or passed > seconds:
                return run
            say(f"{run['state']}, {passed:.0f} s")
        sleep(wait)
        wait = min(wait * 1.5, LATEST)


def exit_code(run: Run) -> int:
    """Return 0 for a success, 1 failed, 3 partly, 4 unknown or not ended, which are also landfall.fno's codes."""
    outcome = run["outcome"]
    if outcome in GOOD:
        return EXIT_CODES[Outcome.SUCCEEDED]
    if outcome == RunOutcome.PARTIALLY_SUCCEEDED:
        return EXIT_CODES[Outcome.PARTLY]
    unknown = outcome is None or outcome == RunOutcome.NEEDS_ATTENTION
    return EXIT_CODES[Outcome.UNKNOWN if unknown else Outcome.FAILED]
