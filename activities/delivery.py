"""Delivery of an export: from F&O's URL to the target container, verified before it is visible.

URL, download and verification are one step, because the URL is a secret. A delivery that stopped or failed is tried
again under the same execution id: F&O keeps the package for seven days (fno-behaviour 7.3).
"""

import zipfile
from contextlib import suppress
from dataclasses import dataclass, replace

import azure.durable_functions as df
from azure.core.exceptions import AzureError, ResourceNotFoundError
from azure.storage.blob import BlobClient

from activities.boundary import activity
from activities.publishing import ExportedPackage, open_exported, publish
from landfall.config.target_path import DELIVERING
from landfall.fno.errors import AuthError, NotMovedError, RefusedError, WrongAddressError
from landfall.fno.plain_files import PlainFileError
from landfall.fno.redaction import scrub
from landfall.ledger.ledger import StaleAttemptError
from landfall.packages.archives import DAMAGED, escapes
from landfall.packages.formats import count_rows
from landfall.packages.formats.rows import UnreadableRowsError
from landfall.packages.manifest import MalformedXmlError, PackageEntity
from landfall.records import EntityCounts, Finding, Outcome, Run, State, Step
from landfall.services import Services
from landfall.storage.account import EXPORTS
from landfall.storage.fno_files import download
from landfall.storage.pinned import SourceChangedError
from landfall.storage.transfer import CorruptCopyError

bp = df.Blueprint()

PATIENT_ASKS = 40
"""Twenty minutes at the usual pace. Microsoft's own scheduler asks for about ten (fno-behaviour 6.4)."""
TROUBLES = (
    AuthError,
    AzureError,
    CorruptCopyError,
    NotMovedError,
    PlainFileError,
    RefusedError,
    SourceChangedError,
    WrongAddressError,
)
"""Errors that keep a package from arriving now and may pass within days."""


@dataclass(frozen=True)
class DeliveryStep(Step):
    """One try to deliver a package; `asks` counts how often F&O named no package before."""

    asks: int = 0


@dataclass(frozen=True)
class Delivered:
    """How the run ended, or what `trouble` there is, in words. With neither, F&O is still packing."""

    finding: Finding | None = None
    trouble: str | None = None


@activity(bp, DeliveryStep, over=Delivered)
def deliver(services: Services, step: DeliveryStep) -> Delivered:
    """Download the exported package, verify and publish it, if F&O has it ready.

    FnoClient's errors for an F&O that is busy or away pass through.
    """
    try:
        run = services.ledger.move(step.run_id, step.attempt, State.COLLECTING)
    except StaleAttemptError as replaced:
        return Delivered(Finding(Outcome.NEEDS_ATTENTION, str(replaced)))
    if run.outcome not in {None, Outcome.NEEDS_ATTENTION}:
        return Delivered(Finding(run.outcome, run.reason))
    try:
        return _deliver(services, run, step.asks)
    except TROUBLES as error:
        trouble = f"{type(error).__name__}: {scrub(str(error)).splitlines()[0]}"
        services.ledger.change(
            run.run_id, run.attempt, lambda row: row if row.outcome else replace(row, reason=trouble)
        )
        return Delivered(trouble=trouble)


def fetch_package(services: Services, run: Run) -> BlobClient | None:
    """The package in the folder that nobody reads yet; None while F&O names none.

    Raises what `download` and FnoClient raise.
    """
    fno, held = services.fno_of(run), services.account.blob(f"{EXPORTS}/{DELIVERING}/{run.run_id}.zip")
    arrived = download(services.files_of(run), lambda: fno.exported_package_url(str(run.execution_id)), held)
    return held if arrived else None


def _deliver(services: Services, run: Run, asks: int) -> Delivered:
    held = fetch_package(services, run)
    if held is None:
        return _without_package(services, run, asks)
    try:
        with open_exported(held) as package:
            counts = _verify(package)
            outcome = Outcome.SUCCEEDED if any(each.staged for each in counts) else Outcome.NO_ROWS
            wanted = outcome == Outcome.SUCCEEDED or services.terms_of(run).no_rows == "deliver"
            files = publish(services, run, package) if wanted else {}
    except (*DAMAGED, KeyError, MalformedXmlError) as error:
        raise CorruptCopyError(f"the exported package is not whole: {error}") from None

    def with_counts(row: Run) -> Run:
        return replace(row, entities=counts, files={**row.files, **files}, reason=None)

    services.ledger.change(run.run_id, run.attempt, with_counts)
    with suppress(ResourceNotFoundError):
        held.delete_blob()
    return Delivered(Finding(outcome))


def _without_package(services: Services, run: Run, asks: int) -> Delivered:
    """F&O names no package: yet, or because it exported nothing (fno-behaviour 9.3), which its counts tell."""
    if asks < PATIENT_ASKS:
        return Delivered()
    results = services.fno_of(run).entity_results(str(run.execution_id))
    if results and not any(each.staged or each.created or each.updated for each in results):
        return Delivered(Finding(Outcome.NO_ROWS))
    raise NotMovedError(f"F&O finished the export and was asked {asks} times for a package, but named none")


def _verify(package: ExportedPackage) -> tuple[EntityCounts, ...]:
    """Rows and bytes per entity of a whole package: every CRC holds, and the manifest names what came.

    An entity without a file brought nothing: F&O may leave out files without rows (fno-behaviour 6.3). Raises
    CorruptCopyError for a package that is not whole.
    """
    if broken := package.archive.testzip():
        raise CorruptCopyError(f"the exported package's {broken} is damaged")
    sizes = {entry.filename: entry.file_size for entry in package.archive.infolist()}
    if unsafe := [name for name in sizes if escapes(name)]:
        raise CorruptCopyError(f"the exported package has an entry that escapes it: {unsafe[0]!r}")
    return tuple(_count(package.archive, each, sizes.get(each.file)) for each in package.manifest.entities)


def _count(archive: zipfile.ZipFile, entity: PackageEntity, size: int | None) -> EntityCounts:
    """An entity's rows. A file in a format that Landfall does not read counts as one row, so that it is delivered."""
    try:
        rows = 0 if size is None else count_rows(archive, entity)
    except UnreadableRowsError:
        rows = 1
    return EntityCounts(entity.label, rows, 0, 0, 0, size or 0)
