"""The worker side: turns binding data into arguments, runs user code, turns what it returns into binding data.

User code never runs on the host's own event loop: plain functions run on threads, coroutines on a loop of their own,
so that a blocking function delays no timer, request or turn.
"""

from __future__ import annotations

import asyncio
import importlib
import logging
import os
import threading
import time
import uuid
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from dataclasses import dataclass, field
from importlib.util import find_spec
from typing import Any

from azure.functions import get_binding_registry
from azure.functions.meta import Datum

from local.host.app_index import Binding, Function
from local.host.invocation import InvocationContext

# Only apps that bind SDK types bring it.
_sdk = importlib.import_module("azurefunctions.extensions.base") if find_spec("azurefunctions") else None

log = logging.getLogger("Host.Function")


@dataclass(frozen=True)
class Inputs:
    """What an invocation brings: the trigger's data, its metadata, the other bindings' data by name, and the reason."""

    data: Datum
    reason: str
    metadata: Mapping[str, Datum] = field(default_factory=dict)
    others: Mapping[str, Datum] = field(default_factory=dict)


class Worker:
    """Runs the app's functions."""

    def __init__(self, activity_threads: int) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="functions-loop", daemon=True)
        # Apart, so that activities that block cannot hold up orchestrators or requests.
        self._pools = {
            "activityTrigger": ThreadPoolExecutor(activity_threads, "activity"),
            "orchestrationTrigger": ThreadPoolExecutor(2, "orchestrator"),
            "entityTrigger": ThreadPoolExecutor(2, "entity"),
        }
        self._other = ThreadPoolExecutor(
            int(os.environ.get("PYTHON_THREADPOOL_THREAD_COUNT", "32")), "function"
        )

    def start(self) -> None:
        """Start the loop on which coroutine functions run."""
        self._thread.start()

    def stop(self) -> None:
        """Take no more work; what runs in threads is left to end with the process."""
        self._loop.call_soon_threadsafe(self._loop.stop)
        for pool in (*self._pools.values(), self._other):
            pool.shutdown(wait=False, cancel_futures=True)

    async def invoke(self, function: Function, inputs: Inputs) -> Any:
        """Run a function; return what it returned, encoded by its trigger's or output binding's converter.

        Raises:
            Exception: whatever the function, or the conversion of its arguments or result, raises.
        """
        context = InvocationContext(str(uuid.uuid4()), function.name)
        quiet = function.kind in ("orchestrationTrigger", "entityTrigger")
        level = logging.DEBUG if quiet else logging.INFO
        log.log(
            level,
            "Executing 'Functions.%s' (Reason='%s', Id=%s)",
            function.name,
            inputs.reason,
            context.invocation_id,
        )
        started = time.perf_counter()
        try:
            if function.is_async:
                running = asyncio.run_coroutine_threadsafe(self._await(function, inputs, context), self._loop)
                result = await asyncio.wrap_future(running)
            else:
                pool = self._pools.get(function.kind, self._other)
                loop = asyncio.get_running_loop()
                result = await loop.run_in_executor(
                    pool, copy_context().run, self._call, function, inputs, context
                )
        except Exception as error:
            took = (time.perf_counter() - started) * 1000
            # What an orchestrator raises carries all its data; the cause has the trace alone.
            cause = error.__cause__ if quiet and error.__cause__ is not None else error
            log.error(  # noqa: TRY400 - not always the exception at hand
                "Executed 'Functions.%s' (Failed, Id=%s, Duration=%.0fms)",
                function.name,
                context.invocation_id,
                took,
                exc_info=cause,
            )
            raise
        took = (time.perf_counter() - started) * 1000
        log.log(
            level,
            "Executed 'Functions.%s' (Succeeded, Id=%s, Duration=%.0fms)",
            function.name,
            context.invocation_id,
            took,
        )
        return result

    def _call(self, function: Function, inputs: Inputs, context: InvocationContext) -> Any:
        context.thread_local_storage.invocation_id = context.invocation_id
        return encode(function, function.call(**arguments(function, inputs, context)))

    async def _await(self, function: Function, inputs: Inputs, context: InvocationContext) -> Any:
        return encode(function, await function.call(**arguments(function, inputs, context)))


def arguments(function: Function, inputs: Inputs, context: InvocationContext) -> dict[str, Any]:
    """Decode all inputs with azure.functions' converters.

    Raises:
        ValueError: a converter cannot make what the annotation asks for.
    """
    name = str(function.trigger["name"])
    values = {name: decode(function.trigger, function.annotations.get(name), inputs.data, inputs.metadata)}
    for binding in function.inputs:
        values[binding["name"]] = decode(
            binding, function.annotations.get(binding["name"]), inputs.others[binding["name"]], {}
        )
    if function.wants_context:
        values["context"] = context
    return values


def wants_sdk_type(function: Function) -> bool:
    """Whether the trigger's parameter is annotated with an SDK type, which gets a reference instead of content."""
    return _sdk is not None and bool(
        _sdk.get_binding_registry().check_supported_type(function.annotations.get(function.trigger["name"]))
    )


def decode(binding: Binding, annotation: Any, data: Datum, metadata: Mapping[str, Datum]) -> Any:
    """Turn one binding's data into the argument."""
    if data.type == "model_binding_data" and _sdk is not None:
        converter = _sdk.get_binding_registry().get(binding["type"])
        return converter.decode(data, trigger_metadata=metadata, pytype=annotation)
    converter = _converter(binding["type"])
    if annotation in (str, bytes) and not _implicit_output(converter):
        return data.value
    return converter.decode(data, trigger_metadata=metadata)


def encode(function: Function, value: Any) -> Any:
    """Turn what a function returned into binding data: a Datum, or None where nothing takes it."""
    for binding in function.outputs:
        if binding["name"] == "$return":
            return _converter(binding["type"]).encode(value, expected_type=None)
    trigger = _converter(function.kind)
    if _implicit_output(trigger):
        return trigger.encode(value, expected_type=None)
    return None


def _converter(kind: str) -> Any:
    return get_binding_registry().get(kind)  # type: ignore[no-untyped-call]


def _implicit_output(converter: Any) -> bool:
    # Converters that only read have no such method, or inherit an abstract one that answers nothing.
    return bool(getattr(converter, "has_implicit_output", lambda: False)())
