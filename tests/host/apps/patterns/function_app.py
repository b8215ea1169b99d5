"""The patterns in the documentation of Durable Functions, one module each, and one route that starts them."""

import azure.durable_functions as df
import azure.functions as func
import chaining
import counter
import custom_status
import fan_out_fan_in
import human_interaction
import monitor
import sub_orchestrations

app = df.DFApp(http_auth_level=func.AuthLevel.ANONYMOUS)
for module in (
    chaining,
    counter,
    custom_status,
    fan_out_fan_in,
    human_interaction,
    monitor,
    sub_orchestrations,
):
    app.register_functions(module.bp)


@app.route(route="orchestrators/{name}")
@app.durable_client_input(client_name="client")
async def start(req: func.HttpRequest, client: df.DurableOrchestrationClient) -> func.HttpResponse:
    value = req.get_json() if req.get_body() else None
    instance = await client.start_new(req.route_params["name"], client_input=value)
    return client.create_check_status_response(req, instance)
