"""Human interaction: wait for an answer, but not for ever; a wrong code may be tried three times."""

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


@app.activity_trigger(input_name="phone")
def send_code(phone: str) -> int:
    return int(phone[-4:])
