"""Wakes runs that wait at the gate."""

import logging
from dataclasses import dataclass, field

import azure.durable_functions as df

from landfall.records import from_json

bp = df.Blueprint()
log = logging.getLogger("landfall")


@dataclass(frozen=True)
class Sleepers:
    """Orchestrations that wait, and the event each of them waits for."""

    events: dict[str, str] = field(default_factory=dict)


@bp.activity_trigger(input_name="data")
@bp.durable_client_input(client_name="client")
async def wake(data: dict[str, dict[str, str]], client: df.DurableOrchestrationClient) -> None:
    """Raise the events; one that cannot be raised only costs its run the time until it asks again."""
    for instance, event in from_json(Sleepers, data).events.items():
        try:
            await client.raise_event(instance, event, "go")
        except Exception as error:  # noqa: BLE001  all that the durable client raises
            log.info("%s was not woken: %s", instance, error)
