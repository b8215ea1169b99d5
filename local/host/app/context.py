"""What a function sees of its own invocation: the `context` parameter."""

from __future__ import annotations

import os
import threading
from dataclasses import dataclass, field
from typing import Any

import azure.functions as func

from local.host.app.retries import RetryState


@dataclass(frozen=True)
class Trace:
    """Distributed tracing, of which a local run has none."""

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
        """Tells this invocation from all others."""
        return self._invocation_id

    @property
    def thread_local_storage(self) -> Any:
        """Where the worker keeps the invocation id of the thread."""
        return _LOCAL

    @property
    def function_name(self) -> str:
        """The function's name."""
        return self._function_name

    @property
    def function_directory(self) -> str:
        """The app's folder."""
        return os.getcwd()  # noqa: PTH109 - the context promises a string

    @property
    def trace_context(self) -> Any:
        """Empty: there is no tracing here."""
        return Trace()

    @property
    def retry_context(self) -> Any:
        """How often this run was repeated."""
        return self._retry
