"""Runs at the gate are woken, and lost ones found."""

import asyncio
from types import SimpleNamespace
from typing import Any

import azure.durable_functions as df

from activities.gate_steps import Sleepers, is_lost, wake
from landfall.ledger.ledger import RunNotFoundError
from landfall.records import Outcome, Run, State


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


NO_SERVICES: Any = None
RUNNING = df.OrchestrationRuntimeStatus.Running


def test_each_sleeper_hears_its_own_event() -> None:
    """One that cannot be woken keeps nobody else asleep."""
    client = Client(a=RUNNING, b=RUNNING)
    asyncio.run(wake(NO_SERVICES, Sleepers({"a": "e1", "gone": "e2", "b": "e3"}), client))  # type: ignore[arg-type]
    assert client.raised == [("a", "e1"), ("b", "e3")]


def lost(client: Client, ledger: Any, *instances: str) -> list[str]:
    """Those that will not give their lane back."""
    return [each for each in instances if asyncio.run(is_lost(ledger, client, each))]  # type: ignore[arg-type]


def no_run(run_id: str) -> Any:
    """A ledger's answer about runs that nobody claimed."""
    raise RunNotFoundError(run_id)


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
    assert lost(client, SimpleNamespace(get=no_run), *"abcdefg", "unknown") == ["a", "b", "c", "unknown"]


def test_a_run_that_is_not_over_keeps_its_lane() -> None:
    """F&O may still be executing it, whatever became of its orchestration; an attempt that was replaced is over."""
    over = Run("imp-1", "import", State.DONE, outcome=Outcome.FAILED)
    under_way = Run("imp-2", "import", State.RUNNING, attempt=2)
    ledger = SimpleNamespace(get={"imp-1": over, "imp-2": under_way}.__getitem__)
    assert lost(Client(), ledger, "imp-1", "imp-2", "imp-2.2") == ["imp-1", "imp-2"]
