"""The `context` parameter: what a function can read about its own invocation."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from typing import Any

import azure.functions as func

from local.host.app.invocations import LOCAL
from local.host.app.retries import FIRST_RUN


@dataclass(frozen=True)
class Trace:
    """An empty trace context: a local run has no distributed tracing."""

    trace_parent: str = ""
    trace_state: str = ""
    attributes: dict[str, str] = field(default_factory=dict)


@dataclass
class InvocationContext(func.Context):
    """The context object of one invocation; the worker keeps the thread's invocation id in `thread_local_storage`."""

    invocation_id: str = ""
    function_name: str = ""
    retry_context: Any = FIRST_RUN
    trace_context: Any = Trace()
    thread_local_storage: Any = LOCAL

    @property
    def function_directory(self) -> str:
        """The app's folder."""
        return os.getcwd()  # noqa: PTH109 - the SDK expects a string
