"""Runs at the gate are woken, and lost ones found."""

import asyncio
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import azure.durable_functions as df

from activities.waking import find_lost, wake


def body(builder: Any) -> Callable[..., Any]:
    """The function beneath the decorators."""
    function = builder._function.get_user_function()
    beneath: Callable[..., Any] = getattr(function, "client_function", function)
    return beneath


class Client:
    """A durable client that knows some orchestrations."""

    def __init__(self, **statuses: df.OrchestrationRuntimeStatus) -> None:
        self.statuses = statuses
        self.raised: list[tuple[str, str]] = []

    async def raise_event(self, instance: str, event: str, _: Any) -> None:
        """As Durable does: unknown instances are an error."""
        if instance not in self.statuses:
            raise RuntimeError(f"no instance {instance}")
        self.raised.append((instance, event))

    async def get_status(self, instance: str) -> Any:
        """As Durable does: unknown instances have no status."""
        return SimpleNamespace(runtime_status=self.statuses.get(instance))


RUNNING = df.OrchestrationRuntimeStatus.Running


def test_each_sleeper_hears_its_own_event() -> None:
    """One that cannot be woken keeps nobody else asleep."""
    client = Client(a=RUNNING, b=RUNNING)
    asyncio.run(body(wake)({"events": {"a": "e1", "gone": "e2", "b": "e3"}}, client))
    assert client.raised == [("a", "e1"), ("b", "e3")]


def test_those_that_ended_are_lost() -> None:
    """However they ended, and those that nobody knows; not those that run, wait to run or start anew."""
    status = df.OrchestrationRuntimeStatus
    client = Client(
        a=status.Completed,
        b=status.Failed,
        c=status.Terminated,
        d=status.Running,
        e=status.Pending,
        f=status.ContinuedAsNew,
        g=status.Suspended,
    )
    answer = asyncio.run(body(find_lost)({"ids": [*"abcdefg", "unknown"]}, client))
    assert answer == {"ids": ["a", "b", "c", "unknown"]}
