"""Activities with input names that the Durable extension reserves, and one with another name."""

from collections.abc import Generator
from typing import Any

import azure.durable_functions as df

app = df.DFApp()


@app.activity_trigger(input_name="data")
def lower(data: str) -> str:
    return data


@app.activity_trigger(input_name="DATA")
def upper(DATA: str) -> str:  # noqa: N803 - the test is about its case
    return DATA


@app.activity_trigger(input_name="instanceId")
def instance(instanceId: str) -> str:  # noqa: N803 - the extension's name
    return instanceId


@app.activity_trigger(input_name="order")
def free(order: str) -> str:
    return order


@app.orchestration_trigger(context_name="context")
def call(context: df.DurableOrchestrationContext) -> Generator[Any, Any, Any]:
    return (yield context.call_activity(context.get_input()["name"], "done"))
