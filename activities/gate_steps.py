"""Who landed before whom."""

import asyncio
import logging
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import azure.durable_functions as df

from activities.boundary import activity, client_activity
from activities.run_files import source_of
from landfall.gate_queue import place_in_line
from landfall.ids import run_id_of
from landfall.ledger.ledger import Ledger, RunNotFoundError
from landfall.records import LANDED, State, Step
from landfall.services import Services
from landfall.storage.landing import arrivals

bp = df.Blueprint()

STUCK = timedelta(minutes=15)
"""Intake takes seconds, minutes for gigabytes. What takes longer has been picked up three times by the sweeper."""
NOT_AT_THE_GATE = {State.CLAIMED, State.INTAKE}
ENTERS = timedelta(seconds=10)
"""How long after intake a run is at the gate at the latest; until then its row says that it waits, and it may not yet."""


@activity(bp, Step)
def find_earlier(services: Services, step: Step) -> bool:
    """Whether a file that landed before this run's is still on its way to the gate.

    What takes longer than intake can is waited for no more, or one bad file would stop all others.
    """
    run = services.ledger.get(step.run_id)
    mine = place_in_line(run.times[LANDED], source_of(run).name)
    earlier = [
        each
        for each in arrivals(services.account)
        if place_in_line(each.landed, each.name) < mine and not services.plan.is_part(each.name)
    ]
    under_way = services.ledger.under_way() if earlier else {}
    return any(_is_coming(services, under_way, each.run_id, run.lane) for each in earlier)


def _is_coming(
    services: Services, under_way: dict[str, tuple[State, datetime]], run_id: str, lane: str
) -> bool:
    if run_id in under_way:
        state, changed = under_way[run_id]
        age = services.now() - changed
        if state == State.WAITING and age < ENTERS:
            return services.ledger.get(run_id).lane == lane
        return state in NOT_AT_THE_GATE and age < STUCK
    try:
        services.ledger.get(run_id)
    except RunNotFoundError:
        return True
    return False  # it has ended, and its file is about to be deleted


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


@client_activity(bp, Sleepers)
async def wake(
    services: Services,  # noqa: ARG001  as every activity takes them
    sleepers: Sleepers,
    client: df.DurableOrchestrationClient,
) -> None:
    """Raise the events; one that cannot be raised only costs its run the time until it asks again."""
    for instance, event in sleepers.events.items():
        try:
            await client.raise_event(instance, event, "go")
        except Exception as error:  # noqa: BLE001  all that the durable client raises
            log.info("%s was not woken: %s", instance, error)


@client_activity(bp, Instances)
async def find_lost(
    services: Services, instances: Instances, client: df.DurableOrchestrationClient
) -> Instances:
    """Those of these orchestrations that will not give their lane back any more."""
    lost = [each for each in instances.ids if await is_lost(services.ledger, client, each)]
    return Instances(tuple(lost))


async def is_lost(ledger: Ledger, client: df.DurableOrchestrationClient, instance: str) -> bool:
    """Whether an orchestration has ended, however it did, or was purged, and its run is over too.

    A run that is not over keeps its lane: F&O may still be executing it, and the sweeper starts it again.
    """
    if (await client.get_status(instance)).runtime_status not in ENDED:
        return False
    try:
        run = await asyncio.to_thread(ledger.get, run_id_of(instance))
    except RunNotFoundError:
        return True
    return run.instance_id != instance or run.outcome is not None
