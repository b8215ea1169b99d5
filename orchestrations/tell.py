"""Tells one receiver of one run's end, again and again for a day until it listens."""

from collections.abc import Generator
from datetime import timedelta
from typing import Any

import azure.durable_functions as df

from activities.archiving import Ending, settle
from activities.notices import announce, send_notice
from landfall.records import Finding, Step
from orchestrations.calls import STEP_RETRIES, run_step

bp = df.Blueprint()

TRIES = 32
FIRST_WAIT = timedelta(seconds=10)
LONGEST_WAIT = timedelta(hours=1)
"""Doubled from the first on: thirty-two tries take about a day."""


@bp.orchestration_trigger(context_name="context")
def tell(context: df.DurableOrchestrationContext) -> Generator[Any, Any, bool]:
    """Whether the receiver has taken the notice within a day."""
    notice = context.get_input()
    for count in range(TRIES):
        taken = yield context.call_activity_with_retry(send_notice, STEP_RETRIES, notice)
        if taken:
            return True
        wait = min(FIRST_WAIT * 2**count, LONGEST_WAIT)
        yield context.create_timer(context.current_utc_datetime + wait)
    return False


def settled(
    context: df.DurableOrchestrationContext, step: Step, finding: Finding
) -> Generator[Any, Any, dict[str, Any]]:
    """Settle a run and have its end told. Telling is nobody's reason to fail."""
    end: dict[str, Any] = yield from run_step(context, settle, Ending(step.run_id, step.attempt, finding))
    if end.pop("announced", False):
        try:
            yield from run_step(context, announce, step)
        except Exception:  # noqa: BLE001  the run is settled, whatever becomes of its notice
            return end
    return end
