"""Lanes over HTTP: the run that F&O has, the runs that wait, and holding, releasing and skipping."""

import asyncio
from datetime import datetime, timedelta
from http import HTTPStatus
from itertools import islice
from typing import Annotated, Any

import azure.durable_functions as df
from pydantic import StringConstraints

from landfall.gate_queue import GATE, Hold, Queue, Release
from landfall.ids import run_id_of
from landfall.ledger.lane_log import LaneAction, LaneLog
from landfall.ledger.ledger import Ledger
from landfall.records import Run, from_json, lane_of, to_json, utc_now
from landfall.services import app_services
from web.access import Role, person
from web.endpoints import Call, Endpoint, endpoint
from web.models import Reason, ResponseModel
from web.problems import ProblemError

bp = df.Blueprint()

LaneId = Annotated[str, StringConstraints(min_length=1, max_length=200)]
SHOWN_ACTIONS = 20
SHOWN_ASIDE = 20
ON_ITS_WAY = timedelta(minutes=1)
"""How long ago a hold may have been asked for that the gate does not show yet."""


class Held(ResponseModel):
    """Why a lane is held."""

    reason: str
    run_id: str | None
    """The run that failed; null if a person holds the lane."""
    since: datetime | None


class Aside(ResponseModel):
    """A run that lets an earlier file pass, since its route has `order: strict`. It asks again every two seconds."""

    run_id: str
    reason: str | None
    """Which file it waits for."""


class LaneView(ResponseModel):
    """A data project, of which F&O runs one execution at a time."""

    lane: str
    holder: str | None
    """The run that F&O has."""
    calling: bool
    """Whether it is calling F&O to start its execution. Only a limited number of runs do so at once."""
    held: Held | None
    waiting: tuple[str, ...]
    """The waiting runs, the next one first."""
    aside: tuple[Aside, ...]
    """Runs that wait for a file that landed before theirs and is not in the queue."""


class LaneList(ResponseModel):
    """Every lane with a hold, a run in F&O or a waiting run."""

    lanes: tuple[LaneView, ...]
    history: tuple[LaneAction, ...]
    """The latest actions of people on lanes, the newest first."""


class Asked(ResponseModel):
    """What the gate was asked to do. It does so within about a second."""

    lane: str
    asked: str


def _steering(action: str, *refusals: HTTPStatus) -> Endpoint:
    """The declaration of a route with which a person steers a lane."""
    return Endpoint(
        "POST",
        f"lanes/{{id}}/{action}",
        {HTTPStatus.ACCEPTED: [Asked]},
        role=Role.OPERATE,
        named=LaneId,
        body=Reason,
        refusals=frozenset(refusals),
    )


@endpoint(bp, Endpoint("GET", "lanes", {HTTPStatus.OK: [LaneList]}))
async def list_lanes(call: Call) -> LaneList:
    """List every lane with a hold, a run in F&O or a waiting run."""
    queue = await read_queue(call.client)
    return await asyncio.to_thread(show_lanes, app_services().ledger, queue)


@endpoint(bp, _steering("hold"))
async def hold_lane(call: Call) -> Asked:
    """Let no further run into a lane until somebody releases it. The run that F&O has goes on."""
    reason = f"{person(call.who.name)} held the lane" + (f": {call.body.reason}" if call.body.reason else "")
    return await _steer(call, "hold", "hold", to_json(Hold(lane_of(call.id), reason, since=utc_now())))


@endpoint(bp, _steering("release", HTTPStatus.CONFLICT))
async def release_lane(call: Call) -> Asked:
    """Let a held lane go on in arrival order. A new attempt of the run that failed goes first."""
    name = lane_of(call.id)
    held = name in (await read_queue(call.client)).holds
    if not held and not await asyncio.to_thread(is_about_to_be_held, app_services().ledger.lane_log, name):
        detail = f"Lane {call.id} is not held. GET /api/lanes lists the lanes that are."
        raise ProblemError(HTTPStatus.CONFLICT, detail)
    return await _steer(call, "release", "grant", to_json(Release(name, utc_now())))


