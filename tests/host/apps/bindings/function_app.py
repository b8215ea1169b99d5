"""Queue triggers, storage bindings, retry policies and timeouts."""

import json
import os
import time
from pathlib import Path
from typing import List  # noqa: UP035 - the worker does not support list[str] in an Out annotation

import azure.functions as func

app = func.FunctionApp(http_auth_level=func.AuthLevel.ANONYMOUS)
STORAGE = "AzureWebJobsStorage"


def note(*values: object) -> None:
    with Path(os.environ["NOTES"]).open("a", encoding="utf-8") as file:
        file.write(json.dumps(values) + "\n")


@app.route(route="put/{name}")
@app.blob_output(arg_name="blob", path="%PLACE%/{name}.txt", connection=STORAGE)
@app.queue_output(arg_name="orders", queue_name="%PLACE%", connection=STORAGE)
def put(req: func.HttpRequest, blob: func.Out[str], orders: func.Out[List[str]]) -> str:  # noqa: UP006 - see above
    blob.set(os.environ["GREETING"])
    orders.set([json.dumps({"name": req.route_params["name"]}), "bad"])
    return "put"


@app.queue_trigger(arg_name="order", queue_name="%PLACE%", connection=STORAGE)
@app.blob_input(arg_name="blob", path="%PLACE%/{name}.txt", connection=STORAGE)
def take(order: func.QueueMessage, blob: func.InputStream) -> None:
    text = order.get_body().decode()
    note("took", text, order.dequeue_count, blob.read().decode() if blob else None)


@app.timer_trigger(arg_name="timer", schedule="0 0 0 1 1 *")
@app.retry(strategy="fixed_delay", max_retry_count="2", delay_interval="00:00:00")
def flaky(timer: func.TimerRequest, context: func.Context) -> None:
    state = context.retry_context
    note("tried", state.retry_count if state else 0, timer.past_due)
    raise ValueError("again")


@app.route(route="sleep", methods=["GET"])
def sleep(req: func.HttpRequest) -> str:
    time.sleep(float(req.params["seconds"]))
    return "rested"
