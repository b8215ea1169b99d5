"""Notices: orchestrations of their own notify the configured receivers that a run has ended."""

import asyncio
import logging
from dataclasses import dataclass
from typing import Any

import azure.durable_functions as df

from activities.boundary import activity, client_activity
from activities.people import note
from landfall.claims import start_once
from landfall.config.notices import Channel
from landfall.notices import NotDeliveredError, event_of, send
from landfall.records import Run, Step, to_json
from landfall.services import Services

bp = df.Blueprint()
log = logging.getLogger("landfall")


@dataclass(frozen=True)
class Notice:
    """A CloudEvent for one receiver, whose address and key only the settings know."""

    channel: Channel
    event: dict[str, Any]


@client_activity(bp, Step)
async def announce(services: Services, step: Step, client: df.DurableOrchestrationClient) -> None:
    """Start a notice of this attempt's end to every receiver. The run waits for none of them."""
    run = await asyncio.to_thread(services.ledger.get, step.run_id)
    if run.attempt == step.attempt:
        await announce_end(services, run, client)


async def announce_end(services: Services, run: Run, client: df.DurableOrchestrationClient) -> None:
    """Start a notice of the run's end to every receiver; none if the run has not ended."""
    if run.outcome is not None:
        event = event_of(run, origin_of(services, run.environment))
        await announce_event(services, event, f"{run.instance_id}.notice", str(run.outcome), client)


async def announce_event(
    services: Services, event: dict[str, Any], subject: str, what: str, client: df.DurableOrchestrationClient
) -> None:
    """Start a notice of an event to every receiver, once for each subject and what happened to it; tell people, too."""
    for target in services.notices:
        await start_once(
            client.start_new, "tell", f"{subject}.{target.channel}.{what}", to_json(Notice(target.channel, event))
        )
    await note(services, event, client.start_new)


def origin_of(services: Services, environment: str) -> str:
    """The address of an environment; made of its name where that is all that is left of it."""
    client = services.environments.get(environment)
    return client.origin if client else f"https://{environment}"


@activity(bp, Notice)
def send_notice(services: Services, notice: Notice) -> bool:
    """Send a notice once; False when the receiver did not take it. A receiver no longer configured gets none."""
    for target in services.notices:
        if target.channel == notice.channel:
            try:
                send(target, notice.event, services.now())
            except NotDeliveredError as error:
                log.warning("notice %s was not delivered: %s", notice.event["id"], error)
                return False
    return True
