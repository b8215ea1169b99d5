"""Tasks that run on their own: asyncio keeps no reference to a task, so something else must."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any


class BackgroundTasks(set[asyncio.Task[None]]):
    """Running tasks; each one leaves the set when it ends."""

    def start(self, work: Coroutine[Any, Any, None]) -> None:
        """Run a coroutine as a task."""
        task = asyncio.create_task(work)
        self.add(task)
        task.add_done_callback(self.discard)
