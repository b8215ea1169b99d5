"""How orchestrations call steps and each other: records in, plain JSON on the wire."""

from collections.abc import Generator
from datetime import timedelta
from typing import Any

import azure.durable_functions as df

from landfall.records import ComeBack, from_json, to_json

STEP_RETRIES = df.RetryOptions(first_retry_interval_in_milliseconds=5_000, max_number_of_attempts=5)
"""For a step that raises: what passes within half a minute."""
COME_BACKS = 40
"""How often F&O may be busy or away for one step, about three hours in all: longer than its updates take."""
LONGEST = timedelta(minutes=5)


class GaveUpError(Exception):
    """F&O stayed busy or away for longer than a run waits."""


def run_step(
    context: df.DurableOrchestrationContext, activity: Any, record: object
) -> Generator[Any, Any, Any]:
    """An activity's answer: tried again when it raises, asked again when F&O is busy or away."""
    for count in range(COME_BACKS):
        answer = yield context.call_activity_with_retry(activity.__name__, STEP_RETRIES, to_json(record))
        if not (isinstance(answer, dict) and "come_back_seconds" in answer):
            return answer
        asked = timedelta(seconds=from_json(ComeBack, answer).come_back_seconds)
        wait = max(asked, min(asked * 2 ** min(count, 10), LONGEST))
        yield context.create_timer(context.current_utc_datetime + wait)
    raise GaveUpError(f"F&O was busy or away {COME_BACKS} times")


def run_part(context: df.DurableOrchestrationContext, orchestrator: Any, record: object) -> Any:
    """The task of a sub-orchestration.

    The type is said, because Durable takes it from the wrapper around the orchestrator, which returns text.
    """
    return context.call_sub_orchestrator(orchestrator, to_json(record), expected_type=dict)
