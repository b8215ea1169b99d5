"""The poison queue: a landed file whose event the trigger has given up on becomes a Failed run, and is kept."""

import asyncio
import json
import logging

import azure.durable_functions as df
from azure.core.exceptions import ResourceNotFoundError

from activities.archiving import Ending, end_run
from activities.gate_steps import ENDED
from activities.notices import announce_end
from landfall.ids import import_run_id
from landfall.records import LANDED, Finding, Outcome, Run, Source, State
from landfall.services import Services
from landfall.storage.account import LANDING
from landfall.telemetry import GivenUp, emit

log = logging.getLogger("landfall")


async def bury(services: Services, message: str, client: df.DurableOrchestrationClient) -> Run | None:
    """End the run of the file that a poison message names; returns the run, or None when it is under way or over.

    Raises ValueError for a message that no blob trigger wrote; the queue trigger moves it to its own poison queue.
    """
    run = await asyncio.to_thread(_claim, services, message)
    if run is None or run.state != State.CLAIMED:
        return None
    if (await client.get_status(run.instance_id)).runtime_status not in ENDED:
        return None
    reason = "The file's event failed five times; the log of function file_landed says why. Fix that and run it again."
    ending = Ending(run.run_id, run.attempt, Finding(Outcome.FAILED, reason))
    await asyncio.to_thread(end_run, services, ending)
    emit(GivenUp(run_id=run.run_id))
    ended = services.ledger.get(run.run_id)
    await announce_end(services, ended, client)
    return ended


def _claim(services: Services, message: str) -> Run | None:
    """The run of the version that a poison message names; None for a file of another container."""
    payload = json.loads(message)
    try:
        container, name, etag = str(payload["ContainerName"]), str(payload["BlobName"]), str(payload["ETag"])
    except (LookupError, TypeError):
        raise ValueError("this is not a blob trigger's message: it does not name container, blob and ETag") from None
    if container != LANDING:
        return None
    landed = services.now()
    try:
        properties = services.account.blob(f"{container}/{name}").get_blob_properties()
        if str(properties.etag).strip('"') == etag.strip('"'):
            etag, landed = str(properties.etag), properties.last_modified
    except ResourceNotFoundError:
        log.info("%s is no longer in landing; its run will say so", name)
    run = Run(
        run_id=import_run_id(container, name, etag),
        kind="import",
        state=State.CLAIMED,
        source=Source(container, name, etag),
        times={LANDED: landed},
    )
    return services.ledger.claim(run) or services.ledger.get(run.run_id)
