"""Notices: tell the configured receivers that a run has ended, in orchestrations of their own."""

import asyncio
import logging
from dataclasses import dataclass
from typing import Any

import azure.durable_functions as df

from activities.boundary import carries
from landfall.notices import Channel, NotDeliveredError, event_of, send
from landfall.records import Run, Step, from_json, to_json
from landfall.services import Services, services

bp = df.Blueprint()
log = logging.getLogger("landfall")


@dataclass(frozen=True)
class Notice:
    """A CloudEvent for one receiver, whose address and key only the settings know."""

    channel: Channel
    event: dict[str, Any]


@bp.activity_trigger(input_name="data")
@bp.durable_client_input(client_name="client")
async def announce(data: Any, client: df.DurableOrchestrationClient) -> None:
    """Have every receiver told of this attempt's end; the run waits for none of them."""
    step, known = from_json(Step, data), services()
    run = await asyncio.to_thread(known.ledger.get, step.run_id)
    if run.attempt == step.attempt:
        await announce_end(known, run, client)


async def announce_end(known: Services, run: Run, client: df.DurableOrchestrationClient) -> None:
    """The same for a run at hand; one that has not ended after all is not announced."""
    if run.outcome is None:
        return
    event = event_of(run, known.fno_of(run).origin)
    for target in known.notices:
        instance = f"{run.instance_id}.notice.{target.channel}.{run.outcome}"
        try:
            await client.start_new("tell", instance, to_json(Notice(target.channel, event)))
        except Exception as error:  # all that the durable client raises
            if "already exists" not in str(error):
                raise
            log.info("%s runs already", instance)


@bp.activity_trigger(input_name="data")
@carries(Notice)
def send_notice(notice: Notice) -> bool:
    """Send it once; False when it was not taken. One for a receiver that is not configured any more is done with."""
    return deliver_notice(services(), notice)


def deliver_notice(known: Services, notice: Notice) -> bool:
    """The same."""
    for target in known.notices:
        if target.channel == notice.channel:
            try:
                send(target, notice.event, known.now())
            except NotDeliveredError as error:
                log.warning("notice %s: %s", notice.event["id"], error)
                return False
    return True
