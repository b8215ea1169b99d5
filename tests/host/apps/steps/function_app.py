"""Orchestrations of every kind, which the host's tests start over HTTP."""

import json
import logging
import os
import time
from collections.abc import Generator
from datetime import timedelta
from pathlib import Path
from typing import Any

import azure.durable_functions as df
import azure.functions as func

Steps = Generator[Any, Any, Any]

app = df.DFApp(http_auth_level=func.AuthLevel.FUNCTION)


@app.route(route="start/{name}/{id?}", methods=["POST"])
@app.durable_client_input(client_name="client")
async def start(req: func.HttpRequest, client: df.DurableOrchestrationClient) -> func.HttpResponse:
    body = req.get_body()
    instance = await client.start_new(
        req.route_params["name"], req.route_params.get("id"), json.loads(body) if body else None
    )
    return client.create_check_status_response(req, instance)


@app.route(route="events/{id}/{name}", methods=["POST"])
@app.durable_client_input(client_name="client")
async def send_event(req: func.HttpRequest, client: df.DurableOrchestrationClient) -> str:
    await client.raise_event(req.route_params["id"], req.route_params["name"], req.get_json())
    return "sent"


@app.route(route="count/{key}", auth_level=func.AuthLevel.ANONYMOUS)
@app.durable_client_input(client_name="client")
async def count(req: func.HttpRequest, client: df.DurableOrchestrationClient) -> func.HttpResponse:
    found = await client.read_entity_state(df.EntityId("Counter", req.route_params["key"]))
    return func.HttpResponse(json.dumps({"exists": found.entity_exists, "state": found.entity_state}))


@app.activity_trigger(input_name="name")
def hello(name: str) -> str:
    return f"Hello {name}!"


@app.activity_trigger(input_name="order")
def note(order: dict) -> int:
    """Write a line per run, so that a test can count the runs of a step."""
    if order.get("seconds"):
        time.sleep(order["seconds"])
    with Path(os.environ["NOTES"]).open("a", encoding="utf-8") as file:
        file.write(f"{order['line']}\n")
    return order.get("value", 0)


@app.activity_trigger(input_name="order")
def flaky(order: dict) -> str:
    seen = Path(os.environ["NOTES"])
    with seen.open("a", encoding="utf-8") as file:
        file.write(f"{order['key']}\n")
    if seen.read_text(encoding="utf-8").splitlines().count(order["key"]) <= order["failures"]:
        raise ValueError("not yet")
    return "at last"


@app.orchestration_trigger(context_name="context")
def chain(context: df.DurableOrchestrationContext) -> Steps:
    first = yield context.call_activity(hello, "Tokyo")
    second = yield context.call_activity(hello, "Seattle")
    return [first, second]


@app.orchestration_trigger(context_name="context")
def in_a_row(context: df.DurableOrchestrationContext) -> Steps:
    for number in range(context.get_input()):
        yield context.call_activity(hello, f"{number}")


@app.orchestration_trigger(context_name="context")
def fan_out(context: df.DurableOrchestrationContext) -> Steps:
    results = yield context.task_all([context.call_activity(hello, f"{n}") for n in range(context.get_input())])
    return len(set(results))


@app.orchestration_trigger(context_name="context")
def take_notes(context: df.DurableOrchestrationContext) -> Steps:
    order = context.get_input()
    total = 0
    for step in range(order["steps"]):
        total += yield context.call_activity(
            note, {"line": f"{context.instance_id}:{step}", "seconds": order.get("seconds", 0), "value": step}
        )
    return total


@app.orchestration_trigger(context_name="context")
def retried(context: df.DurableOrchestrationContext) -> Steps:
    options = df.RetryOptions(first_retry_interval_in_milliseconds=10, max_number_of_attempts=3)
    try:
        return (yield context.call_activity_with_retry(flaky, options, context.get_input()))
    except Exception as error:  # noqa: BLE001
        return f"gave up: {'not yet' in str(error)}"


@app.orchestration_trigger(context_name="context")
def parent(context: df.DurableOrchestrationContext) -> Steps:
    context.set_custom_status("with children")
    one = yield context.call_sub_orchestrator(chain)
    try:
        yield context.call_sub_orchestrator(broken)
    except Exception as error:  # noqa: BLE001
        return [one, "Orchestrator function 'broken' failed: on purpose" in str(error)]


@app.orchestration_trigger(context_name="context")
def broken(context: df.DurableOrchestrationContext) -> Steps:
    yield context.call_activity(hello, "x")
    raise ValueError("on purpose")


