"""How orchestrators call steps and each other: records in, plain JSON on the wire."""

from typing import Any

import azure.durable_functions as df

from landfall.records import to_json

STEP_RETRIES = df.RetryOptions(first_retry_interval_in_milliseconds=5_000, max_number_of_attempts=5)
"""For what passes within half a minute; F&O's own troubles are waited for by the loops, in durable timers."""


def run_step(context: df.DurableOrchestrationContext, activity: Any, record: object) -> Any:
    """The task of an activity, tried again when it raises."""
    return context.call_activity_with_retry(activity, STEP_RETRIES, to_json(record))


def run_part(context: df.DurableOrchestrationContext, orchestrator: Any, record: object) -> Any:
    """The task of a sub-orchestration.

    The type is said, because Durable takes it from the wrapper around the orchestrator, which returns text.
    """
    return context.call_sub_orchestrator(orchestrator, to_json(record), expected_type=dict)
