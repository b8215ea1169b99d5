"""The poison queue: landed files whose event the trigger has given up become Failed runs, with the file kept."""

import asyncio
import json
import logging

import azure.durable_functions as df
from azure.core.exceptions import ResourceNotFoundError

from activities.archiving import Ending, end
from activities.gate_steps import ENDED
from activities.notices import announce_end
from landfall.ids import import_run_id
from landfall.records import LANDED, Finding, Outcome, Run, Source, State
from landfall.services import Services
from landfall.storage.account import LANDING
from landfall.telemetry import GivenUp, emit

log = logging.getLogger("landfall")


async def bury(services: Services, message: str, client: df.DurableOrchestrationClient) -> Run | None:
    """End the run of the file that a blob trigger's poison message names; the run if it was not under way or over.

    Raises ValueError for what is no message of a blob trigger; the queue trigger's own poison queue keeps it.
    """
    run = await asyncio.to_thread(_claimed, services, message)
    if run is None or run.state != State.CLAIMED:
        return None
    if (await client.get_status(run.instance_id)).runtime_status not in ENDED:
        return None
    said = "its event failed again and again, see the log of function file_landed; run it again when that is repaired"
    ending = Ending(run.run_id, run.attempt, Finding(Outcome.FAILED, said))
    await asyncio.to_thread(end, services, ending)
    emit(GivenUp(run_id=run.run_id))
    ended = services.ledger.get(run.run_id)
    await announce_end(services, ended, client)
    return ended


def _claimed(services: Services, message: str) -> Run | None:
    """The run of the version that a blob trigger's poison message names; None for another container's."""
    told = json.loads(message)
    try:
        container, name, etag = str(told["ContainerName"]), str(told["BlobName"]), str(told["ETag"])
    except (LookupError, TypeError):
        raise ValueError("no message of a blob trigger: it names no container, blob and ETag") from None
    if container != LANDING:
        return None
    landed = services.now()
    try:
        properties = services.account.blob(f"{container}/{name}").get_blob_properties()
        if str(properties.etag).strip('"') == etag.strip('"'):
            etag, landed = str(properties.etag), properties.last_modified
    except ResourceNotFoundError:
        log.info("%s is gone; its run says so", name)
    run = Run(
        run_id=import_run_id(container, name, etag),
        kind="import",
        state=State.CLAIMED,
        source=Source(container, name, etag),
        times={LANDED: landed},
    )
    return services.ledger.claim(run) or services.ledger.get(run.run_id)
