"""Functions with every kind of input, output and mistake that the worker has to handle."""

import json
from collections.abc import Generator
from typing import Any

import azure.durable_functions as df
import azure.functions as func

app = df.DFApp(http_auth_level=func.AuthLevel.ANONYMOUS)
QUEUE = {"queue_name": "q", "connection": "AzureWebJobsStorage"}


@app.route(route="text/{name?}")
def text(req: func.HttpRequest) -> str:
    return f"{req.method} {req.route_params.get('name')} {req.params.get('a')} {req.headers.get('x-one')}"


@app.route(route="json", methods=["POST"])
async def body(req: func.HttpRequest) -> func.HttpResponse:
    return func.HttpResponse(
        json.dumps(req.get_json()), status_code=201, headers={"x-two": "2"}, mimetype="application/json"
    )


@app.route(route="cookies")
def cookies(req: func.HttpRequest) -> func.HttpResponse:
    response = func.HttpResponse(req.get_body(), charset="utf-8")
    response.headers.add("Set-Cookie", "a=1; Path=/; HttpOnly")
    response.headers.add("Set-Cookie", "b=2; Max-Age=10")
    return response


@app.route(route="nothing")
def nothing(req: func.HttpRequest):  # noqa: ANN201 - the annotation would be refused
    del req


@app.route(route="number")
def number(req: func.HttpRequest):  # noqa: ANN201 - the annotation would be refused at the start
    return len(req.method)


@app.route(route="raises")
def raises(req: func.HttpRequest) -> str:
    raise LookupError(req.method)


@app.route(route="context")
def shows_context(req: func.HttpRequest, context: func.Context) -> str:
    state = context.retry_context
    return f"{req.method} {context.function_name} {state.retry_count} {bool(context.invocation_id)}"


@app.route(route="outputs")
@app.queue_output(arg_name="first", **QUEUE)
@app.queue_output(arg_name="second", **QUEUE)
def outputs(req: func.HttpRequest, first: func.Out[str], second: func.Out[func.QueueMessage]) -> str:
    first.set(req.method)
    second.set(func.QueueMessage(id="1", body="two"))
    return "sent"


@app.queue_trigger(arg_name="message", **QUEUE)
def from_queue(message: func.QueueMessage) -> None:
    if message.get_body() != b"fits" or message.dequeue_count != 2:
        raise ValueError(f"{message.get_body()!r} {message.dequeue_count} {message.id}")


@app.queue_trigger(arg_name="message", **QUEUE)
def answers_nobody(message: func.QueueMessage):  # noqa: ANN201 - its return value is the mistake
    return message.id


@app.queue_trigger(arg_name="message", **QUEUE)
@app.queue_output(arg_name="$return", **QUEUE)
def passes_on(message: str) -> str:
    return message + message


@app.timer_trigger(arg_name="timer", schedule="0 0 0 1 1 *")
def timer(timer: func.TimerRequest) -> None:
    if not timer.past_due:
        raise ValueError("in time")


@app.blob_trigger(arg_name="blob", path="c/{name}", connection="AzureWebJobsStorage")
def stream(blob: func.InputStream) -> None:
    raise ValueError(f"{blob.name} {blob.length} {blob.uri} {blob.metadata} {blob.read()!r}")


@app.blob_trigger(arg_name="blob", path="c/{name}", connection="AzureWebJobsStorage")
def raw(blob: bytes) -> None:
    raise ValueError(repr(blob))


@app.activity_trigger(input_name="order")
def activity(order: Any) -> dict[str, Any]:
    return {"got": order}


@app.activity_trigger(input_name="order")
def untyped(order):  # noqa: ANN001, ANN201 - as in many apps
    return order


@app.activity_trigger(input_name="order")
async def later(order: int) -> None:
    del order


@app.activity_trigger(input_name="order")
def unwritable(order: str) -> object:
    return {order}


@app.route(route="client")
@app.durable_client_input(client_name="client")
async def client(req: func.HttpRequest, client: df.DurableOrchestrationClient) -> func.HttpResponse:
    return client.create_check_status_response(req, "id")


@app.orchestration_trigger(context_name="context")
def orchestrator(context: df.DurableOrchestrationContext) -> Generator[Any, Any, Any]:
    first = yield context.call_activity(activity, context.get_input())
    return first


@app.orchestration_trigger(context_name="context")
def failing(context: df.DurableOrchestrationContext) -> Generator[Any, Any, Any]:
    yield context.create_timer(context.current_utc_datetime)
    raise ValueError("on purpose")


@app.entity_trigger(context_name="context")
def entity(context: df.DurableEntityContext) -> None:
    context.set_state(context.get_state(lambda: 0) + context.get_input())
