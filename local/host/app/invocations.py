"""Which invocation a line of log belongs to, by the rules of Azure's worker for Python 3.12.

It knows the invocation of a coroutine and of the tasks that the coroutine makes, and that of the thread in which it
runs a plain function. It knows none in other threads, `asyncio.to_thread` included, nor while it imports the app. Azure
drops what is logged there.
"""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager
from typing import Any

LOCAL = threading.local()
"""What a plain function reads as its context's `thread_local_storage`."""


class InvocationTask(asyncio.Task[Any]):
    """A task that belongs to an invocation: that of the task in which it is made, if it gets none of its own."""

    invocation_id: str | None = None

    def __init__(self, work: Coroutine[Any, Any, Any], **options: Any) -> None:
        super().__init__(work, **options)
        self.invocation_id = current_invocation()


def current_invocation() -> str | None:
    """Return the id of the invocation that runs here; None where the worker knows none."""
    try:
        task = asyncio.current_task()
    except RuntimeError:  # no loop runs in this thread
        task = None
    return getattr(task, "invocation_id", None) or getattr(LOCAL, "invocation_id", None)


@contextmanager
def importing() -> Iterator[None]:
    """Have what this thread logs count as the app's and not as the host's."""
    LOCAL.importing = True
    try:
        yield
    finally:
        LOCAL.importing = False


def azure_keeps(record: logging.LogRecord) -> bool:
    """Whether Azure keeps a record: one of the host itself, or of an invocation."""
    own = threading.current_thread() is threading.main_thread() and not getattr(LOCAL, "importing", False)
    return own or record.name.startswith("Host.") or current_invocation() is not None
