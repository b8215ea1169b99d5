"""Lanes over HTTP: who goes to F&O, who waits for whom, and a person's word on lanes that are held."""

import asyncio
from datetime import datetime
from http import HTTPStatus
from typing import Annotated, Any

import azure.durable_functions as df
from pydantic import StringConstraints

from landfall.gate_queue import GATE, Hold, Queue
from landfall.ids import run_id_of
from landfall.ledger.lane_log import LaneAction
from landfall.records import from_json, lane_of, to_json, utc_now
from landfall.services import app_services
from web.access import Role
from web.endpoints import Call, Endpoint, endpoint
from web.models import Given, Reason
from web.problems import ProblemError

bp = df.Blueprint()

LaneId = Annotated[str, StringConstraints(min_length=1, max_length=200)]
SHOWN_ACTIONS = 20


class Held(Given):
    """Why a lane stands still."""

    reason: str
    run_id: str | None
    """The run that failed; null when a person held it."""
    since: datetime | None


class LaneView(Given):
    """A data project, in which one run goes at a time."""

    lane: str
    holder: str | None
    """The run that is with F&O."""
    calling: bool
    """Whether it is making the call of which only so many may be made at once."""
    held: Held | None
    waiting: tuple[str, ...]
    """The runs that wait, the next one first."""


class LaneList(Given):
    """Every lane that is held, taken or waited for."""

    lanes: tuple[LaneView, ...]
    history: tuple[LaneAction, ...]
    """What people did about lanes lately, the newest first."""


class Asked(Given):
    """What was asked of the gate, which does it within a second or so."""

    lane: str
    asked: str


def steering(action: str, *refusals: HTTPStatus) -> Endpoint:
    """The declaration of a route by which a person steers a lane."""
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
    """List every lane that is held, taken or waited for."""
    queue = await read_queue(call.client)
    history = await asyncio.to_thread(app_services().ledger.lane_log.latest, SHOWN_ACTIONS)
    return LaneList(lanes=tuple(_shown(queue, name) for name in _lanes(queue)), history=tuple(history))


@endpoint(bp, steering("hold"))
async def hold_lane(call: Call) -> Asked:
    """Let no further run into a lane until it is released; the one that is in it goes on."""
    reason = f"{call.who.name} held it" + (f": {call.body.reason}" if call.body.reason else "")
    return await _steer(call, "hold", to_json(Hold(lane_of(call.id), reason, since=utc_now())))


@endpoint(bp, steering("release", HTTPStatus.CONFLICT))
async def release_lane(call: Call) -> Asked:
    """Let a held lane go on in order of landing; a further attempt of the run that failed goes first."""
    if lane_of(call.id) not in (await read_queue(call.client)).holds:
        said = f"lane {call.id} is not held; GET /api/lanes lists those that are"
        raise ProblemError(HTTPStatus.CONFLICT, said)
    return await _steer(call, "release", lane_of(call.id))


@endpoint(bp, steering("skip", HTTPStatus.CONFLICT))
async def skip_in_lane(call: Call) -> Asked:
    """Pass over the run that a lane is held for, so that it goes on; else over the first that waits in it."""
    queue = await read_queue(call.client)
    if queue.skip(lane_of(call.id)) == queue:
        raise ProblemError(HTTPStatus.CONFLICT, f"in lane {call.id} nothing failed and nothing waits")
    return await _steer(call, "skip", lane_of(call.id))


async def read_queue(client: df.DurableOrchestrationClient) -> Queue:
    """The gate's queue as it stands."""
    state = await client.read_entity_state(df.EntityId(*GATE))
    return from_json(Queue, (state.entity_state if state.entity_exists else None) or {})


async def steer(client: df.DurableOrchestrationClient, operation: str, about: Any) -> None:
    """Have the gate do something."""
    await client.start_new("steer_gate", None, {"operation": operation, "about": about})


async def _steer(call: Call, operation: str, about: Any) -> Asked:
    name = lane_of(call.id)
    action = LaneAction(utc_now(), name, call.who.name, operation, call.body.reason)
    await asyncio.to_thread(app_services().ledger.lane_log.add, action)
    await steer(call.client, operation, about)
    return Asked(lane=name, asked=operation)


def _lanes(queue: Queue) -> list[str]:
    return sorted({*queue.holders, *queue.holds, *(each.lane for each in queue.waiting)})


def _shown(queue: Queue, name: str) -> LaneView:
    holder, hold = queue.holders.get(name), queue.holds.get(name)
    return LaneView(
        lane=name,
        holder=run_id_of(holder) if holder else None,
        calling=holder in queue.callers,
        held=Held(reason=hold.reason, run_id=run_id_of(hold.run) or None, since=hold.since) if hold else None,
        waiting=tuple(run_id_of(each.run) for each in queue.waiting if each.lane == name),
    )
