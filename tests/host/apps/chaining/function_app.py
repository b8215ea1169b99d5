"""Function chaining: each step takes what the one before gave; functions come from a blueprint, named by strings."""

from collections.abc import Generator
from typing import Any

import azure.durable_functions as df
import azure.functions as func
from pricing import bp

app = df.DFApp(http_auth_level=func.AuthLevel.ANONYMOUS)
app.register_functions(bp)


@app.route(route="orchestrators/{name}")
@app.durable_client_input(client_name="client")
async def start(req: func.HttpRequest, client: df.DurableOrchestrationClient) -> func.HttpResponse:
    given = req.get_json() if req.get_body() else None
    instance = await client.start_new(req.route_params["name"], client_input=given)
    return client.create_check_status_response(req, instance)


@app.orchestration_trigger(context_name="context", orchestration="PriceOrder")
def price_order(context: df.DurableOrchestrationContext) -> Generator[Any, Any, Any]:
    net = yield context.call_activity("add_up", context.get_input())
    gross = yield context.call_activity("add_tax", net)
    return (yield context.call_activity("write_out", gross))
