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
    return bool((yield from retry_for_a_day(context, send_notice, context.get_input())))


def retry_for_a_day(context: df.DurableOrchestrationContext, activity: Any, data: Any) -> Generator[Any, Any, Any]:
    """The activity's first answer that is neither False nor None; its last answer when a day has none."""
    answer = None
    for count in range(TRIES):
        answer = yield context.call_activity_with_retry(activity.__name__, STEP_RETRIES, data)
        if answer:
            break
        yield sleep(context, min(FIRST_WAIT * 2**count, LONGEST_WAIT))
    return answer
