"""Durable orchestration instances: start one under a fixed id, once."""

import logging
from collections.abc import Awaitable, Callable
from typing import Any

log = logging.getLogger("landfall")

Start = Callable[[str, str, dict[str, Any]], Awaitable[str]]
"""`start_new` of the durable client: orchestrator, instance id, input."""


async def start_once(start: Start, orchestrator: str, instance_id: str, payload: dict[str, Any]) -> bool:
    """Start an orchestration; False when an instance with this id already runs. Raises what the client raises."""
    try:
        await start(orchestrator, instance_id, payload)
    except Exception as error:  # the durable client raises nothing more specific
        if "already exists" not in str(error):
            raise
        log.info("%s is already running", instance_id)
        return False
    return True
