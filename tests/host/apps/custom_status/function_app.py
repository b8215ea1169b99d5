"""Custom status: an orchestration says how far it is, and whoever asks for its status can read it."""

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
def bake(context: df.DurableOrchestrationContext) -> Steps:
    for done, step in enumerate(["mix", "bake", "cool"]):
        context.set_custom_status({"step": step, "done": done})
        yield context.wait_for_external_event(f"{step} is done")
    context.set_custom_status("ready")
    return "cake"
