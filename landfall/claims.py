"""Claims of runs: a landed file, an export's slot or a request gets one run in the ledger, and its orchestration.

The ledger row is the claim. An event that comes twice finds the row and changes nothing.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from azure.core.exceptions import ResourceNotFoundError
from azure.storage.blob import BlobClient

from landfall.config.exports import Export
from landfall.fno.redaction import scrub
from landfall.ids import content_of, demanded_run_id, export_run_id, import_run_id
from landfall.ledger.ledger import MAX_TRIES, RUN_ID, RunNotFoundError
from landfall.records import LANDED, SLOT, Action, Demand, Outcome, Run, Source, State, Step, to_json
from landfall.services import Services
from landfall.storage.landing import REPAIRS, is_folder

log = logging.getLogger("landfall")

Start = Callable[[str, str, dict[str, Any]], Awaitable[str]]
"""`start_new` of the durable client: orchestrator, instance id, input."""
LATE = timedelta(hours=1)
"""A slot that nobody claimed within this time counts as missed."""


class RunNotStartedError(Exception):
    """A run is claimed and its orchestration could not be started; the next event or the sweeper starts it."""


class SameContentError(Exception):
    """The file's content needs no import, because another run has imported it or is about to; the message says so.

    `run_id` is that run's. `under_way` says whether it has still to end, and then moves the file by itself.
    """

    def __init__(self, run: Run) -> None:
        self.run_id, self.under_way = run.run_id, run.outcome is None
        state = f"ended {run.outcome}" if run.outcome else "is under way"
        again = "" if self.under_way else " To import it once more, run that one again."
        super().__init__(f"The file has the same content as run {run.run_id}, which {state}.{again}")


class OtherRunEndsError(Exception):
    """Another run of the same content is ending; how it ends decides about this one."""


async def start_once(start: Start, orchestrator: str, instance_id: str, payload: dict[str, Any]) -> bool:
    """Start an orchestration; False when an instance with this id already runs. Raises what the client raises."""
    try:
        await start(orchestrator, instance_id, payload)
    except KeyError as error:
        # SDK 1.7 looks for Durable's reason under a name that newer extensions no longer send.
        raise ValueError(f"Durable refused to start {orchestrator} as {instance_id}") from error
    except Exception as error:  # the durable client raises nothing more specific
        if "already exists" not in str(error):
            raise
        log.info("%s is already running", instance_id)
        return False
    return True


async def start_run(run: Run, start: Start) -> bool:
    """Start a claimed run's orchestration; False when it was started before. Raises RunNotStartedError.

    Only the ledger knows whether a run was started: Durable would start a finished instance anew. A host may die
    between claim and start, so whatever meets a run in the state Claimed starts it, under the same id.
    """
    if run.state != State.CLAIMED:
        return False
    orchestrator = "import_file" if run.kind == "import" else "export_project"
    try:
        return await start_once(start, orchestrator, run.instance_id, to_json(Step(run.run_id, run.attempt)))
    except Exception as error:  # noqa: BLE001  the durable client raises nothing more specific
        raise RunNotStartedError(f"{run.run_id} was claimed but not started: {scrub(str(error))}") from None


async def claim_landed(services: Services, blob: BlobClient, start: Start) -> bool:
    """Claim this version of a landed file and start its run; False when there is nothing to start.

    Many tools create an empty blob before they write the file. So an empty one is left alone until the sweeper comes.
    """
    patience = timedelta(seconds=services.plan.sweeper.patience_seconds)
    run = await asyncio.to_thread(claim_file, services, blob, patience)
    return run is not None and await start_run(run, start)


async def claim_event(services: Services, landed: BlobClient, start: Start) -> bool:
    """`claim_landed` for an event's file, by its name alone: its client has a credential of its own to fetch."""
    return await claim_landed(services, services.account.blob(f"{landed.container_name}/{landed.blob_name}"), start)


def claim_file(services: Services, blob: BlobClient, patience: timedelta = timedelta(0)) -> Run | None:
    """The run of the file's present version, claimed now or before.

    None for a file that is gone or that storage is still copying into its place, for a folder, for a part whose marker
    may still land, for a file that a route may take that is left out, and for a file that is empty and landed within
    `patience`.
    """
    try:
        properties = blob.get_blob_properties()
    except ResourceNotFoundError:
        return None
    name, age = str(blob.blob_name), services.now() - properties.last_modified
    if properties.copy.status == "pending":
        return None  # an asynchronous copy raises its event when it begins
    if is_folder(properties.metadata) or services.plan.reason_to_wait(name) or _waits_for_marker(services, name, age):
        return None
    if not properties.size and age < patience and not _is_marker(services, name):
        return None
    source = Source(blob.container_name, blob.blob_name, properties.etag, properties.size)
    run = Run(
        run_id=import_run_id(source.container, source.name, source.etag),
        kind="import",
        state=State.CLAIMED,
        source=source,
        repairs=_repaired_run(properties.metadata),
        times={LANDED: properties.last_modified},
    )
    return services.ledger.claim_or_get(run)


