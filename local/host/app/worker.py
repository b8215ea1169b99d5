"""The worker side: converts binding data to arguments, runs user code, and converts the results to binding data.

User code never runs on the host's own event loop: coroutines run on a separate loop, and plain functions on threads. As
on Azure, activities, orchestrators, entities and requests share these threads.
"""

from __future__ import annotations

import asyncio
import logging
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
from local.host.app.function import Function
from local.host.app.invocations import InvocationTask
from local.host.app.retries import FIRST_RUN, RetryState

log = logging.getLogger("Host.Function")


@dataclass(frozen=True)
class Inputs:
    """The inputs of an invocation: its trigger's data and metadata, other bindings' data by name, and its reason."""

    data: Datum
    reason: str
    metadata: Mapping[str, Datum] = field(default_factory=dict)
    others: Mapping[str, Datum] = field(default_factory=dict)
    retry: RetryState = FIRST_RUN


@dataclass(frozen=True)
class Result:
    """The results of an invocation: the answer to its trigger, if any, and the data for other output bindings."""

    value: Datum | None
    outputs: tuple[tuple[Binding, Datum], ...] = ()


class Out(func.Out[Any]):
    """The parameter with which a function sets a named output."""

    def __init__(self) -> None:
        self.value: Any = None

    def set(self, val: Any) -> None:
        """Set the output's value."""
        self.value = val

    def get(self) -> Any:
        """Return the output's value."""
        return self.value


class WorkerProcessExitError(Exception):
    """The worker's process has ended, and every invocation with it."""


class Worker:
    """Runs the app's functions.

    `ended` is set when a function has exceeded its time and `recycles` is set: as on Azure, the worker's process then
    has to end, and every other invocation fails with WorkerProcessExitError.
    """

    def __init__(self, threads: int, timeout: timedelta | None, *, recycles: bool = True) -> None:
        self._timeout = timeout
        self._recycles = recycles
        self.ended = asyncio.Event()
        self._loop = asyncio.new_event_loop()
        self._loop.set_task_factory(lambda loop, work, **more: InvocationTask(work, loop=loop, **more))
        self._thread = threading.Thread(target=self._loop.run_forever, name="functions-loop", daemon=True)
        self._pool = ThreadPoolExecutor(threads, "function")

    def start(self) -> None:
        """Start the loop on which coroutine functions run."""
        self._thread.start()

    def stop(self) -> None:
        """Take no more work; functions that still run in threads end with the process."""
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._pool.shutdown(wait=False, cancel_futures=True)

    async def invoke(self, function: Function, inputs: Inputs) -> Result:
        """Run a function and return its results as binding data.

        Raises:
            TimeoutError: the function ran longer than host.json allows.
            WorkerProcessExitError: another function did.
            Exception: the function, or the conversion of its arguments or results, raised it.
        """
        context = InvocationContext(str(uuid.uuid4()), function.name, inputs.retry)
        quiet = function.kind in ("orchestrationTrigger", "entityTrigger")
        level = logging.DEBUG if quiet else logging.INFO
        log.log(
            level, "Executing 'Functions.%s' (Reason='%s', Id=%s)", function.name, inputs.reason, context.invocation_id
        )
        start = time.perf_counter()

        def log_end(level: int, outcome: str, cause: BaseException | None = None) -> None:
            took = (time.perf_counter() - start) * 1000
            message = "Executed 'Functions.%s' (%s, Id=%s, Duration=%.0fms)"
            log.log(level, message, function.name, outcome, context.invocation_id, took, exc_info=cause)

        try:
            result = await self._within_time(context, self._run(function, inputs, context))
        except Exception as error:
            # An orchestrator's exception carries all its data; the cause has only the traceback.
            cause = error.__cause__ if quiet and error.__cause__ is not None else error
            log_end(logging.ERROR, "Failed", cause)
            raise
        log_end(level, "Succeeded")
        return result

    async def _run(self, function: Function, inputs: Inputs, context: InvocationContext) -> Result:
        if function.is_async:
            running = asyncio.run_coroutine_threadsafe(self._await(function, inputs, context), self._loop)
            return await asyncio.wrap_future(running)
        call = copy_context().run
        return await asyncio.get_running_loop().run_in_executor(self._pool, call, self._call, function, inputs, context)

    async def _within_time(self, context: InvocationContext, running: Coroutine[Any, Any, Result]) -> Result:
        work, end = asyncio.ensure_future(running), asyncio.ensure_future(self.ended.wait())
        limit = self._timeout.total_seconds() if self._timeout else None
        try:
            await asyncio.wait({work, end}, timeout=limit, return_when=asyncio.FIRST_COMPLETED)
            if work.done():
                return work.result()
            if end.done():
                raise WorkerProcessExitError(f"The worker's process ended while it ran '{context.function_name}'.")
        finally:
            # A thread cannot be ended: it runs on until the process ends, and its result counts no more.
            work.cancel()
            end.cancel()
        if self._recycles:
            log.warning(
                "A function timeout has occurred. Restarting worker process executing invocationId '%s'.",
                context.invocation_id,
            )
            self.ended.set()
        raise TimeoutError(
            f"Timeout value of {self._timeout} exceeded by function 'Functions.{context.function_name}'."
        )

    def _call(self, function: Function, inputs: Inputs, context: InvocationContext) -> Result:
        context.thread_local_storage.invocation_id = context.invocation_id
        outs = {str(each["name"]): Out() for each in function.outputs if each["name"] != "$return"}
        try:
            return result_of(function, function.call(**arguments(function, inputs, context), **outs), outs)
        finally:
            context.thread_local_storage.invocation_id = None

    async def _await(self, function: Function, inputs: Inputs, context: InvocationContext) -> Result:
        task = asyncio.current_task()
        if isinstance(task, InvocationTask):
            task.invocation_id = context.invocation_id
        outs = {str(each["name"]): Out() for each in function.outputs if each["name"] != "$return"}
        return result_of(function, await function.call(**arguments(function, inputs, context), **outs), outs)


def arguments(function: Function, inputs: Inputs, context: InvocationContext) -> dict[str, Any]:
    """Return a function's arguments by name.

    Raises:
        ValueError: a converter cannot build an annotated type.
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


def result_of(function: Function, returned: Any, outs: Mapping[str, Out]) -> Result:
    """Return the binding data for a function's return value and outputs.

    Raises:
        RuntimeError: the function returned a value, but has no binding for it.
    """
    value: Datum | None = None
    outputs: list[tuple[Binding, Datum]] = []
    for binding in function.outputs:
        is_return = binding["name"] == "$return"
        output = returned if is_return else outs[binding["name"]].value
        if is_return and binding["type"] == "http":
            value = encode("http", output)
        elif output is not None:
            outputs.append((binding, encode(binding["type"], output)))
    if implicit_output(converter(function.kind)):
        value = encode(function.kind, returned)
    elif returned is not None and all(each["name"] != "$return" for each in function.outputs):
        raise RuntimeError(f"function '{function.name}' has no $return binding, yet it returned a value")
    return Result(value, tuple(outputs))
