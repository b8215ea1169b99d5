"""How orchestrations call steps and each other: records in, plain JSON on the wire."""

from collections.abc import Generator
from datetime import timedelta
from typing import Any

import azure.durable_functions as df

from landfall.records import ComeBack, from_json, to_json

STEP_RETRIES = df.RetryOptions(first_retry_interval_in_milliseconds=5_000, max_number_of_attempts=5)
"""For a step that raises: outlasts a fault of half a minute."""
COME_BACKS = 40
"""How often F&O may be busy or away for one step: about three hours in all, longer than F&O's updates take."""
LONGEST = timedelta(minutes=5)
SHORTEST = timedelta(seconds=2)
"""Azure cuts what is left of a timer's wait to whole seconds, so that a second is often none at all."""


class GaveUpError(Exception):
    """F&O was busy or away for longer than a run waits."""


def run_step(context: df.DurableOrchestrationContext, activity: Any, record: object) -> Generator[Any, Any, Any]:
    """An activity's answer. The activity is retried when it raises, and later again when F&O is busy or away."""
    for count in range(COME_BACKS):
        answer = yield context.call_activity_with_retry(activity.__name__, STEP_RETRIES, to_json(record))
        if not (isinstance(answer, dict) and "come_back_seconds" in answer):
            return answer
        asked = timedelta(seconds=from_json(ComeBack, answer).come_back_seconds)
        wait = max(asked, min(asked * 2 ** min(count, 10), LONGEST))
        yield sleep(context, wait)
    raise GaveUpError(f"F&O was busy or away {COME_BACKS} times in a row")


def sleep(context: df.DurableOrchestrationContext, wait: timedelta) -> Any:
    """The task of a wait, which is two seconds at least: without a wait, a loop would spin."""
    return context.create_timer(context.current_utc_datetime + max(wait, SHORTEST))


def run_part(context: df.DurableOrchestrationContext, orchestrator: Any, record: object) -> Any:
    """The task of a sub-orchestration.

    The result's type is given here, because Durable would take it from the wrapper around the orchestrator: text.
    """
    return context.call_sub_orchestrator(orchestrator, to_json(record), expected_type=dict)
