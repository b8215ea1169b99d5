"""Tells people what waits in a box: waits for more of it, then sends one message, and retries for a day."""

from collections.abc import Generator
from datetime import datetime
from typing import Any

import azure.durable_functions as df

from activities.people import Due, Told, tell_box, when_to_tell
from landfall.records import from_json
from orchestrations.calls import STEP_RETRIES, sleep
from orchestrations.tell import retry_for_a_day

bp = df.Blueprint()


@bp.orchestration_trigger(context_name="context")
def tell_people(context: df.DurableOrchestrationContext) -> Generator[Any, Any, None]:
    """Tell a box again and again until it is empty, or nobody has taken its message for a day.

    What arrives while a message is retried joins it. The sweeper starts a box again that is not empty.
    """
    box = context.get_input()
    due = yield context.call_activity_with_retry(when_to_tell.__name__, STEP_RETRIES, box)
    at: datetime = from_json(Due, due).at
    yield sleep(context, at - context.current_utc_datetime)
    told = yield from retry_for_a_day(context, tell_box, box)
    if told and from_json(Told, told).facts:
        context.continue_as_new(box)
