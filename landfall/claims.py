"""What the blob trigger does: claim a landed file in the ledger, and start its run."""

import asyncio
import logging
from dataclasses import replace
from datetime import datetime, timedelta

from azure.core.exceptions import ResourceNotFoundError
from azure.storage.blob import BlobClient

from landfall.config.exports import Export
from landfall.fno.redaction import scrub
from landfall.ids import demanded_run_id, export_run_id, import_run_id
from landfall.instances import Start, start_once
from landfall.ledger.ledger import RUN_ID
from landfall.records import LANDED, SLOT, Action, Demand, Run, Source, State, Step, to_json
from landfall.services import Services
from landfall.storage.landing import REPAIRS

log = logging.getLogger("landfall")


class RunNotStartedError(Exception):
    """A run was claimed and its orchestration could not be started; whoever meets it next starts it."""


async def claim_landed(services: Services, blob: BlobClient, start: Start) -> bool:
    """Claim this version of a landed file and start its run, once however often its event comes; True when started.

    The properties are read for the ETag; the content is not. A file that is gone has been dealt with.
    """
    run = await asyncio.to_thread(claimed_file, services, blob)
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
        return await start_once(start, orchestrator, run.instance_id, to_json(Step(run.run_id, run.attempt)))
    except Exception as error:  # noqa: BLE001  all that the durable client raises
        raise RunNotStartedError(f"{run.run_id} was claimed but not started: {scrub(str(error))}") from None


def claimed_file(services: Services, blob: BlobClient) -> Run | None:
    """The run of this version of the file, claimed now or before; None for a file that is gone, or a part that waits."""
    try:
        properties = blob.get_blob_properties()
    except ResourceNotFoundError:
        return None
    if _waits(services, str(blob.blob_name), properties.last_modified):
        return None
    source = Source(blob.container_name, blob.blob_name, properties.etag, properties.size)
    run = Run(
        run_id=import_run_id(source.container, source.name, source.etag),
        kind="import",
        state=State.CLAIMED,
        source=source,
        repairs=_run_named(properties.metadata),
        times={LANDED: properties.last_modified},
    )
    return services.ledger.taken(run)


def _run_named(metadata: dict[str, str] | None) -> str | None:
    """The run whose refused rows the file brings again, as whoever landed it says."""
    named = (metadata or {}).get(REPAIRS)
    return named if named and RUN_ID.fullmatch(named) else None


def _waits(services: Services, name: str, landed: datetime) -> bool:
    """Whether the file is a part whose marker may still land; after the deadline it has a run, which says so."""
    taken = services.plan.taking(name)
    if taken is None or taken[2] is None:
        return False
    return services.now() - landed < timedelta(hours=taken[0].deadline_hours)


LATE = timedelta(hours=1)
"""From so long after it on, a slot that nobody took is a missed one."""


async def claim_due(services: Services, export: Export, start: Start) -> int:
    """Claim an export's latest slot for each of its companies and start their runs, once; returns how many started.

    What hinders one company's run hinders no other's.
    Timers fire late, twice, and in between slots: a slot that is taken already is nobody's any more.
    """
    now = services.now()
    slot, started, trouble = export.slot_before(now), 0, []
    for company in export.companies:
        try:
            run = await asyncio.to_thread(
                _claimed_slot, services, export, company, slot, late=now - slot > LATE
            )
            started += run is not None and await begin(run, start)
        except Exception as error:
            log.exception(
                "%s of %s could not be taken for %s; the sweeper tries again", slot, export.name, company
            )
            trouble.append(error)
    if trouble:
        raise trouble[0]
    return started


def claim_demand(services: Services, export: Export, company: str, demand: Demand, asked: Action) -> Run:
    """The run that a person `asked` for: a new one, or that of the same request made before."""
    run_id = demanded_run_id(export.name, company, demand)
    run = _new_run(export, company, run_id, asked.at.replace(microsecond=0))
    return services.ledger.taken(replace(run, demand=demand, history=(asked,)))


def _claimed_slot(
    services: Services, export: Export, company: str, slot: datetime, *, late: bool
) -> Run | None:
    """The slot's run; None for a missed slot that is nobody's business: where `missed` says so, or before the first."""
    run = _new_run(export, company, export_run_id(export.name, company, slot), slot)
    if late and (export.missed == "skip" or not services.ledger.has_export_before(run)):
        return None
    return services.ledger.taken(run)


def _new_run(export: Export, company: str, run_id: str, slot: datetime) -> Run:
    return Run(
        run_id=run_id,
        kind="export",
        state=State.CLAIMED,
        export=export.name,
        company=company,
        data_project=export.project_of(company),
        environment=export.environment or "",
        times={SLOT: slot},
    )
