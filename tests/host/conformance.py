"""`python -m tests.host.conformance APP_DIR`: compare our worker with Azure's worker library, as JSON lines.

Each line holds a function's name and the results of both for the same invocation; the first line holds what they
indexed. The library is the worker of Python 3.13 and later. It gets a host's messages as plain objects, not by gRPC.
"""

import asyncio
import importlib
import json
import os
import re
import sys
import uuid
from collections.abc import Iterable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from azure.functions.meta import Datum

from local.host.app.function import Function
from local.host.app.index import AppIndex, load_app
from local.host.app.worker import Inputs, Result, Worker
from local.host.clock import parse_utc
from local.host.durable.client_binding import ClientBinding
from local.host.durable.events import EventType, event, execution_started
from local.host.triggers.http import http_datum

NOW = parse_utc("2026-01-01T00:00:00Z")


class Message:
    """A replacement for protobuf messages of every type."""

    Success, Failure, out, inout, undefined = "Success", "Failure", 1, 2, None
    SameSite = SimpleNamespace(**{name: name for name in ("None", "Lax", "Strict", "ExplicitNone")})

    def __init__(self, **fields: Any) -> None:
        self.__dict__.update(fields)

    def WhichOneof(self, _group: str) -> str | None:  # noqa: N802 - protobuf's name
        """The name of the field that is set."""
        return next((name for name in ("data", *self.__dict__) if name in self.__dict__ and name != "name"), None)


class Protos:
    """All message types of the protocol."""

    def __getattr__(self, _name: str) -> type[Message]:
        """The same class for every type."""
        return Message


def typed(data: Datum) -> Message:
    """Binding data as TypedData."""
    if data.type != "http":
        return Message(**{data.type: data.value})
    value = data.value
    parts = {name: {key: each.value for key, each in value[name].items()} for name in ("headers", "query", "params")}
    body = Message(bytes=value["body"].value)
    return Message(http=Message(method=value["method"].value, url=value["url"].value, body=body, **parts))


class Azure:
    """Azure's worker library."""

    def __init__(self, folder: Path) -> None:
        os.chdir(folder)
        sys.path.insert(0, str(folder))
        self._runtime = importlib.import_module("azure_functions_runtime")
        capabilities = Message(worker_init_request=Message(capabilities={}, function_app_directory=str(folder)))
        answer = self._ask("worker_init_request", capabilities)
        if answer.result.status != Message.Success:
            raise SystemExit(answer.result.exception.message)
        self.functions = self._ask("functions_metadata_request", Message()).function_metadata_results

    def _ask(self, name: str, request: Message) -> Any:
        asked = Message(request=request, properties={"protos": Protos(), "host": "127.0.0.1"})
        return asyncio.run(getattr(self._runtime, name)(asked))

    def index(self) -> list[Any]:
        """The functions' names and bindings."""
        return [[each.name, in_order(json.loads(raw) for raw in each.raw_bindings)] for each in self.functions]

    def invoke(self, function: Function, inputs: Inputs) -> Any:
        """The result of an invocation."""
        found = next(each for each in self.functions if each.name == function.name)
        given = [(str(function.trigger["name"]), inputs.data), *inputs.others.items()]
        request = Message(
            invocation_id=str(uuid.uuid4()),
            function_id=found.function_id,
            input_data=[Message(name=name, data=typed(data)) for name, data in given],
            trigger_metadata={name: typed(data) for name, data in inputs.metadata.items()},
            trace_context=Message(trace_parent="", trace_state="", attributes={}),
            retry_context=Message(retry_count=0, max_retry_count=0, exception=None),
        )
        answer = self._ask("invocation_request", Message(invocation_request=request))
        if answer.result.status != Message.Success:
            return failure(*answer.result.exception.message.split(": ", 1))
        outputs = {each.name: plain(each.data) for each in answer.output_data}
        return {"value": plain(answer.return_value), "outputs": outputs}


def failure(kind: str, words: str = "") -> dict[str, str]:
    """An exception by its type, and by its message if the function wrote it."""
    return {"raised": kind} | ({"words": words} if kind in ("ValueError", "LookupError") else {})


def in_order(bindings: Iterable[Any]) -> list[Any]:
    """Bindings sorted by name."""
    return sorted(bindings, key=lambda each: str(each["name"]))


def plain(value: Any) -> Any:
    """A message as JSON, without cookies, which the host writes."""
    if isinstance(value, Message):
        return {
            name: plain(each)
            for name, each in vars(value).items()
            if name not in ("cookies", "enable_content_negotiation")
        }
    if isinstance(value, dict):
        return {str(name).lower(): plain(each) for name, each in value.items()}
    if isinstance(value, bytes):
        return value.decode("latin-1")
    # An entity's answer holds its start time and duration.
    return re.sub(r'"(duration|startTime)": \d+', r'"\1": 0', value) if isinstance(value, str) else value


