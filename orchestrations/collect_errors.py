"""Fetches everything F&O knows about an execution's failures while it still knows it."""

from collections.abc import Generator
from datetime import timedelta
from typing import Any

import azure.durable_functions as df

from activities.error_files import (
    EntityStep,
    Suspects,
    explain,
    fetch_error_keys,
    fetch_messages,
    fetch_staging_errors,
    generate_error_keys,
)
from landfall.records import Step, from_json
from orchestrations.calls import run_step

bp = df.Blueprint()

KEYS_ASKS = 60
"""F&O writes an error-keys file within seconds or minutes; a file that never comes must not hold the run."""
KEYS_WAIT = timedelta(seconds=5)
KEYS_FIRST_WAIT = timedelta(seconds=1)


@bp.orchestration_trigger(context_name="context")
def collect_errors(context: df.DurableOrchestrationContext) -> Generator[Any, Any, dict[str, Any]]:
    """Messages, rows that failed on the way to staging, keys of those that failed after it; then errors.csv."""
    step = from_json(Step, context.get_input())
    answer = yield from run_step(context, fetch_messages, step)
    for entity in from_json(Suspects, answer).entities:
        about = EntityStep(step.run_id, step.attempt, entity)
        yield from run_step(context, fetch_staging_errors, about)
        expected = yield from run_step(context, generate_error_keys, about)
        if expected:
            yield from _wait_for_keys(context, about)
    explanation: dict[str, Any] = yield from run_step(context, explain, step)
    return explanation


def _wait_for_keys(context: df.DurableOrchestrationContext, about: EntityStep) -> Generator[Any, Any, None]:
    for ask in range(KEYS_ASKS):
        fetched = yield from run_step(context, fetch_error_keys, about)
        if fetched:
            return
        yield context.create_timer(context.current_utc_datetime + (KEYS_WAIT if ask else KEYS_FIRST_WAIT))
