"""Delivery of an export: from F&O's URL to the target container, verified before it is visible.

URL, download and verification are one step, because the URL is a secret. A stopped or failed delivery is taken up
again under the same execution id: F&O keeps the package for seven days (fno-behaviour 7.3).
"""

import zipfile
from dataclasses import dataclass, replace

import azure.durable_functions as df
from azure.core.exceptions import ResourceNotFoundError
from azure.storage.blob import BlobClient

from activities.boundary import carries
from landfall.fno.blobs import open_blob
from landfall.packages.archives import DAMAGED
from landfall.packages.delimited import UnreadableRowsError
from landfall.packages.manifest import MalformedXmlError, PackageEntity, parse_manifest
from landfall.packages.rows import read_rows
from landfall.ranged import open_ranged
from landfall.records import EntityCounts, Finding, Outcome, Run, State, Step
from landfall.services import Services, services
from landfall.storage import EXPORTS
from landfall.targets import target_path
from landfall.transfer import CorruptCopyError, chunks, move, pin, stream

bp = df.Blueprint()

DELIVERING = "_delivering"
"""Folder of the target container where packages lie until they are known to be whole."""


@dataclass(frozen=True)
class Delivered:
    """Whether the run is over; without a finding F&O is still packing."""

    finding: Finding | None = None


@bp.activity_trigger(input_name="data")
@carries(Step)
def deliver(step: Step) -> Delivered:
    """Bring the exported package to the target, if F&O has it ready."""
    return bring(services(), step)


def bring(known: Services, step: Step) -> Delivered:
    """Download, verify, publish; raises CorruptCopyError for a package that is not whole."""
    run = known.ledger.move(step.run_id, step.attempt, State.COLLECTING)
    url = known.fno.exported_package_url(str(run.execution_id))
    if not url:
        return Delivered()
    held = known.account.blob(f"{EXPORTS}/{DELIVERING}/{run.run_id}.zip")
    offered = pin(open_blob(url, known.fno.origin, known.plan.transfer.hosts))
    if stream(chunks(offered), held) != offered.size:
        raise CorruptCopyError(f"the download of {run.execution_id} broke off; it will be taken up again")
    counts = verified(held)
    finding = Finding(Outcome.SUCCEEDED) if any(each.staged for each in counts) else Finding(Outcome.NO_ROWS)
    files = publish(known, run, held) if finding.outcome == Outcome.SUCCEEDED else {}
    known.ledger.change(
        step.run_id, step.attempt, lambda row: replace(row, entities=counts, files={**row.files, **files})
    )
    _discard(held)
    return Delivered(finding)


def verified(package: BlobClient) -> tuple[EntityCounts, ...]:
    """Rows per entity of a whole package: it opens, every CRC holds, the manifest names what came.

    An entity whose file is missing brought nothing: F&O may leave out files without rows (fno-behaviour 6.3).
    """
    version = pin(package)
    try:
        with (
            open_ranged(version.blob, size=version.size, etag=version.etag) as file,
            zipfile.ZipFile(file) as archive,
        ):
            if broken := archive.testzip():
                raise CorruptCopyError(f"the exported package's {broken} is damaged")
            manifest = parse_manifest(archive.read("Manifest.xml"))
            names = set(archive.namelist())
            return tuple(
                EntityCounts(each.label, _rows(archive, each) if each.file in names else 0, 0, 0, 0)
                for each in manifest.entities
            )
    except (*DAMAGED, KeyError, MalformedXmlError) as error:
        raise CorruptCopyError(f"the exported package is not whole: {error}") from None


def _rows(archive: zipfile.ZipFile, entity: PackageEntity) -> int:
    """How many rows a data file has; one in a format that is not read here counts as one, to be delivered."""
    try:
        return sum(1 for _ in read_rows(archive, entity))
    except UnreadableRowsError:
        return 1


def publish(known: Services, run: Run, held: BlobClient) -> dict[str, str]:
    """Make the verified package visible under its final name, in one step of the storage service."""
    export = known.plan.export(run.export)
    path = target_path(export.target, export=export.name, company=str(run.company), slot=run.times["Slot"])
    move(pin(held), known.account.blob(f"{EXPORTS}/{path}"), known.account.read_grant)
    return {"package": f"{EXPORTS}/{path}"}


def _discard(held: BlobClient) -> None:
    try:
        held.delete_blob()
    except ResourceNotFoundError:
        return
