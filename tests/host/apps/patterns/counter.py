"""Entities: orchestrations and clients signal, call, read and remove a counter."""

from collections.abc import Generator
from typing import Any

import azure.durable_functions as df
import azure.functions as func

bp = df.Blueprint()
Steps = Generator[Any, Any, Any]


@bp.route(route="counters/{key}/{operation}")
@bp.durable_client_input(client_name="client")
async def signal(req: func.HttpRequest, client: df.DurableOrchestrationClient) -> func.HttpResponse:
    target = df.EntityId("Counter", req.route_params["key"])
    await client.signal_entity(target, req.route_params["operation"], int(req.params.get("by", "1")))
    return func.HttpResponse(status_code=202)


@bp.route(route="counters/{key}")
@bp.durable_client_input(client_name="client")
async def read(req: func.HttpRequest, client: df.DurableOrchestrationClient) -> func.HttpResponse:
    found = await client.read_entity_state(df.EntityId("Counter", req.route_params["key"]))
    return func.HttpResponse(str(found.entity_state) if found.entity_exists else "none")


@bp.orchestration_trigger(context_name="context")
def count_up(context: df.DurableOrchestrationContext) -> Steps:
    target = df.EntityId("Counter", "orchestrated")
    for _ in range(context.get_input()):
        context.signal_entity(target, "add", 1)
    yield context.call_entity(target, "add", 100)
    return (yield context.call_entity(target, "get"))


@bp.entity_trigger(context_name="context", entity_name="Counter")
def counter(context: df.DurableEntityContext) -> None:
    value = context.get_state(lambda: 0)
    if context.operation_name == "add":
        context.set_state(value + context.get_input())
    elif context.operation_name == "get":
        context.set_result(value)
    elif context.operation_name == "remove":
        context.destruct_on_exit()
