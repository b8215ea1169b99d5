"""Monitor: poll with growing pauses until a job is done or takes too long."""

from collections.abc import Generator
from datetime import timedelta
from typing import Any

import azure.durable_functions as df

bp = df.Blueprint()
Steps = Generator[Any, Any, Any]


@bp.orchestration_trigger(context_name="context")
def watch(context: df.DurableOrchestrationContext) -> Steps:
    job = context.get_input()
    expiry = context.current_utc_datetime + timedelta(hours=job["hours"])
    looks = 0
    while context.current_utc_datetime < expiry:
        looks += 1
        if (yield context.call_activity("look", {"job": job, "looks": looks})):
            return f"done after {looks} looks"
        pause = timedelta(minutes=2**looks)
        yield context.create_timer(context.current_utc_datetime + pause)
    return "took too long"


@bp.activity_trigger(input_name="seen")
def look(seen: Any) -> bool:
    return bool(seen["looks"] >= seen["job"]["done_at"])
