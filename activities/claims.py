"""What the blob trigger does: claim a landed file in the ledger, and start its run."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Any

from azure.core.exceptions import ResourceNotFoundError
from azure.storage.blob import BlobClient

from activities.boundary import StepFailedError
from landfall.fno.redaction import scrub
from landfall.landing import REPAIRS
from landfall.ledger import RUN_ID
from landfall.records import Run, Source, State, Step, import_run_id, to_json
from landfall.services import Services, services

log = logging.getLogger("landfall")

Start = Callable[[str, str, dict[str, Any]], Awaitable[str]]
"""`start_new` of the durable client: orchestrator, instance id, input."""


async def claim_landed(blob: BlobClient, start: Start) -> bool:
    """A file landed, or we are told so again: claim this version of it and start its run, once; True when it was."""
    return await claim_version(services(), blob, start)


async def claim_version(known: Services, blob: BlobClient, start: Start) -> bool:
    """The same. The properties are read for the ETag; the content is not. A file that is gone has been dealt with."""
    run = await asyncio.to_thread(claimed_file, known, blob)
    return run is not None and await begin(run, start)


async def begin(run: Run, start: Start) -> bool:
    """Start a claimed run's orchestration, True when that was done; one that was started before is left alone.

    Durable would start a finished instance anew and refuses a running one: only the ledger knows better. Between
    claim and start a host may die, so whoever meets a run that is merely claimed starts it, under the same id.
    """
    if run.state != State.CLAIMED:
        return False
    orchestrator = "import_file" if run.kind == "import" else "export_project"
    try:
        await start(orchestrator, run.instance_id, to_json(Step(run.run_id, run.attempt)))
    except Exception as error:  # noqa: BLE001  all that the durable client raises
        if "already exists" not in str(error):
            raise StepFailedError(f"{run.run_id} was claimed but not started: {scrub(str(error))}") from None
        log.info("%s runs already", run.instance_id)
        return False
    return True


def claimed_file(known: Services, blob: BlobClient) -> Run | None:
    """The run of this version of the file, claimed now or before; None for a file that is gone, or a part that waits."""
    try:
        properties = blob.get_blob_properties()
    except ResourceNotFoundError:
        return None
    if _waits(known, str(blob.blob_name), properties.last_modified):
        return None
    source = Source(blob.container_name, blob.blob_name, properties.etag, properties.size)
    run = Run(
        run_id=import_run_id(source.container, source.name, source.etag),
        kind="import",
        state=State.CLAIMED,
        source=source,
        repairs=_run_named(properties.metadata),
        times={"Landed": properties.last_modified},
    )
    return known.ledger.taken(run)


def _run_named(metadata: dict[str, str] | None) -> str | None:
    """The run whose refused rows the file brings again, as whoever landed it says."""
    named = (metadata or {}).get(REPAIRS)
    return named if named and RUN_ID.fullmatch(named) else None


def _waits(known: Services, name: str, landed: datetime) -> bool:
    """Whether the file is a part whose marker may still land; after the deadline it has a run, which says so."""
    taken = known.plan.taking(name)
    if taken is None or taken[2] is None:
        return False
    return known.now() - landed < timedelta(hours=taken[0].deadline_hours)