def _repaired_run(metadata: dict[str, str] | None) -> str | None:
    """The run whose rejected rows the file corrects, as its metadata says."""
    run_id = (metadata or {}).get(REPAIRS)
    return run_id if run_id and RUN_ID.fullmatch(run_id) else None


def _waits_for_marker(services: Services, name: str, age: timedelta) -> bool:
    """Whether the file is a part whose marker may still land. After the deadline the part gets a run that fails."""
    match = services.plan.match(name)
    return match is not None and match.marker is not None and age < timedelta(hours=match.route.deadline_hours)


def _is_marker(services: Services, name: str) -> bool:
    """Whether the file says that all parts of a batch have landed; it needs no content for that."""
    match = services.plan.match(name)
    return match is not None and match.marker is None and bool(match.route.parts)


def claim_content(services: Services, run: Run) -> None:
    """Make the run the one that takes up its content at its path, before it is sent to F&O.

    Two versions of a file with the same content are the same to F&O. Raises SameContentError for the second one, and
    OtherRunEndsError while it may still become another try. What a person asked for is imported.
    """
    path, content = _path(run), content_of(run)
    asked = run.attempt > 1 or bool(run.history or run.repairs)
    for _ in range(MAX_TRIES):
        held = services.ledger.contents.get(path)
        if held and held.run_id != run.run_id and (other := _get(services, held.run_id)):
            if asked and other.outcome is None:
                return  # that run still has to find its own content here
            if held.content == content and not asked and not _imports_again(services, run):
                _check_other(other)
        if services.ledger.contents.put(path, str(content), run.run_id, held):
            return
    raise TimeoutError(f"the content of {run.run_id} could not be claimed: other runs were faster. Try again.")


def holds_content(services: Services, run: Run) -> bool:
    """Whether a blob with the run's content at its landing path is the run's, whatever ETag it has got meanwhile."""
    held = services.ledger.contents.get(_path(run))
    owner = held and (held.run_id, held.content)
    return owner == (run.run_id, content_of(run)) and not _imports_again(services, run)


def _check_other(other: Run) -> None:
    if other.outcome is None and other.ending:
        raise OtherRunEndsError(other.run_id)
    if other.outcome in {None, Outcome.SUCCEEDED} or other.left_behind:
        raise SameContentError(other)


def _imports_again(services: Services, run: Run) -> bool:
    match = services.plan.match(run.source.name) if run.source else None
    return match is not None and match.route.same_content == "import"


def _path(run: Run) -> str:
    return f"{run.source.container}/{run.source.name}" if run.source else ""


def _get(services: Services, run_id: str) -> Run | None:
    try:
        return services.ledger.get(run_id)
    except RunNotFoundError:
        return None


async def claim_due(services: Services, export: Export, start: Start) -> int:
    """Claim an export's latest slot for each company and start the runs; returns how many it started.

    A timer may fire late, twice, or between slots: a slot that is claimed already is left alone. An error for one
    company stops no other; the first error is raised at the end.
    """
    now = services.now()
    slot, started, errors = export.slot_before(now), 0, []
    for company in export.companies:
        try:
            run = await asyncio.to_thread(claim_slot, services, export, company, slot, late=now - slot > LATE)
            started += run is not None and await start_run(run, start)
        except Exception as error:
            log.exception(
                "The slot %s of export %s could not be claimed for %s; the sweeper tries again",
                slot,
                export.name,
                company,
            )
            errors.append(error)
    if errors:
        raise errors[0]
    return started


def claim_slot(services: Services, export: Export, company: str, slot: datetime, *, late: bool) -> Run | None:
    """The slot's run. None for a late slot that `missed` skips, or that lies before the export's first run."""
    run = _export_run(export, company, export_run_id(export.name, company, slot), slot)
    if late and (export.missed == "skip" or not services.ledger.has_export_before(run)):
        return None
    return services.ledger.claim_or_get(run)


def claim_demand(services: Services, export: Export, company: str, demand: Demand, asked: Action) -> Run:
    """The run that a person `asked` for: a new one, or the run of the same request made before."""
    run_id = demanded_run_id(export.name, company, demand)
    run = _export_run(export, company, run_id, asked.at.replace(microsecond=0))
    return services.ledger.claim_or_get(replace(run, demand=demand, history=(asked,)))


def _export_run(export: Export, company: str, run_id: str, slot: datetime) -> Run:
    return Run(
        run_id=run_id,
        kind="export",
        state=State.CLAIMED,
        export=export.name,
        company=company,
        data_project=export.project_of(company),
        environment=export.environment or "",
        times={SLOT: slot},
        terms=export.terms(),
    )