@endpoint(bp, _steering("skip", HTTPStatus.CONFLICT))
async def skip_in_lane(call: Call) -> Asked:
    """Skip the failed run that a lane is held for, so that the lane goes on; otherwise skip the first waiting run."""
    await skip_next(call)
    return Asked(lane=lane_of(call.id), asked="skip")


async def skip_next(call: Call) -> str:
    """Skip a run of the lane and return its id; raises ProblemError if there is none to skip."""
    queue, name = await read_queue(call.client), lane_of(call.id)
    hold, first = queue.holds.get(name), queue.next_waiting(name)
    if hold and hold.run:
        # By its id, so that two clicks on one button do not skip the run behind it too.
        await _steer(call, "skip", "forgive", hold.run)
        return run_id_of(hold.run)
    if first is None:
        raise ProblemError(HTTPStatus.CONFLICT, f"Lane {call.id} has no failed and no waiting run to skip.")
    await _steer(call, "skip", "skip", name)
    return run_id_of(first)


def is_about_to_be_held(log: LaneLog, lane: str) -> bool:
    """Whether a hold of the lane was asked for a moment ago, so that it may not have reached the gate yet."""
    recent = (each.what for each in log.since(utc_now() - ON_ITS_WAY) if each.lane == lane)
    return next((what for what in recent if what != "skip"), None) == "hold"


async def read_queue(client: df.DurableOrchestrationClient) -> Queue:
    """The gate's present queue."""
    state = await client.read_entity_state(df.EntityId(*GATE))
    return from_json(Queue, (state.entity_state if state.entity_exists else None) or {})


async def steer(client: df.DurableOrchestrationClient, operation: str, about: Any) -> None:
    """Have the gate carry out an operation of its queue."""
    await client.start_new("steer_gate", None, {"operation": operation, "about": about})


async def _steer(call: Call, asked: str, operation: str, about: Any) -> Asked:
    """Record what a person asked for, and have the gate carry out its operation."""
    name = lane_of(call.id)
    action = LaneAction(utc_now(), name, call.who.name, asked, call.body.reason)
    await asyncio.to_thread(app_services().ledger.lane_log.add, action)
    await steer(call.client, operation, about)
    return Asked(lane=name, asked=asked)


def lanes_of(queue: Queue) -> list[str]:
    """The names of all lanes with a hold, a run in F&O or a waiting run."""
    return sorted({*queue.holders, *queue.holds, *(each.lane for each in queue.waiting)})


def show_lanes(ledger: Ledger, queue: Queue) -> LaneList:
    """The lanes of the queue, and those in which a run has stepped aside."""
    queued = {run_id_of(run) for run in (*queue.holders.values(), *(each.run for each in queue.waiting))}
    beside = {run_id: lane for run_id, lane in ledger.lists.waiting().items() if run_id not in queued}
    runs = [run for run_id in islice(beside, SHOWN_ASIDE) if (run := ledger.get(run_id)).reason]  # others just enter
    names = sorted({*lanes_of(queue), *(run.lane for run in runs)})
    return LaneList(
        lanes=tuple(_shown(queue, name, [run for run in runs if run.lane == name]) for name in names),
        history=tuple(ledger.lane_log.latest(SHOWN_ACTIONS)),
    )


def _shown(queue: Queue, name: str, aside: list[Run]) -> LaneView:
    holder, hold = queue.holders.get(name), queue.holds.get(name)
    return LaneView(
        lane=name,
        holder=run_id_of(holder) if holder else None,
        calling=holder in queue.callers,
        held=Held(reason=hold.reason, run_id=run_id_of(hold.run) or None, since=hold.since) if hold else None,
        waiting=tuple(run_id_of(each.run) for each in queue.waiting if each.lane == name),
        aside=tuple(Aside(run_id=run.run_id, reason=run.reason) for run in aside),
    )
