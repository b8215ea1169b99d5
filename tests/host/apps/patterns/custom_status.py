"""Custom status: an orchestration reports its progress in its status."""

from collections.abc import Generator
from typing import Any

import azure.durable_functions as df

bp = df.Blueprint()
Steps = Generator[Any, Any, Any]


@bp.orchestration_trigger(context_name="context")
def bake(context: df.DurableOrchestrationContext) -> Steps:
    for done, step in enumerate(["mix", "bake", "cool"]):
        context.set_custom_status({"step": step, "done": done})
        yield context.wait_for_external_event(f"{step} is done")
    context.set_custom_status("ready")
    return "cake"
