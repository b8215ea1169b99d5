"""Entities: a counter that is signalled and called by orchestrations and clients, read, and removed."""

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


@app.route(route="counters/{key}/{operation}")
@app.durable_client_input(client_name="client")
async def signal(req: func.HttpRequest, client: df.DurableOrchestrationClient) -> func.HttpResponse:
    target = df.EntityId("Counter", req.route_params["key"])
    await client.signal_entity(target, req.route_params["operation"], int(req.params.get("by", "1")))
    return func.HttpResponse(status_code=202)


@app.route(route="counters/{key}")
@app.durable_client_input(client_name="client")
async def read(req: func.HttpRequest, client: df.DurableOrchestrationClient) -> func.HttpResponse:
    found = await client.read_entity_state(df.EntityId("Counter", req.route_params["key"]))
    return func.HttpResponse(str(found.entity_state) if found.entity_exists else "none")


@app.orchestration_trigger(context_name="context")
def count_up(context: df.DurableOrchestrationContext) -> Steps:
    target = df.EntityId("Counter", "orchestrated")
    for _ in range(context.get_input()):
        context.signal_entity(target, "add", 1)
    yield context.call_entity(target, "add", 100)
    return (yield context.call_entity(target, "get"))


@app.entity_trigger(context_name="context", entity_name="Counter")
def counter(context: df.DurableEntityContext) -> None:
    value = context.get_state(lambda: 0)
    if context.operation_name == "add":
        context.set_state(value + context.get_input())
    elif context.operation_name == "get":
        context.set_result(value)
    elif context.operation_name == "remove":
        context.destruct_on_exit()