@app.orchestration_trigger(context_name="context")
def everything(context: df.DurableOrchestrationContext) -> Steps:
    """Use activities, timers, a child and an entity, and return their results."""
    number = context.get_input()
    seen = []
    for step in range(4):
        order = {"line": f"{context.instance_id}:{step}", "seconds": 0.2, "value": step}
        both = yield context.task_all(
            [
                context.call_activity(note, order),
                context.create_timer(context.current_utc_datetime + timedelta(milliseconds=100)),
            ]
        )
        seen.append(both[0])
    child = yield context.call_sub_orchestrator(echo, number)
    yield context.call_entity(df.EntityId("Counter", "all"), "add", 1)
    return f"{number}: {'+'.join(map(str, seen))}, child {child}, timers {len(seen)}"


@app.orchestration_trigger(context_name="context")
def echo(context: df.DurableOrchestrationContext) -> Steps:
    yield context.create_timer(context.current_utc_datetime)
    return context.get_input()


@app.orchestration_trigger(context_name="context")
def fragile(context: df.DurableOrchestrationContext) -> Steps:
    yield context.call_activity(note, {"line": f"{context.instance_id}:first"})
    if context.get_input()["nested"]:
        return (yield context.call_sub_orchestrator(fragile, {**context.get_input(), "nested": False}))
    return (yield context.call_activity(flaky, context.get_input()))


@app.orchestration_trigger(context_name="context")
def caller(context: df.DurableOrchestrationContext) -> Steps:
    return (yield context.call_http("GET", context.get_input()))


@app.orchestration_trigger(context_name="context")
def far_away(context: df.DurableOrchestrationContext) -> Steps:
    start = context.current_utc_datetime
    yield context.create_timer(start + timedelta(days=8))
    return (context.current_utc_datetime - start).days


@app.orchestration_trigger(context_name="context")
def sleep_until_tomorrow(context: df.DurableOrchestrationContext) -> Steps:
    yield context.create_timer(context.current_utc_datetime + timedelta(days=1))
    return "tomorrow"


@app.orchestration_trigger(context_name="context")
def changed(context: df.DurableOrchestrationContext) -> Steps:
    """Deviate from history once the notes file exists."""
    steps = [hello, flaky] if Path(os.environ["NOTES"]).exists() else [flaky, hello]
    yield context.call_activity(steps[1], "once")
    yield context.wait_for_external_event("go")


@app.orchestration_trigger(context_name="context")
def approval(context: df.DurableOrchestrationContext) -> Steps:
    deadline = context.create_timer(context.current_utc_datetime + timedelta(seconds=context.get_input()))
    answer = context.wait_for_external_event("answer")
    won = yield context.task_any([deadline, answer])
    if won == answer:
        deadline.cancel()
        return answer.result
    return "too late"


@app.orchestration_trigger(context_name="context")
def two_waits(context: df.DurableOrchestrationContext) -> Steps:
    yield context.wait_for_external_event("begin")
    one = yield context.wait_for_external_event("word")
    two = yield context.wait_for_external_event("word")
    return [one, two]


@app.orchestration_trigger(context_name="context")
def fails_fast(context: df.DurableOrchestrationContext) -> Steps:
    slow = context.call_activity(note, {"line": f"{context.instance_id}:slow", "seconds": 0.5})
    try:
        yield context.task_all([context.call_activity(flaky, {"key": context.instance_id, "failures": 1}), slow])
    except Exception:  # noqa: BLE001 - whatever the failed one raises
        yield context.call_activity(note, {"line": f"{context.instance_id}:after"})


@app.orchestration_trigger(context_name="context")
def countdown(context: df.DurableOrchestrationContext) -> Steps:
    left = context.get_input()
    yield context.create_timer(context.current_utc_datetime + timedelta(milliseconds=1))
    if left == 0:
        return "lift-off"
    context.continue_as_new(left - 1)


@app.orchestration_trigger(context_name="context")
def counting(context: df.DurableOrchestrationContext) -> Steps:
    counter = df.EntityId("Counter", context.get_input())
    context.signal_entity(counter, "add", 3)
    yield context.call_entity(counter, "add", 4)
    try:
        yield context.call_entity(counter, "fail")
    except Exception as error:  # noqa: BLE001
        logging.getLogger(__name__).info("the entity failed: %s", error)
    return (yield context.call_entity(counter, "get"))


@app.entity_trigger(context_name="context", entity_name="Counter")
def counter(context: df.DurableEntityContext) -> None:
    value = context.get_state(lambda: 0)
    if context.operation_name == "add":
        context.set_state(value + context.get_input())
    elif context.operation_name == "get":
        context.set_result(value)
    else:
        raise ValueError("no such operation")
