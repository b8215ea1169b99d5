"""One orchestrator per kind of action in the SDK."""

from collections.abc import Generator
from datetime import timedelta
from typing import Any

import azure.durable_functions as df

Steps = Generator[Any, Any, Any]

app = df.DFApp()
RETRY = df.RetryOptions(first_retry_interval_in_milliseconds=1, max_number_of_attempts=2)
COUNTER = df.EntityId("counter", "k")
tried: set[str] = set()


@app.activity_trigger(input_name="name")
def fine(name: str) -> str:
    return name


@app.activity_trigger(input_name="instance")
def second_time(instance: str) -> str:
    if instance not in tried:
        tried.add(instance)
        raise ValueError("the first time")
    return "now"


@app.entity_trigger(context_name="context")
def counter(context: df.DurableEntityContext) -> None:
    context.set_state(context.get_state(lambda: 0) + 1)
    context.set_result(None)


@app.orchestration_trigger(context_name="context")
def activity(context: df.DurableOrchestrationContext) -> Steps:
    yield context.call_activity(fine, "a")


@app.orchestration_trigger(context_name="context")
def activity_with_retry(context: df.DurableOrchestrationContext) -> Steps:
    yield context.call_activity_with_retry(second_time, RETRY, context.instance_id)


@app.orchestration_trigger(context_name="context")
def sub_orchestrator(context: df.DurableOrchestrationContext) -> Steps:
    yield context.call_sub_orchestrator(activity)


@app.orchestration_trigger(context_name="context")
def sub_orchestrator_with_retry(context: df.DurableOrchestrationContext) -> Steps:
    try:
        yield context.call_sub_orchestrator_with_retry(failing, RETRY)
    except Exception:  # noqa: BLE001 - the type in which a child's failure raises
        return "gave up"


@app.orchestration_trigger(context_name="context")
def failing(context: df.DurableOrchestrationContext) -> Steps:
    yield context.call_activity(fine, "a")
    raise ValueError("always")


@app.orchestration_trigger(context_name="context")
def continue_as_new(context: df.DurableOrchestrationContext) -> Steps:
    if not context.get_input()["again"]:
        return "over"
    yield context.call_activity(fine, "a")
    context.continue_as_new({"again": False})


@app.orchestration_trigger(context_name="context")
def timer(context: df.DurableOrchestrationContext) -> Steps:
    yield context.create_timer(context.current_utc_datetime + timedelta(milliseconds=1))


@app.orchestration_trigger(context_name="context")
def external_event(context: df.DurableOrchestrationContext) -> Steps:
    yield context.wait_for_external_event("go")


@app.orchestration_trigger(context_name="context")
def call_entity(context: df.DurableOrchestrationContext) -> Steps:
    yield context.call_entity(COUNTER, "add")


@app.orchestration_trigger(context_name="context")
def signal_entity(context: df.DurableOrchestrationContext) -> Steps:
    context.signal_entity(COUNTER, "add")
    yield context.call_activity(fine, "a")


@app.orchestration_trigger(context_name="context")
def http(context: df.DurableOrchestrationContext) -> Steps:
    yield context.call_http("GET", context.get_input()["url"])


@app.orchestration_trigger(context_name="context")
def when_any(context: df.DurableOrchestrationContext) -> Steps:
    deadline = context.create_timer(context.current_utc_datetime + timedelta(hours=1))
    yield context.task_any([context.call_activity(fine, "a"), deadline])
    deadline.cancel()


@app.orchestration_trigger(context_name="context")
def when_all(context: df.DurableOrchestrationContext) -> Steps:
    yield context.task_all([context.call_activity(fine, "a"), context.call_activity(fine, "b")])
