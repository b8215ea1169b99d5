"""Sub-orchestrations: an orchestration with its own id sets up each site; one of them fails."""

from collections.abc import Generator
from typing import Any

import azure.durable_functions as df

bp = df.Blueprint()
Steps = Generator[Any, Any, Any]


@bp.orchestration_trigger(context_name="context")
def set_up_all(context: df.DurableOrchestrationContext) -> Steps:
    results = []
    options = df.RetryOptions(first_retry_interval_in_milliseconds=10, max_number_of_attempts=2)
    for site in context.get_input():
        try:
            results.append(
                (yield context.call_sub_orchestrator_with_retry(set_up, options, site, f"{context.instance_id}-{site}"))
            )
        except Exception as error:  # noqa: BLE001 - all that a failed child raises
            results.append("no such site" if "no such site" in str(error) else "?")
    return results


@bp.orchestration_trigger(context_name="context")
def set_up(context: df.DurableOrchestrationContext) -> Steps:
    site = context.get_input()
    yield context.call_activity("install", site)
    return f"{site} is up ({context.parent_instance_id is not None})"


@bp.activity_trigger(input_name="site")
def install(site: str) -> None:
    if site == "nowhere":
        raise ValueError("no such site")
