"""Follows a run to its end."""

from collections.abc import Callable

from landfall.cli.app_api import AppApi, NotFoundError, Run
from landfall.cli.fno.ends import EXIT_CODES, Outcome
from landfall.records import Outcome as RunOutcome
from landfall.records import State

SOONEST, LATEST = 1.0, 10.0
"""Seconds between two looks."""
UNSEEN_SECONDS = 600.0
"""How long a file may lie before its run begins; its event can be late or lost, and then the sweeper finds it."""
GOOD = {RunOutcome.SUCCEEDED, RunOutcome.NO_ROWS}


class NoRunError(Exception):
    """No such run has begun."""


def follow(  # noqa: PLR0913  what to follow, where, how, and for how long
    api: AppApi,
    run_id: str,
    say: Callable[[str], None],
    *,
    seconds: float,
    clock: Callable[[], float],
    sleep: Callable[[float], None],
) -> Run:
    """The run at its end, or as it stands after so many seconds. NoRunError when it does not even begin."""
    begun, wait = clock(), SOONEST
    while True:
        passed = clock() - begun
        try:
            run = api.run(run_id)
        except NotFoundError:
            if passed > min(seconds, UNSEEN_SECONDS):
                raise NoRunError(f"no run {run_id} has begun") from None
            say("not seen yet")
        else:
            if run["state"] == State.DONE or passed > seconds:
                return run
            say(f"{run['state']}, {passed:.0f} s")
        sleep(wait)
        wait = min(wait * 1.5, LATEST)


def exit_code(run: Run) -> int:
    """0 good, 1 failed, 3 partly, 4 nobody knows (or not ended): as landfall.fno's."""
    outcome = run["outcome"]
    if outcome in GOOD:
        return EXIT_CODES[Outcome.SUCCEEDED]
    if outcome == RunOutcome.PARTIALLY_SUCCEEDED:
        return EXIT_CODES[Outcome.PARTLY]
    unknown = outcome is None or outcome == RunOutcome.NEEDS_ATTENTION
    return EXIT_CODES[Outcome.UNKNOWN if unknown else Outcome.FAILED]
