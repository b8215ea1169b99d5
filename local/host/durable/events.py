"""History events of the out-of-process protocol: dicts with PascalCase keys, as azure-functions-durable reads them."""

from __future__ import annotations

from datetime import datetime
from enum import IntEnum
from typing import Any

from local.host.clock import iso

Event = dict[str, Any]


class EventType(IntEnum):
    """The numbers that DurableTask gives its history events."""

    EXECUTION_STARTED = 0
    EXECUTION_COMPLETED = 1
    EXECUTION_TERMINATED = 3
    TASK_SCHEDULED = 4
    TASK_COMPLETED = 5
    TASK_FAILED = 6
    SUB_ORCHESTRATION_CREATED = 7
    SUB_ORCHESTRATION_COMPLETED = 8
    SUB_ORCHESTRATION_FAILED = 9
    TIMER_CREATED = 10
    TIMER_FIRED = 11
    ORCHESTRATOR_STARTED = 12
    ORCHESTRATOR_COMPLETED = 13
    EVENT_SENT = 14
    EVENT_RAISED = 15
    CONTINUE_AS_NEW = 16
    SUSPENDED = 19
    RESUMED = 20


# The events that complete a scheduled task, with the field that names the task.
COMPLETIONS = {
    EventType.TASK_COMPLETED: "TaskScheduledId",
    EventType.TASK_FAILED: "TaskScheduledId",
    EventType.SUB_ORCHESTRATION_COMPLETED: "TaskScheduledId",
    EventType.SUB_ORCHESTRATION_FAILED: "TaskScheduledId",
    EventType.TIMER_FIRED: "TimerId",
}
FAILURES = {EventType.TASK_FAILED, EventType.SUB_ORCHESTRATION_FAILED}
SCHEDULED = {
    EventType.TASK_SCHEDULED,
    EventType.SUB_ORCHESTRATION_CREATED,
    EventType.TIMER_CREATED,
    EventType.EVENT_SENT,
}


def event(kind: EventType, at: datetime, event_id: int = -1, **fields: Any) -> Event:
    """Return an event with the four keys that the SDK requires."""
    return {"EventType": int(kind), "EventId": event_id, "IsPlayed": False, "Timestamp": iso(at), **fields}


def execution_started(at: datetime, name: str, text: str | None, instance: str, execution: str) -> Event:
    """Return the event that starts an execution; `text` is the input as JSON, or None."""
    return event(
        EventType.EXECUTION_STARTED,
        at,
        Name=name,
        Input=text,
        Version=None,  # the SDK fails without this key
        OrchestrationInstance={"InstanceId": instance, "ExecutionId": execution},
    )
