"""Functions with blob, timer and HTTP triggers that note their inputs."""

import json
import os
import time
from pathlib import Path

import azure.functions as func
import azurefunctions.extensions.bindings.blob as blobs

app = func.FunctionApp()


def note(*values: object) -> None:
    with Path(os.environ["NOTES"]).open("a", encoding="utf-8") as file:
        file.write(json.dumps(values) + "\n")


@app.blob_trigger(arg_name="blob", path="%INBOX%/{company}/{name}.txt", connection="DataStorage")
def content(blob: func.InputStream) -> None:
    note("content", blob.name, blob.read().decode(), blob.length)


@app.blob_trigger(
    arg_name="client", path="%INBOX%/{name}.big", connection="DataStorage", source=func.BlobSource.EVENT_GRID
)
def reference(client: blobs.BlobClient) -> None:
    note("reference", client.container_name, client.blob_name, client.get_blob_properties().size)


@app.blob_trigger(arg_name="blob", path="%INBOX%/{name}.bad", connection="DataStorage")
def failing(blob: bytes) -> None:
    note("failing", len(blob))
    raise ValueError("cannot take it")


@app.blob_trigger(arg_name="blob", path="%INBOX%/{name}.slow", connection="DataStorage")
def slow(blob: bytes) -> None:
    note("started")
    time.sleep(float(blob))
    note("ended")


@app.timer_trigger(arg_name="timer", schedule="%EVERY%")
def tick(timer: func.TimerRequest) -> None:
    note("tick", timer.past_due)


@app.route(route="open/{number:int}", auth_level=func.AuthLevel.ANONYMOUS)
def open_to_all(req: func.HttpRequest) -> func.HttpResponse:
    return func.HttpResponse(json.dumps([req.method, dict(req.route_params), dict(req.params)]), status_code=201)


@app.route(route="guarded", auth_level=func.AuthLevel.FUNCTION, methods=["GET", "PUT"])
def guarded(req: func.HttpRequest) -> str:
    return req.get_body().decode() or "in"


@app.route(route="keepers", auth_level=func.AuthLevel.ADMIN)
def admins(req: func.HttpRequest) -> str:
    return req.method


@app.route(route="rest/{*path}")
async def rest(req: func.HttpRequest) -> str:
    return req.route_params["path"]


@app.route(route="broken", auth_level=func.AuthLevel.ANONYMOUS)
def broken(req: func.HttpRequest) -> str:
    raise ValueError(f"{req.method} https://account/container/blob?sig=abc must not be logged whole")
