"""The worker side: turns binding data into arguments, runs user code, turns what it returns into binding data.

User code never runs on the host's own event loop: plain functions run on threads, coroutines on a loop of their own,
so that a blocking function delays no timer, request or turn.
"""

from __future__ import annotations

import asyncio
import logging
import os
import threading
import time
import uuid
from collections.abc import Coroutine, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import azure.functions as func
from azure.functions.meta import Datum

from local.host.app.bindings import Binding, converter, decode, encode, implicit_output
from local.host.app.context import InvocationContext
from local.host.app.index import Function
from local.host.app.retries import FIRST_RUN, RetryState

log = logging.getLogger("Host.Function")


@dataclass(frozen=True)
class Inputs:
    """What an invocation brings: the trigger's data, its metadata, the other bindings' data by name, and the reason."""

    data: Datum
    reason: str
    metadata: Mapping[str, Datum] = field(default_factory=dict)
    others: Mapping[str, Datum] = field(default_factory=dict)
    retry: RetryState = FIRST_RUN


@dataclass(frozen=True)
class Result:
    """What an invocation leads to: the answer to its trigger, if any, and what goes to other output bindings."""

    value: Datum | None
    outputs: tuple[tuple[Binding, Datum], ...] = ()


class Out(func.Out[Any]):
    """The parameter through which a function sets a named output."""

    def __init__(self) -> None:
        self.value: Any = None

    def set(self, val: Any) -> None:
        """Take the output's value."""
        self.value = val

    def get(self) -> Any:
        """Give it back."""
        return self.value


class Worker:
    """Runs the app's functions."""

    def __init__(self, activity_threads: int, timeout: timedelta | None) -> None:
        self._timeout = timeout
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

    async def invoke(self, function: Function, inputs: Inputs) -> Result:
        """Run a function; return what it returned and set, encoded by its bindings' converters.

        Raises:
            TimeoutError: it ran longer than host.json allows.
            Exception: whatever the function, or the conversion of its arguments or result, raises.
        """
        context = InvocationContext(str(uuid.uuid4()), function.name, inputs.retry)
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
            result = await self._within_time(function, self._run(function, inputs, context))
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

    async def _run(self, function: Function, inputs: Inputs, context: InvocationContext) -> Result:
        if function.is_async:
            running = asyncio.run_coroutine_threadsafe(self._await(function, inputs, context), self._loop)
            return await asyncio.wrap_future(running)
        pool = self._pools.get(function.kind, self._other)
        call = copy_context().run
        return await asyncio.get_running_loop().run_in_executor(
            pool, call, self._call, function, inputs, context
        )

    async def _within_time(self, function: Function, running: Coroutine[Any, Any, Result]) -> Result:
        limit = self._timeout
        try:
            async with asyncio.timeout(limit.total_seconds() if limit else None) as within:
                return await running
        except TimeoutError:
            if not within.expired():
                raise
            # Azure restarts the whole worker here; a thread cannot be ended, so what it does goes on unheard.
            raise TimeoutError(
                f"Timeout value of {limit} exceeded by function 'Functions.{function.name}'."
            ) from None

    def _call(self, function: Function, inputs: Inputs, context: InvocationContext) -> Result:
        context.thread_local_storage.invocation_id = context.invocation_id
        outs = {str(each["name"]): Out() for each in function.outputs if each["name"] != "$return"}
        return answer_of(function, function.call(**arguments(function, inputs, context), **outs), outs)

    async def _await(self, function: Function, inputs: Inputs, context: InvocationContext) -> Result:
        outs = {str(each["name"]): Out() for each in function.outputs if each["name"] != "$return"}
        return answer_of(function, await function.call(**arguments(function, inputs, context), **outs), outs)


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


def answer_of(function: Function, returned: Any, outs: Mapping[str, Out]) -> Result:
    """Turn what a function returned and set into binding data.

    Raises:
        RuntimeError: it returned something that no binding takes.
    """
    value: Datum | None = None
    outputs: list[tuple[Binding, Datum]] = []
    for binding in function.outputs:
        answers = binding["name"] == "$return"
        given = returned if answers else outs[binding["name"]].value
        if answers and binding["type"] == "http":
            value = encode("http", given)
        elif given is not None:
            outputs.append((binding, encode(binding["type"], given)))
    if implicit_output(converter(function.kind)):
        value = encode(function.kind, returned)
    elif returned is not None and all(each["name"] != "$return" for each in function.outputs):
        raise RuntimeError(f"function '{function.name}' has no $return binding, yet it returned a value")
    return Result(value, tuple(outputs))
