"""One invocation from start to end: read the inputs, run the function, retry it, write the outputs."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from azure.functions.meta import Datum

from local.host.app.function import Function
from local.host.app.retries import RETRIED_KINDS, RetryState, with_retries
from local.host.app.storage import read_blob, write_output
from local.host.app.worker import Inputs, Worker

log = logging.getLogger("Host.Bindings")

Invoke = Callable[[Function, Datum, Mapping[str, Datum], str], Awaitable[Any]]
"""Runs a function with its trigger's data, its metadata and a reason; returns the encoded result."""


class Invoker:
    """Runs functions for triggers and the durable engine; `client` returns the data of a durable client binding."""

    def __init__(self, worker: Worker, client: Callable[[], str], message_encoding: str) -> None:
        self._worker = worker
        self._client = client
        self._message_encoding = message_encoding

    async def invoke(self, function: Function, data: Datum, metadata: Mapping[str, Datum], reason: str) -> Any:
        """Run a function with its trigger's data and return its encoded result.

        Raises:
            Exception: the function, a conversion or a storage output raised it.
        """
        policy = function.retry if function.kind in RETRIED_KINDS else None

        async def run(state: RetryState) -> Any:
            with _log_errors("input", function):
                others = {
                    str(each["name"]): Datum(self._client(), "string")
                    if each["type"] == "durableClient"
                    else await read_blob(each, metadata, by_reference=function.by_reference(each))
                    for each in function.inputs
                }
            result = await self._worker.invoke(function, Inputs(data, reason, metadata, others, state))
            with _log_errors("output", function):
                for binding, value in result.outputs:
                    await write_output(binding, value, metadata, self._message_encoding)
            return result.value

        return await with_retries(policy, run)


@contextmanager
def _log_errors(what: str, function: Function) -> Iterator[None]:
    """Log an error outside of the user's code; the worker logs those inside."""
    try:
        yield
    except Exception as error:
        kind = type(error).__name__
        log.error("The %ss of 'Functions.%s' failed: %s: %s", what, function.name, kind, error)  # noqa: TRY400 - a traceback would show only the host's code
        raise
