"""What the gate cannot do itself: look at landing, wake orchestrations, and find out whether they still live."""

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
log = logging.getLogger("landfall")

STUCK = timedelta(minutes=15)
"""Intake takes seconds, and minutes for gigabytes. By then the sweeper has restarted it three times."""
BEFORE_GATE = {State.CLAIMED, State.INTAKE}
ENTERS = timedelta(seconds=10)
"""A run reaches the gate this long after intake at the latest. Its row says Waiting a moment before it does."""
ENDED = {
    None,
    df.OrchestrationRuntimeStatus.Completed,
    df.OrchestrationRuntimeStatus.Failed,
    df.OrchestrationRuntimeStatus.Terminated,
    df.OrchestrationRuntimeStatus.Canceled,
}


@dataclass(frozen=True)
class Sleepers:
    """Orchestrations that wait, and the event that each waits for."""

    events: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Instances:
    """Ids of orchestrations."""

    ids: tuple[str, ...]


@activity(bp, Step)
def find_earlier(services: Services, step: Step) -> bool:
    """Whether a file that landed before this run's is still on its way to the gate.

    A file that takes longer than intake can is no longer waited for, or one bad file would stop all others.
    """
    run = services.ledger.get(step.run_id)
    rank = place_in_line(run.times[LANDED], source_of(run).name)
    earlier = [
        each
        for each in arrivals(services.account)
        if place_in_line(each.landed, each.name) < rank
        and not services.plan.is_part(each.name)
        and not services.plan.reason_to_wait(each.name)
    ]
    under_way = services.ledger.under_way() if earlier else {}
    return any(_is_coming(services, under_way, each.run_id, run.lane) for each in earlier)


@client_activity(bp, Sleepers)
async def wake(
    services: Services,  # noqa: ARG001  as every activity takes them
    sleepers: Sleepers,
    client: df.DurableOrchestrationClient,
) -> None:
    """Raise the events. A run whose event cannot be raised asks again by itself, a little later."""
    for instance, event in sleepers.events.items():
        try:
            await client.raise_event(instance, event, "go")
        except Exception as error:  # noqa: BLE001  all that the durable client raises
            log.info("could not wake %s: %s", instance, error)


@client_activity(bp, Instances)
async def find_lost(services: Services, instances: Instances, client: df.DurableOrchestrationClient) -> Instances:
    """The orchestrations among these that will never give their lane back."""
    lost = [each for each in instances.ids if await is_lost(services.ledger, client, each)]
    return Instances(tuple(lost))


async def is_lost(ledger: Ledger, client: df.DurableOrchestrationClient, instance: str) -> bool:
    """Whether an orchestration has ended or was purged, and its run is over too.

    A run that is not over keeps its lane: F&O may still be executing it, and the sweeper starts it again.
    """
    if (await client.get_status(instance)).runtime_status not in ENDED:
        return False
    try:
        run = await asyncio.to_thread(ledger.get, run_id_of(instance))
    except RunNotFoundError:
        return True
    return run.instance_id != instance or run.outcome is not None


def _is_coming(services: Services, under_way: dict[str, tuple[State, datetime]], run_id: str, lane: str) -> bool:
    if run_id in under_way:
        state, changed = under_way[run_id]
        age = services.now() - changed
        if state == State.WAITING and age < ENTERS:
            return services.ledger.get(run_id).lane == lane
        return state in BEFORE_GATE and age < STUCK
    try:
        services.ledger.get(run_id)
    except RunNotFoundError:
        return True
    return False  # the run has ended, and its file is about to be deleted
