"""What the gate cannot do by itself: wake orchestrations, and find out whether they still live."""

import asyncio
import logging
from dataclasses import dataclass, field
from typing import Any

import azure.durable_functions as df

from landfall.ledger import Ledger, RunNotFoundError
from landfall.records import from_json
from landfall.services import services

bp = df.Blueprint()
log = logging.getLogger("landfall")

ENDED = {
    None,
    df.OrchestrationRuntimeStatus.Completed,
    df.OrchestrationRuntimeStatus.Failed,
    df.OrchestrationRuntimeStatus.Terminated,
    df.OrchestrationRuntimeStatus.Canceled,
}


@dataclass(frozen=True)
class Sleepers:
    """Orchestrations that wait, and the event each of them waits for."""

    events: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Instances:
    """Ids of orchestrations."""

    ids: tuple[str, ...]


@bp.activity_trigger(input_name="data")
@bp.durable_client_input(client_name="client")
async def wake(data: Any, client: df.DurableOrchestrationClient) -> None:
    """Raise the events; one that cannot be raised only costs its run the time until it asks again."""
    for instance, event in from_json(Sleepers, data).events.items():
        try:
            await client.raise_event(instance, event, "go")
        except Exception as error:  # noqa: BLE001  all that the durable client raises
            log.info("%s was not woken: %s", instance, error)


@bp.activity_trigger(input_name="data")
@bp.durable_client_input(client_name="client")
async def find_lost(data: Any, client: df.DurableOrchestrationClient) -> dict[str, list[str]]:
    """Those of these orchestrations that will not give their lane back any more."""
    ledger = services().ledger
    return {"ids": [each for each in from_json(Instances, data).ids if await is_lost(ledger, client, each)]}


async def is_lost(ledger: Ledger, client: df.DurableOrchestrationClient, instance: str) -> bool:
    """Whether an orchestration has ended, however it did, or was purged, and its run is over too.

    A run that is not over keeps its lane: F&O may still be executing it, and the sweeper starts it again.
    """
    if (await client.get_status(instance)).runtime_status not in ENDED:
        return False
    try:
        run = await asyncio.to_thread(ledger.get, instance.partition(".")[0])
    except RunNotFoundError:
        return True
    return run.instance_id != instance or run.outcome is not None
