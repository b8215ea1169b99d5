"""What the gate cannot do itself: look at landing, wake orchestrations, and find out whether they still live."""

import asyncio
import logging
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from itertools import chain

import azure.durable_functions as df

from activities.boundary import activity, client_activity
from activities.predecessors import reason_to_follow
from activities.roads import road_of
from activities.run_files import source_of
from landfall.config.plan import VanishedError
from landfall.fno.errors import FnoError
from landfall.gate_queue import place_in_line
from landfall.ids import run_id_of
from landfall.ledger.ledger import Ledger, RunNotFoundError
from landfall.records import LANDED, Run, State, lane_of
from landfall.services import Services
from landfall.storage.landing import Arrival, arrivals

bp = df.Blueprint()
log = logging.getLogger("landfall")

PATIENCE = timedelta(minutes=15)
"""How long a run lets earlier files pass. Intake takes seconds, and minutes for gigabytes.

It counts from when the asking run began to wait: times of the earlier file begin anew when the sweeper restarts it.
"""
UnderWay = dict[str, tuple[State, datetime]]
"""What the ledger says of the runs that have not ended."""
BEFORE_TURN = {State.CLAIMED, State.INTAKE, State.WAITING}
"""States of a run that has not had its turn."""
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


@dataclass(frozen=True)
class Idle:
    """Orchestrations that will never give their lane back (`lost`), and those whose call is over (`called`)."""

    lost: tuple[str, ...] = ()
    called: tuple[str, ...] = ()


@dataclass(frozen=True)
class Asking:
    """A run that may go by the gate's queue, and whether it lets earlier files of its lane and of other routes pass."""

    run_id: str
    strict: bool = True
    follows: bool = False


@dataclass(frozen=True)
class Earlier:
    """Whether a run must `wait` for other files, and why its lane is to be held if it has waited too long."""

    wait: bool = False
    hold: str | None = None


@activity(bp, Asking)
def find_earlier(services: Services, asking: Asking) -> Earlier:
    """Whether a file that landed before this run's has not had its turn, or one that its route goes after is not done.

    Nothing else is asked of an earlier run of the lane: whether it is in the gate's queue its row cannot know, since
    messages to the gate may lie still for minutes. The asking run's row says which file it waits for. After a while it
    waits no longer, or one bad file would stop all others.
    """
    run = services.ledger.get(asking.run_id)
    first = None
    waited = services.now() - run.times.get(State.WAITING, services.now())
    if asking.strict and waited < PATIENCE:
        first = next(_coming(services, run), None)
    reason, hold = f"Waits for {first}, which landed before it." if first else None, None
    if first is None and asking.follows:
        terms = services.terms_of(run)
        reason = reason_to_follow(services, run, terms.after)
        if reason and waited >= timedelta(hours=terms.after_wait_hours):
            reason, hold = (None, None) if terms.on_wait == "go" else (reason, reason)
    services.ledger.change(
        run.run_id, run.attempt, lambda row: replace(row, reason=reason) if row.state == State.WAITING else row
    )
    return Earlier(reason is not None, hold)


def _coming(services: Services, waiting: Run) -> Iterator[str]:
    """The files that landed before the run's and have not had their turn in its lane."""
    rank = place_in_line(waiting.times[LANDED], source_of(waiting).name)
    landed = list(arrivals(services.account))
    under_way = services.ledger.under_way()
    earlier = (
        each
        for each in chain(landed, _touched(services, under_way, landed))
        if each.run_id != waiting.run_id
        and place_in_line(each.landed, each.name) < rank
        and _may_share_lane(services, waiting, each.name)
    )
    return (each.name for each in earlier if _is_coming(services, under_way, each.run_id, waiting))


def _touched(services: Services, under_way: UnderWay, landed: list[Arrival]) -> Iterator[Arrival]:
    """The files whose versions are no longer in landing: their runs go on, in the place they had."""
    known = {each.run_id for each in landed}
    for run_id, (state, _) in under_way.items():
        if run_id not in known and state in BEFORE_TURN:
            run = services.ledger.get(run_id)
            if run.source and LANDED in run.times:
                yield Arrival(run_id, run.source.name, run.times[LANDED])


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
async def find_idle(services: Services, instances: Instances, client: df.DurableOrchestrationClient) -> Idle:
    """What the orchestrations among these hold without need."""
    lost, called = [], []
    for each in instances.ids:
        if await is_lost(services.ledger, client, each):
            lost.append(each)
        elif await asyncio.to_thread(_has_called, services, each):
            called.append(each)
    return Idle(tuple(lost), tuple(called))


def _has_called(services: Services, instance: str) -> bool:
    """Whether F&O has the execution for which a run called it. The run may not know: its host may have died meanwhile.

    A killed host's steps lie still for five minutes, and no other run could call F&O for as long.
    """
    try:
        run = services.ledger.get(run_id_of(instance))
        if run.instance_id != instance or run.state != State.SUBMITTING or not run.submission.calls:
            return False
        road_of(run).find(services, run)
    except (RunNotFoundError, VanishedError, FnoError):
        return False
    return True


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


def _may_share_lane(services: Services, run: Run, name: str) -> bool:
    """Whether a file in landing may go to the run's lane, as far as its route and its path tell.

    A part has no run of its own, a file that no route takes goes nowhere, and one whose route is left out waits.
    """
    match = services.plan.match(name)
    if match is None or match.marker or services.plan.reason_to_wait(name):
        return False
    if (match.route.environment or "") != run.environment:
        return False
    data_project = match.route.data_project or (match.route.is_raw and match.route.entity_of(match.captures))
    return not data_project or lane_of(data_project, run.environment) == run.lane


def _is_coming(services: Services, under_way: UnderWay, run_id: str, waiting: Run) -> bool:
    """Whether a file's run has not had its turn in the waiting run's lane. A file without a run will have one."""
    if run_id in under_way:
        state, _ = under_way[run_id]
        if state not in BEFORE_TURN:
            return False
    try:
        earlier = services.ledger.get(run_id)
    except RunNotFoundError:
        return True
    # The file of a run that has ended is about to be deleted.
    return earlier.outcome is None and earlier.lane in {"", waiting.lane}
