"""Human interaction: wait for an answer until a deadline, with three attempts."""

from collections.abc import Generator
from datetime import timedelta
from typing import Any

import azure.durable_functions as df

bp = df.Blueprint()
Steps = Generator[Any, Any, Any]


@bp.orchestration_trigger(context_name="context")
def verify(context: df.DurableOrchestrationContext) -> Steps:
    order = context.get_input()
    code = yield context.call_activity("send_code", order["phone"])
    deadline = context.create_timer(context.current_utc_datetime + timedelta(seconds=order["patience"]))
    for _ in range(3):
        answer = context.wait_for_external_event("answer")
        first = yield context.task_any([answer, deadline])
        if first == deadline:
            return "timed out"
        if answer.result == code:
            deadline.cancel()
            return "verified"
    deadline.cancel()
    return "refused"


@bp.activity_trigger(input_name="phone")
def send_code(phone: str) -> int:
    return int(phone[-4:])