class Ours:
    """The embedded host's worker side."""

    def __init__(self, index: AppIndex) -> None:
        self._worker = Worker(2, None)
        self._worker.start()
        self._runner = asyncio.Runner()  # the worker belongs to one loop
        self._index = index

    def index(self) -> list[Any]:
        """The functions' names and bindings."""
        return [[each.name, in_order(each.bindings)] for each in self._index.functions]

    def invoke(self, function: Function, inputs: Inputs) -> Any:
        """The result of an invocation."""
        try:
            result: Result = self._runner.run(self._worker.invoke(function, inputs))
        except Exception as error:  # noqa: BLE001 - the comparison covers every exception
            return failure(type(error).__name__, str(error))
        outputs = {each["name"]: datum(value) for each, value in result.outputs if each["name"] != "$return"}
        returned = [value for each, value in result.outputs if each["name"] == "$return"]
        return {"value": datum(returned[0] if returned else result.value), "outputs": outputs}


def datum(data: Datum | None) -> Any:
    """Binding data as JSON in the shape of TypedData."""
    if data is None:
        return None
    if data.type != "http":
        return {str(data.type): plain(data.value)}
    value = data.value
    headers = {name.lower(): each.value for name, each in value["headers"].items()}
    return {"http": {"status_code": value["status_code"].value, "headers": headers, "body": datum(value["body"])}}


def text(value: Any) -> Datum:
    """A string."""
    return Datum(value, "string")


def request(method: str = "POST", body: bytes = b'{"a": 1}') -> Datum:
    """An HTTP request."""
    url = "http://127.0.0.1:7071/api/x?a=1"
    return http_datum(method, url, body, headers={"x-one": "one"}, query={"a": "1"}, params={"name": "n"})


def orchestration() -> Datum:
    """The first turn of an orchestration."""
    history = [event(EventType.ORCHESTRATOR_STARTED, NOW), execution_started(NOW, "o", None, "i", "e")]
    body = {
        "history": history,
        "input": "5",
        "instanceId": "i",
        "isReplaying": False,
        "parentInstanceId": None,
        "upperSchemaVersion": 1,
        "upperSchemaVersionNew": 2,
    }
    return text(json.dumps(body))


def invocations(function: Function) -> Iterator[Inputs]:
    """The inputs of a function's invocations."""
    client = ClientBinding("http://127.0.0.1:1", "hub", "key", "/rpc")
    others = {str(each["name"]): text(client.payload()) for each in function.inputs}
    blob = {
        "BlobTrigger": text("c/b"),
        "Uri": text("http://host/c/b"),
        "Properties": Datum('{"Length": 3}', "json"),
        "Metadata": Datum('{"m": "1"}', "json"),
    }
    queue = {"Id": text("1"), "DequeueCount": text("2"), "PopReceipt": text("p")}
    batch = [{"name": "add", "input": json.dumps("4"), "isSignal": True}]
    entity = {"self": {"name": "e", "key": "k"}, "exists": False, "state": None, "batch": batch}
    given: dict[str, list[tuple[Datum, dict[str, Datum]]]] = {
        "httpTrigger": [(request(), {}), (request("GET", b"no json"), {})],
        "queueTrigger": [(text("fits"), queue), (text("other"), queue)],
        "timerTrigger": [(Datum(json.dumps({"IsPastDue": late}), "json"), {}) for late in (True, False)],
        "blobTrigger": [(Datum(b"abc", "bytes"), blob)],
        "activityTrigger": [(text(value), {}) for value in ('{"a": [1]}', "5", '"x"', "not json", "null")],
        "orchestrationTrigger": [(orchestration(), {}), (text("{}"), {})],
        "entityTrigger": [(text(json.dumps(entity)), {}), (text("{}"), {})],
    }
    for data, metadata in given[function.kind]:
        yield Inputs(data, "conformance", metadata, others)


def main(folder: Path) -> None:
    """Print the index and the results of both."""
    azure = Azure(folder)
    index = load_app(folder)
    ours = Ours(index)
    lines = [{"name": "(index)", "azure": azure.index(), "ours": ours.index()}]
    for function in index.functions:
        for inputs in invocations(function):
            both = {"azure": azure.invoke(function, inputs), "ours": ours.invoke(function, inputs)}
            lines.append({"name": function.name, **both})
    for line in lines:
        print(json.dumps(line, default=str))  # noqa: T201 - the lines are the purpose


if __name__ == "__main__":
    main(Path(sys.argv[1]).resolve())
