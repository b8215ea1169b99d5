"""The health of the app for a monitor: 200 if every check passes, 503 with the failing checks otherwise."""

import asyncio
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import timedelta
from functools import partial
from http import HTTPStatus
from typing import Literal

import azure.durable_functions as df
import azure.functions as func

from landfall.config.plan_file import SettingsError
from landfall.config.schedules import latest_slot
from landfall.connection_check import Step, way_through_fno, way_to_token
from landfall.fno import FnoClient
from landfall.fno.redaction import scrub
from landfall.services import Services, app_services
from web.endpoints import JSON, Call, Endpoint, endpoint
from web.models import ResponseModel

bp = df.Blueprint()

PATIENCE_SECONDS = 20.0
"""How long one check may take: less than a monitor waits for the response."""


class Check(ResponseModel):
    """The result of one check."""

    name: str
    """`settings`, `storage`, `sweep`, `functions`, `fno_circuit`, `fno_token` or `fno_metadata`; the last three of a
    named environment have its name after a colon."""
    ok: bool
    detail: str
    """What the check found, in words."""
    seconds: float


class Health(ResponseModel):
    """The health of the app."""

    status: Literal["ok", "failing"]
    checks: tuple[Check, ...]


@endpoint(bp, Endpoint("GET", "health", {HTTPStatus.OK: [Health], HTTPStatus.SERVICE_UNAVAILABLE: [Health]}))
async def get_health(call: Call) -> func.HttpResponse:  # noqa: ARG001
    """Check settings, storage, the connection to F&O and the last sweep, all at once."""
    try:
        services = await asyncio.to_thread(app_services)
    except SettingsError as error:
        found = Health(status="failing", checks=(Check(name="settings", ok=False, detail=str(error), seconds=0),))
    else:
        found = await check(services)
    status = HTTPStatus.OK if found.status == "ok" else HTTPStatus.SERVICE_UNAVAILABLE
    return func.HttpResponse(found.model_dump_json(), status_code=status, mimetype=JSON)


async def check(services: Services) -> Health:
    """Run every check at once, each for `PATIENCE_SECONDS` at most. Returns all results."""
    checks: dict[str, Callable[[], str]] = {
        "storage": partial(_storage, services),
        "sweep": partial(_sweep, services),
        "functions": partial(_functions, services),
    }
    for environment, fno in services.environments.items():
        suffix = f": {environment}" if environment else ""
        checks[f"fno_circuit{suffix}"] = partial(_circuit, services, environment)
        checks[f"fno_token{suffix}"] = partial(_token, fno)
        checks[f"fno_metadata{suffix}"] = partial(_metadata, fno, services.plan.transfer.hosts)
    results = await asyncio.gather(*(_run(name, find) for name, find in checks.items()))
    results = [_settings(services.mistakes), *results]
    return Health(status="ok" if all(each.ok for each in results) else "failing", checks=tuple(results))


def _settings(mistakes: Sequence[str]) -> Check:
    detail = scrub("\n".join(mistakes)) if mistakes else "nothing is left out"
    return Check(name="settings", ok=not mistakes, detail=detail, seconds=0)


async def _run(name: str, find: Callable[[], str]) -> Check:
    start = time.monotonic()
    try:
        detail, ok = await asyncio.wait_for(asyncio.to_thread(find), PATIENCE_SECONDS), True
    except TimeoutError:
        detail, ok = f"no answer within {PATIENCE_SECONDS:g} seconds", False
    except Exception as error:  # noqa: BLE001  a monitor wants to know of every failure
        detail, ok = scrub(f"{type(error).__name__}: {error}".splitlines()[0]), False
    return Check(name=name, ok=ok, detail=detail, seconds=round(time.monotonic() - start, 3))


def _storage(services: Services) -> str:
    services.account.blobs.get_container_client("landing").get_container_properties()
    return f"landing and ledger are reachable; {sum(1 for _ in services.ledger.lists.open_states())} runs are open"


def _circuit(services: Services, environment: str) -> str:
    closure = services.closure(environment)
    if closure and not closure.held_by and not closure.until:
        raise ConnectionError(closure.words)
    return closure.words if closure else "runs may go to F&O"


def _token(fno: FnoClient) -> str:
    return _last_finding(way_to_token(fno))


def _metadata(fno: FnoClient, hosts: tuple[str, ...]) -> str:
    return _last_finding(way_through_fno(fno, hosts))


def _last_finding(steps: Iterator[Step]) -> str:
    """What the last step found; raises ConnectionError that names the step that fails and what to do."""
    finding = ""
    for step in steps:
        finding = step.said
        if not step.ok:
            raise ConnectionError(f"{step.name}: {finding}")
    return finding


def _sweep(services: Services) -> str:
    # The latest sweep that was due may still be running, so it is not expected here.
    last = services.ledger.sweeps.last()
    if last is None:
        return "no sweep yet"
    schedule = services.plan.sweeper.schedule
    due = latest_slot(schedule, latest_slot(schedule, services.now()) - timedelta(seconds=1))
    if last < due:
        raise LookupError(f"the last sweep ran at {last:%Y-%m-%d %H:%M:%S} UTC, and two have been due since")
    return f"the last sweep ran at {last:%Y-%m-%d %H:%M:%S} UTC"


def _functions(services: Services) -> str:
    # The app cannot ask the host. It learns that a function is disabled when a run calls it, and the sweeper says so.
    if missing := services.ledger.sweeps.missing():
        raise LookupError(
            f"the host has disabled {', '.join(missing)}, which runs need; the log of its start says why, and the runs "
            "go on once it has them"
        )
    return "no run has missed a function"
