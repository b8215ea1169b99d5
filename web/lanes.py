"""Lanes over HTTP: who goes to F&O, who waits for whom, and a person's word on lanes that are held."""

from datetime import datetime
from http import HTTPStatus
from typing import Any
from urllib.parse import unquote

import azure.durable_functions as df
import azure.functions as func

from landfall.records import from_json, lane, to_json, utc_now
from landfall.turns import GATE, Hold, Queue
from web.problems import answer, problem

bp = df.Blueprint()


@bp.route(route="lanes", methods=["GET"])
@bp.durable_client_input(client_name="client")
async def list_lanes(req: func.HttpRequest, client: df.DurableOrchestrationClient) -> func.HttpResponse:  # noqa: ARG001
    """Every lane that is held, taken or waited for."""
    queue = await _queue(client)
    return answer({"lanes": [_shown(queue, name) for name in _lanes(queue)]})


@bp.route(route="lanes/{id}/hold", methods=["POST"])
@bp.durable_client_input(client_name="client")
async def hold_lane(req: func.HttpRequest, client: df.DurableOrchestrationClient) -> func.HttpResponse:
    """Let no further run into a lane until it is released; the one that is in it goes on."""
    name = _lane_of(req)
    hold = Hold(name, "a person held it", since=utc_now())
    return await _steer(client, name, "hold", to_json(hold))


@bp.route(route="lanes/{id}/release", methods=["POST"])
@bp.durable_client_input(client_name="client")
async def release_lane(req: func.HttpRequest, client: df.DurableOrchestrationClient) -> func.HttpResponse:
    """Let a held lane go on in order of landing; a further attempt of the run that failed goes first."""
    name, queue = _lane_of(req), await _queue(client)
    if name not in queue.holds:
        return problem(HTTPStatus.CONFLICT, f"lane {name} is not held; GET /api/lanes lists those that are")
    return await _steer(client, name, "release", name)


@bp.route(route="lanes/{id}/skip", methods=["POST"])
@bp.durable_client_input(client_name="client")
async def skip_in_lane(req: func.HttpRequest, client: df.DurableOrchestrationClient) -> func.HttpResponse:
    """Pass over the run that a lane is held for, so that it goes on; else over the first that waits in it."""
    name, queue = _lane_of(req), await _queue(client)
    if queue.skip(name) == queue:
        return problem(HTTPStatus.CONFLICT, f"in lane {name} nothing failed and nothing waits")
    return await _steer(client, name, "skip", name)


def _lane_of(req: func.HttpRequest) -> str:
    """A lane's id is its data project's name; hosts differ in whether they decode a slash in it."""
    return lane(unquote(req.route_params["id"]))


async def _queue(client: df.DurableOrchestrationClient) -> Queue:
    state = await client.read_entity_state(df.EntityId(*GATE))
    return from_json(Queue, (state.entity_state if state.entity_exists else None) or {})


async def _steer(
    client: df.DurableOrchestrationClient, name: str, operation: str, about: Any
) -> func.HttpResponse:
    await client.start_new("steer_gate", None, {"operation": operation, "about": about})
    return answer({"lane": name, "asked": operation}, HTTPStatus.ACCEPTED)


def _lanes(queue: Queue) -> list[str]:
    return sorted({*queue.holders, *queue.holds, *(each.lane for each in queue.waiting)})


def _shown(queue: Queue, name: str) -> dict[str, Any]:
    holder, hold = queue.holders.get(name), queue.holds.get(name)
    return {
        "lane": name,
        "holder": holder and _run_id(holder),
        "calling": holder in queue.callers,
        "held": hold and {"reason": hold.reason, "run_id": _run_id(hold.run), "since": _utc(hold.since)},
        "waiting": [_run_id(each.run) for each in queue.waiting if each.lane == name],
    }


def _run_id(instance: str) -> str | None:
    """The run of an orchestration: a later attempt's has its number behind a dot."""
    return instance.partition(".")[0] or None


def _utc(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None
