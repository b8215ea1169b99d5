"""Notifies one receiver of one run's end, and retries for a day."""

from collections.abc import Generator
from datetime import timedelta
from typing import Any

import azure.durable_functions as df

from activities.notices import send_notice
from orchestrations.calls import STEP_RETRIES, sleep

bp = df.Blueprint()

TRIES = 32
FIRST_WAIT = timedelta(seconds=10)
LONGEST_WAIT = timedelta(hours=1)
"""Waits double from the first on, so that thirty-two tries take about a day."""


@bp.orchestration_trigger(context_name="context")
def tell(context: df.DurableOrchestrationContext) -> Generator[Any, Any, bool]:
    """Whether the receiver has taken the notice within a day."""
    notice = context.get_input()
    for count in range(TRIES):
        taken = yield context.call_activity_with_retry(send_notice.__name__, STEP_RETRIES, notice)
        if taken:
            return True
        wait = min(FIRST_WAIT * 2**count, LONGEST_WAIT)
        yield sleep(context, wait)
    return False
