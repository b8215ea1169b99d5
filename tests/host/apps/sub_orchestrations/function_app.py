"""Sub-orchestrations: each site is set up by an orchestration of its own, with an id of its own; one fails."""

from collections.abc import Generator
from typing import Any

import azure.durable_functions as df
import azure.functions as func

app = df.DFApp(http_auth_level=func.AuthLevel.ANONYMOUS)
Steps = Generator[Any, Any, Any]


@app.route(route="orchestrators/{name}")
@app.durable_client_input(client_name="client")
async def start(req: func.HttpRequest, client: df.DurableOrchestrationClient) -> func.HttpResponse:
    given = req.get_json() if req.get_body() else None
    instance = await client.start_new(req.route_params["name"], client_input=given)
    return client.create_check_status_response(req, instance)


@app.orchestration_trigger(context_name="context")
def set_up_all(context: df.DurableOrchestrationContext) -> Steps:
    results = []
    options = df.RetryOptions(first_retry_interval_in_milliseconds=10, max_number_of_attempts=2)
    for site in context.get_input():
        try:
            results.append(
                (
                    yield context.call_sub_orchestrator_with_retry(
                        set_up, options, site, f"{context.instance_id}-{site}"
                    )
                )
            )
        except Exception as error:  # noqa: BLE001 - all that a failed child raises
            results.append("no such site" if "no such site" in str(error) else "?")
    return results


@app.orchestration_trigger(context_name="context")
def set_up(context: df.DurableOrchestrationContext) -> Steps:
    site = context.get_input()
    yield context.call_activity("install", site)
    return f"{site} is up ({context.parent_instance_id is not None})"


@app.activity_trigger(input_name="site")
def install(site: str) -> None:
    if site == "nowhere":
        raise ValueError("no such site")
