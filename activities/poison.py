"""The poison queue: what becomes of a landed file whose event the trigger has given up.

The trigger tries five times within seconds, so a short outage of storage is enough. That is no fault of the file.
"""

import asyncio
import json
import logging
from http import HTTPStatus

import azure.durable_functions as df
from azure.core.exceptions import AzureError, HttpResponseError, ResourceNotFoundError
from azure.storage.blob import BlobProperties

from activities.archiving import Ending, end_run
from activities.gate_steps import ENDED
from activities.notices import announce_end
from landfall.claims import RunNotStartedError, claim_landed
from landfall.fno.redaction import scrub
from landfall.ids import import_run_id
from landfall.records import LANDED, Finding, Outcome, Run, Source, State
from landfall.services import Services
from landfall.storage.account import LANDING
from landfall.telemetry import GivenUp, emit

log = logging.getLogger("landfall")

REFUSED = {HTTPStatus.BAD_REQUEST, HTTPStatus.REQUEST_ENTITY_TOO_LARGE}
"""What storage answers when it will never take what it was sent; every other failure of it passes."""


async def bury(services: Services, message: str, client: df.DurableOrchestrationClient) -> Run | None:
    """Claim the file that a poison message names once more. Returns its run if that has ended Failed, else None.

    A failure that is not the file's is left to the sweeper, which claims what lies in landing. The run ends when the
    file itself cannot be claimed, or is gone. Raises ValueError for a message that no blob trigger wrote; the queue
    trigger moves it to its own poison queue.
    """
    version = _version(message)
    if version is None:
        return None
    name, etag = version
    try:
        found = await asyncio.to_thread(_find, services, name, etag)
        if found is not None:
            await claim_landed(services, services.account.blob(f"{LANDING}/{name}"), client.start_new)
            return None
        reason = "The file's event failed five times, and the file has left landing since."
    except Exception as error:
        if _is_ours(error):
            log.warning("the event of %s failed for want of storage; the sweeper picks the file up: %s", name, error)
            return None
        log.exception("could not claim %s", name)
        failure = scrub(f"{type(error).__name__}: {error}".splitlines()[0])
        reason = f"The file's event failed five times, and again now: {failure}. Fix that and run it again."
    run = await asyncio.to_thread(_claim, services, name, etag)
    if run is None or run.state != State.CLAIMED:
        return None
    if (await client.get_status(run.instance_id)).runtime_status not in ENDED:
        return None
    ending = Ending(run.run_id, run.attempt, Finding(Outcome.FAILED, reason))
    await asyncio.to_thread(end_run, services, ending)
    emit(GivenUp(run_id=run.run_id))
    ended = services.ledger.get(run.run_id)
    await announce_end(services, ended, client)
    return ended


def _is_ours(error: Exception) -> bool:
    """Whether a failure is one of storage or of the host, which says nothing about the file."""
    if isinstance(error, HttpResponseError):
        return error.status_code not in REFUSED
    return isinstance(error, AzureError | OSError | RunNotStartedError)


def _version(message: str) -> tuple[str, str] | None:
    """The name and ETag that a poison message names; None for a file of another container."""
    payload = json.loads(message)
    try:
        container, name, etag = str(payload["ContainerName"]), str(payload["BlobName"]), str(payload["ETag"])
    except (LookupError, TypeError):
        raise ValueError("this is not a blob trigger's message: it does not name container, blob and ETag") from None
    return (name, etag) if container == LANDING else None


def _find(services: Services, name: str, etag: str) -> BlobProperties | None:
    """The properties of a version in landing; None when it is there no more."""
    try:
        properties = services.account.blob(f"{LANDING}/{name}").get_blob_properties()
    except ResourceNotFoundError:
        return None
    return properties if str(properties.etag).strip('"') == etag.strip('"') else None


def _claim(services: Services, name: str, etag: str) -> Run | None:
    """The run of a version, claimed now or before."""
    found = _find(services, name, etag)
    etag, landed = (str(found.etag), found.last_modified) if found else (etag, services.now())
    run = Run(
        run_id=import_run_id(LANDING, name, etag),
        kind="import",
        state=State.CLAIMED,
        source=Source(LANDING, name, etag),
        times={LANDED: landed},
    )
    return services.ledger.claim(run) or services.ledger.get(run.run_id)
