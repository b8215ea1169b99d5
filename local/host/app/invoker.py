"""One invocation from end to end: gather the inputs, run the function, repeat it by its policy, write the outputs."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from azure.functions.meta import Datum

from local.host.app.index import Function
from local.host.app.retries import RETRIED_KINDS, RetryState, with_retries
from local.host.app.storage import read_blob, write_output
from local.host.app.worker import Inputs, Worker

log = logging.getLogger("Host.Bindings")

Invoke = Callable[[Function, Datum, Mapping[str, Datum], str], Awaitable[Any]]
"""Run a function on its trigger's data, metadata and a reason; its encoded result."""


class Invoker:
    """Runs functions for triggers and the durable engine; `client` gives what a durable client is made of."""

    def __init__(self, worker: Worker, client: Callable[[], str], message_encoding: str) -> None:
        self._worker = worker
        self._client = client
        self._message_encoding = message_encoding

    async def invoke(
        self, function: Function, data: Datum, metadata: Mapping[str, Datum], reason: str
    ) -> Any:
        """Run a function on its trigger's data; its own result, encoded.

        Raises:
            Exception: whatever the function, a conversion or a storage output raises.
        """
        policy = function.retry if function.kind in RETRIED_KINDS else None

        async def run(state: RetryState) -> Any:
            with _named("input", function):
                others = {
                    str(each["name"]): Datum(self._client(), "string")
                    if each["type"] == "durableClient"
                    else await read_blob(each, metadata, by_reference=function.by_reference(each))
                    for each in function.inputs
                }
            result = await self._worker.invoke(function, Inputs(data, reason, metadata, others, state))
            with _named("output", function):
                for binding, value in result.outputs:
                    await write_output(binding, value, metadata, self._message_encoding)
            return result.value

        return await with_retries(policy, run)


@contextmanager
def _named(what: str, function: Function) -> Iterator[None]:
    """Log what goes wrong outside the user's code; the worker logs what goes wrong inside."""
    try:
        yield
    except Exception as error:
        kind = type(error).__name__
        log.error("The %ss of 'Functions.%s' failed: %s: %s", what, function.name, kind, error)  # noqa: TRY400 - no trace: it is the host's own
        raise
