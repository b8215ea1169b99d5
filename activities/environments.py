"""Watches over environments to which nothing may go: probes F&O, tells people once, and says when runs may go on."""

import asyncio
import logging
from dataclasses import dataclass, replace
from datetime import timedelta

import azure.durable_functions as df

from activities.boundary import activity, client_activity
from activities.notices import announce_event, origin_of
from landfall.claims import start_once
from landfall.connection_check import probe
from landfall.fno.errors import FnoError, RefusedError
from landfall.ids import guard_id
from landfall.ledger.circuits import Circuit
from landfall.notices import UNAVAILABLE, cloud_event
from landfall.records import UNNAMED, Closure, to_json
from landfall.services import Services

bp = df.Blueprint()
log = logging.getLogger("landfall")

FIRST_PROBE = timedelta(seconds=15)
LONGEST = timedelta(minutes=5)
"""Between two probes, whose waits double from the first on; and between two looks at what a person holds."""


@dataclass(frozen=True)
class Place:
    """An environment, by its name in landfall.yaml; the one of the FNO_* settings has none."""

    environment: str = ""


@dataclass(frozen=True)
class Standing:
    """Whether an environment is closed, and the seconds after which this is worth another look."""

    closure: Closure | None = None
    wait: float = 0


@client_activity(bp, Closure)
async def guard(services: Services, closure: Closure, client: df.DurableOrchestrationClient) -> None:  # noqa: ARG001
    """Start the orchestration that opens the environment again, unless it is running."""
    await start_guard(closure.environment, client)


async def start_guard(environment: str, client: df.DurableOrchestrationClient) -> None:
    """Start the orchestration that watches over an environment, unless it is running."""
    await start_once(client.start_new, "guard_environment", guard_id(environment), to_json(Place(environment)))


@client_activity(bp, Place)
async def probe_environment(services: Services, place: Place, client: df.DurableOrchestrationClient) -> Standing:
    """Whether the environment is still closed. An outage is told once, and F&O is asked whether it is over."""
    circuits = services.ledger.circuits
    circuit = await asyncio.to_thread(circuits.read, place.environment)
    if circuit.is_open and not circuit.told:
        await _tell(services, circuit, client)
        circuit = await asyncio.to_thread(circuits.change, place.environment, lambda row: replace(row, told=True))
    if circuit.is_open and not circuit.who and await asyncio.to_thread(_is_over, services, place.environment):
        now = services.now()
        circuit = await asyncio.to_thread(
            circuits.change, place.environment, lambda row: row if row.who else row.close(now)
        )
    elif circuit.is_open and not circuit.who:
        circuit = await asyncio.to_thread(
            circuits.change, place.environment, lambda row: replace(row, tries=row.tries + 1)
        )
    return await asyncio.to_thread(_standing, services, place, circuit)


@activity(bp, Place)
def find_standing(services: Services, place: Place) -> Standing:
    """Whether the environment is closed, as the ledger and landfall.yaml say."""
    return _standing(services, place, services.ledger.circuits.get(place.environment))


def _standing(services: Services, place: Place, circuit: Circuit) -> Standing:
    closure = services.closure(place.environment)
    if closure is None:
        return Standing()
    if closure.until:
        left = (closure.until - services.now()).total_seconds()
        return Standing(closure, max(0.0, min(left, LONGEST.total_seconds())))
    if closure.held_by:
        return Standing(closure, LONGEST.total_seconds())
    wait = min(FIRST_PROBE * 2 ** min(max(circuit.tries - 1, 0), 10), LONGEST)
    return Standing(closure, wait.total_seconds())


def _is_over(services: Services, environment: str) -> bool:
    client = services.environments.get(environment)
    if client is None:
        return True  # no longer in landfall.yaml, or left out: what waits for it is told so by its own steps
    try:
        probe(client)
    except RefusedError:
        return True
    except FnoError as error:
        log.warning("%s is still closed: %s", environment or UNNAMED, error)
        return False
    return True


async def _tell(services: Services, circuit: Circuit, client: df.DurableOrchestrationClient) -> None:
    """Start the notice of an outage to every receiver."""
    name, since = circuit.environment or UNNAMED, circuit.since or services.now()
    data = {"environment": circuit.environment, "reason": circuit.reason, "since": since.isoformat()}
    event_id = f"{name}.{since:%Y%m%dT%H%M%SZ}"
    event = cloud_event(UNAVAILABLE, event_id, name, origin_of(services, circuit.environment), since, data)
    await announce_event(services, event, f"environment.{event_id}", "unavailable", client)
