"""Environments over HTTP: whether runs may go to each F&O, and holding and releasing one."""

import asyncio
from collections import Counter
from datetime import datetime
from http import HTTPStatus
from typing import Literal

import azure.durable_functions as df

from landfall.claims import start_once
from landfall.config.freezes import Window, windows_after
from landfall.config.types import Environment
from landfall.ids import guard_id
from landfall.ledger.lane_log import LaneAction
from landfall.records import UNNAMED, Closure, State, utc_now
from landfall.services import Services, app_services
from web.access import Role, person
from web.endpoints import Call, Endpoint, endpoint
from web.lanes import steer
from web.models import Reason, ResponseModel
from web.problems import ProblemError

bp = df.Blueprint()

WINDOWS = 3
"""Coming freezes that an environment shows."""
Standing = Literal["available", "unavailable", "held", "frozen"]


class EnvironmentView(ResponseModel):
    """An F&O environment, and whether runs may go there."""

    name: str
    """Its name in landfall.yaml; `fno` for the one that the FNO_* settings describe."""
    url: str
    state: Standing
    """`unavailable` while F&O or the way to it lets nothing in, `held` by a person, `frozen` by landfall.yaml."""
    reason: str | None
    since: datetime | None
    until: datetime | None
    """When the freeze ends."""
    held_by: str | None
    excepted: tuple[str, ...]
    """Routes and exports that go on while it is frozen."""
    waiting: int
    """Runs that wait for their turn."""
    paused_seconds: float
    """How long F&O has asked Landfall to wait (429)."""
    coming: tuple[Window, ...]
    """The next times in which it is frozen, the earliest first."""


class EnvironmentList(ResponseModel):
    """Every environment that is not left out."""

    environments: tuple[EnvironmentView, ...]


def _steering(action: str, *refusals: HTTPStatus) -> Endpoint:
    """The declaration of a route with which a person steers an environment."""
    return Endpoint(
        "POST",
        f"environments/{{id}}/{action}",
        {HTTPStatus.ACCEPTED: [EnvironmentView]},
        role=Role.OPERATE,
        named=Environment,
        body=Reason,
        refusals=frozenset(refusals),
    )


@endpoint(bp, Endpoint("GET", "environments", {HTTPStatus.OK: [EnvironmentList]}))
def list_environments(call: Call) -> EnvironmentList:  # noqa: ARG001
    """List the F&O environments: whether runs may go there, why not, and when they are frozen next."""
    return EnvironmentList(environments=show_environments(app_services()))


@endpoint(bp, _steering("hold"))
async def hold_environment(call: Call) -> EnvironmentView:
    """Let nothing go to an environment until somebody releases it. What F&O has goes on; files wait, and none fails."""
    services, name = app_services(), _name(app_services(), call.id)
    why = call.body.reason or "no reason was given"
    held = await asyncio.to_thread(
        services.ledger.circuits.change,
        name,
        lambda circuit: circuit if circuit.who else circuit.hold(person(call.who.name), why, services.now()),
    )
    await start_once(call.client.start_new, "guard_environment", guard_id(name), {"environment": name})
    return await _recorded(call, services, held.environment, "hold")


@endpoint(bp, _steering("release", HTTPStatus.CONFLICT))
async def release_environment(call: Call) -> EnvironmentView:
    """Let runs go to an environment again, in the order of landing. An outage that is not over closes it again."""
    services, name = app_services(), _name(app_services(), call.id)
    circuit = await asyncio.to_thread(services.ledger.circuits.get, name)
    if not circuit.is_open:
        detail = f"Environment {call.id} is not held. GET /api/environments shows each one's state."
        raise ProblemError(HTTPStatus.CONFLICT, detail)
    await asyncio.to_thread(services.ledger.circuits.change, name, lambda circuit: circuit.close(services.now()))
    await steer(call.client, "open", name)
    return await _recorded(call, services, name, "release")


async def _recorded(call: Call, services: Services, name: str, what: str) -> EnvironmentView:
    """The environment, after the ledger has noted who did what."""
    action = LaneAction(utc_now(), f"environment {name or UNNAMED}", call.who.name, what, call.body.reason)
    await asyncio.to_thread(services.ledger.lane_log.add, action)
    shown = await asyncio.to_thread(show_environments, services)
    return next(each for each in shown if each.name == (name or UNNAMED))


def _name(services: Services, shown: str) -> str:
    """The environment's name in landfall.yaml; raises ProblemError for one that is not there."""
    name = shown if shown in services.environments else ""
    if name not in services.environments or shown not in {name, UNNAMED}:
        raise ProblemError(HTTPStatus.NOT_FOUND, f"There is no environment {shown}.")
    return name


def show_environments(services: Services) -> tuple[EnvironmentView, ...]:
    """Every environment as the API shows it."""
    waiting = Counter(run for run, state in _states(services) if state == State.WAITING)
    return tuple(_shown(services, name, waiting[name]) for name in services.environments)


def _states(services: Services) -> list[tuple[str, State]]:
    """The environment and state of each run that has not ended. A lane's name begins with its environment's."""
    names = sorted(filter(None, services.environments), key=len, reverse=True)
    return [
        (next((name for name in names if lane.startswith(f"{name.casefold()}: ")), ""), state)
        for state, outcome, lane in services.ledger.lists.open_states()
        if outcome is None
    ]


def _shown(services: Services, name: str, waiting: int) -> EnvironmentView:
    closure, client = services.closure(name), services.environments[name]
    return EnvironmentView(
        name=name or UNNAMED,
        url=client.origin,
        state=standing_of(closure),
        reason=closure.reason if closure else None,
        since=closure.since if closure else None,
        until=closure.until if closure else None,
        held_by=(closure.held_by or None) if closure else None,
        excepted=closure.excepted if closure else (),
        waiting=waiting,
        paused_seconds=client.paused_seconds,
        coming=tuple(windows_after(services.plan.freeze, name, services.now(), WINDOWS)),
    )


def standing_of(closure: Closure | None) -> Standing:
    """One word for what keeps runs from an environment."""
    if closure is None:
        return "available"
    return "frozen" if closure.until else "held" if closure.held_by else "unavailable"
