"""A durable client without a host: it remembers what it was asked to start, and says what a test tells it to."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import azure.durable_functions as df
from azure.durable_functions.models.DurableOrchestrationStatus import DurableOrchestrationStatus
from azure.durable_functions.models.EntityStateResponse import EntityStateResponse


@dataclass
class FakeClient:
    """`living` are the instances that run, all others ended long ago, with `output`; `gate` is the entity's state."""

    living: set[str] = field(default_factory=set)
    gate: dict[str, Any] | None = None
    output: str | None = None
    purged: list[tuple[datetime, datetime, set[str]]] = field(default_factory=list)
    started: list[tuple[str, str | None, Any]] = field(default_factory=list)

    async def start_new(self, orchestrator: str, instance: str | None, data: Any) -> str:
        """As the durable client does."""
        self.started.append((orchestrator, instance, data))
        return instance or "made up"

    async def get_status(self, instance: str) -> DurableOrchestrationStatus:
        """As the durable client does."""
        runs = df.OrchestrationRuntimeStatus.Running
        failed = df.OrchestrationRuntimeStatus.Failed
        status = runs if instance in self.living else failed
        return DurableOrchestrationStatus(instanceId=instance, runtimeStatus=status, output=self.output)

    async def purge_instance_history_by(
        self, since: datetime, until: datetime, statuses: list[df.OrchestrationRuntimeStatus]
    ) -> None:
        """As the durable client does."""
        self.purged.append((since, until, {each.name for each in statuses}))

    async def read_entity_state(self, entity: df.EntityId) -> EntityStateResponse:
        """As the durable client does."""
        assert (entity.name, entity.key) == ("gate", "default")
        return EntityStateResponse(self.gate is not None, self.gate)
