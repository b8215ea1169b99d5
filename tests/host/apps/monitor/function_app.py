"""Monitor: look again and again, with a pause that grows, until it is done or takes too long."""

from collections.abc import Generator
from datetime import timedelta
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


@app.activity_trigger(input_name="seen")
def look(seen: Any) -> bool:
    return bool(seen["looks"] >= seen["job"]["done_at"])
