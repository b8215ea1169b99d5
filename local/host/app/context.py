"""The `context` parameter: what a function can read about its own invocation."""

from __future__ import annotations

import os
import threading
from dataclasses import dataclass, field
from typing import Any

import azure.functions as func

from local.host.app.retries import RetryState


@dataclass(frozen=True)
class Trace:
    """An empty trace context: a local run has no distributed tracing."""

    trace_parent: str = ""
    trace_state: str = ""
    attributes: dict[str, str] = field(default_factory=dict)


_LOCAL = threading.local()


class InvocationContext(func.Context):
    """The context object of one invocation."""

    def __init__(self, invocation_id: str, function_name: str, retry: RetryState) -> None:
        self._retry = retry
        self._invocation_id = invocation_id
        self._function_name = function_name

    @property
    def invocation_id(self) -> str:
        """The unique id of the invocation."""
        return self._invocation_id

    @property
    def thread_local_storage(self) -> Any:
        """The storage in which the worker keeps the thread's invocation id."""
        return _LOCAL

    @property
    def function_name(self) -> str:
        """The function's name."""
        return self._function_name

    @property
    def function_directory(self) -> str:
        """The app's folder."""
        return os.getcwd()  # noqa: PTH109 - the SDK expects a string

    @property
    def trace_context(self) -> Any:
        """The empty trace context."""
        return Trace()

    @property
    def retry_context(self) -> Any:
        """The state of the retry policy."""
        return self._retry
