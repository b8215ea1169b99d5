"""How the app is, for a monitor: 200 when all is well, 503 when something is not, and what."""

import asyncio
import os
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from functools import partial
from http import HTTPStatus
from typing import Literal

import azure.durable_functions as df
import azure.functions as func

from landfall.config.schedules import latest_slot, resolve_schedule
from landfall.connection_check import Step, way_through_fno, way_to_token
from landfall.fno import FnoClient
from landfall.fno.redaction import scrub
from landfall.services import Services, app_services
from web.endpoints import JSON, Call, Endpoint, endpoint
from web.models import Given

bp = df.Blueprint()

PATIENCE_SECONDS = 20.0
"""How long one thing is waited for: less than a monitor waits for the answer."""


class Check(Given):
    """One thing that was looked at."""

    name: str
    """`storage`, `sweep`, `fno_token` or `fno_metadata`; an environment that landfall.yaml names stands behind a colon."""
    ok: bool
    detail: str
    """What was found, in words."""
    seconds: float


class Health(Given):
    """How the app is."""

    status: Literal["ok", "failing"]
    checks: tuple[Check, ...]


@endpoint(bp, Endpoint("GET", "health", {HTTPStatus.OK: [Health], HTTPStatus.SERVICE_UNAVAILABLE: [Health]}))
async def get_health(call: Call) -> func.HttpResponse:  # noqa: ARG001
    """Look at storage, at the way to F&O and at the last sweep, all at once."""
    found = await look(app_services())
    status = HTTPStatus.OK if found.status == "ok" else HTTPStatus.SERVICE_UNAVAILABLE
    return func.HttpResponse(found.model_dump_json(), status_code=status, mimetype=JSON)


async def look(services: Services) -> Health:
    """Every check, none of them waited for longer than a monitor waits."""
    looks: dict[str, Callable[[], str]] = {
        "storage": partial(_storage, services),
        "sweep": partial(_sweep, services),
    }
    for environment, fno in {"": services.fno, **services.others}.items():
        behind = f": {environment}" if environment else ""
        looks[f"fno_token{behind}"] = partial(_token, fno)
        looks[f"fno_metadata{behind}"] = partial(_metadata, fno, services.plan.transfer.hosts)
    checks = await asyncio.gather(*(_checked(name, check) for name, check in looks.items()))
    return Health(status="ok" if all(each.ok for each in checks) else "failing", checks=tuple(checks))


async def _checked(name: str, check: Callable[[], str]) -> Check:
    begun = time.monotonic()
    try:
        detail, ok = await asyncio.wait_for(asyncio.to_thread(check), PATIENCE_SECONDS), True
    except TimeoutError:
        detail, ok = f"no answer within {PATIENCE_SECONDS:g} seconds", False
    except Exception as error:  # noqa: BLE001  whatever it is, it is what the monitor wants to know
        detail, ok = scrub(f"{type(error).__name__}: {error}".splitlines()[0]), False
    return Check.model_validate(
        {"name": name, "ok": ok, "detail": detail, "seconds": round(time.monotonic() - begun, 3)}
    )


def _storage(services: Services) -> str:
    services.account.blobs.get_container_client("landing").get_container_properties()
    return f"landing and ledger answer; {sum(1 for _ in services.ledger.lists.open_states())} runs are open"


def _token(fno: FnoClient) -> str:
    return _walked(way_to_token(fno))


def _metadata(fno: FnoClient, hosts: tuple[str, ...]) -> str:
    return _walked(way_through_fno(fno, hosts))


def _walked(steps: Iterator[Step]) -> str:
    """What the last step of a way found; ConnectionError says which step fails and what to do."""
    said = ""
    for step in steps:
        said = step.said
        if not step.ok:
            raise ConnectionError(f"{step.name}: {said}")
    return said


def _sweep(services: Services) -> str:
    # One sweep may be missing because it is under way.
    last = services.ledger.sweeps.last()
    if last is None:
        return "none yet"
    schedule = resolve_schedule(services.plan.sweeper.schedule, os.environ)
    due = latest_slot(schedule, latest_slot(schedule, services.now()) - timedelta(seconds=1))
    if last < due:
        raise LookupError(f"the last sweep was at {last:%Y-%m-%d %H:%M:%S} UTC, and two were due since")
    return f"the last one was at {last:%Y-%m-%d %H:%M:%S} UTC"
