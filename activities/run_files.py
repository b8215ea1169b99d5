"""A run's files: what landed, the package made of it, and its reports under `reports/<run id>/`."""

import zipfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace

from azure.core.exceptions import HttpResponseError, ResourceModifiedError, ResourceNotFoundError

from landfall.ledger.file_labels import FileLabel, archived_part
from landfall.packages.checks import read_package
from landfall.packages.manifest import Manifest
from landfall.records import Finding, Outcome, Run, Source
from landfall.services import Services
from landfall.storage.account import REPORTS, DataAccount
from landfall.storage.files import open_ranged
from landfall.storage.landing import FileTouchedError, locate_landed
from landfall.storage.pinned import Pinned, SourceChangedError, pin
from landfall.storage.refusals import refusal
from landfall.storage.transfer import copy

GONE = (SourceChangedError, ResourceNotFoundError, ResourceModifiedError)
"""Errors that say that the version that landed can no longer be read."""
EARLIER = "attempt-"


def source_of(run: Run) -> Source:
    """The file that landed; ValueError for a run that is not an import."""
    if run.source is None:
        raise ValueError(f"{run.run_id} is not an import, so it has no file")
    return run.source


def locate(account: DataAccount, run: Run) -> Pinned:
    """The run's file, pinned to the version that landed: in landing, and after the first attempt in the archive.

    A changed ETag with the same content is the same version; of a batch, all parts must have theirs. Raises
    SourceChangedError when landing holds other content, azure-core's ResourceNotFoundError when it holds none.
    """
    source = source_of(run)
    if FileLabel.ARCHIVE in run.files:
        return pin(account.blob(run.files[FileLabel.ARCHIVE]))
    landed = locate_landed(account, source)
    if landed.etag != source.etag:
        for part in run.parts:
            locate_part(account, run, part)
    return landed


def locate_part(account: DataAccount, run: Run, part: Source) -> Pinned:
    """One of the files that make up the run's package; raises as `locate` does."""
    archived = run.files.get(archived_part(part.name))
    return pin(account.blob(archived)) if archived else locate_landed(account, part)


def raise_if_back(services: Services, run: Run, finding: Finding) -> None:
    """Raise FileTouchedError for a file that was missed before it was sent, and has landed again with its content.

    Its event has a run that leaves the import to this one. So this one does not end, and the sweeper starts it again.
    """
    known = run.source and run.source.sha256
    if finding.outcome != Outcome.SUPERSEDED or run.same_as or run.submission.calls or not known:
        return
    with suppress(*GONE):
        locate(services.account, run)
        services.ledger.change(run.run_id, run.attempt, lambda row: replace(row, ending=None))
        raise FileTouchedError(f"{source_of(run).name} was missing for a moment, and is back.")


def is_replaced(account: DataAccount, run: Run) -> bool:
    """Whether landing holds a later version of the run's file, which has a run of its own."""
    source = source_of(run)
    try:
        return pin(account.blob(f"{source.container}/{source.name}")).etag != source.etag
    except ResourceNotFoundError:
        return False


class UnlessGone:
    """A block that reads the run's package: it ends early when that is gone, or storage refuses to read it for good."""

    def __enter__(self) -> None:
        """Nothing is needed."""

    def __exit__(self, _: object, error: BaseException | None, __: object) -> bool:
        """Whether the error says so."""
        return isinstance(error, GONE) or (isinstance(error, HttpResponseError) and bool(refusal(error)))


@contextmanager
def steady(account: DataAccount, run: Run, part: Source | None = None) -> Iterator[None]:
    """Steps that read the run's file or a part: an error of GONE becomes FileTouchedError when it is still there."""
    try:
        yield
    except GONE as error:
        file = locate_part(account, run, part) if part else locate(account, run)
        reason = (
            f"{file.blob.blob_name} was touched while it was read ({type(error).__name__}); its content is the same."
        )
        raise FileTouchedError(reason) from None


def locate_package(account: DataAccount, run: Run) -> Pinned:
    """What F&O gets: the file itself, or the package made of it; raises as `locate` does.

    The file must still be there in both cases: a newer version has a run of its own.
    """
    landed = locate(account, run)
    return pin(account.blob(run.files[FileLabel.WRAPPED])) if FileLabel.WRAPPED in run.files else landed


@contextmanager
def open_package(services: Services, run: Run) -> Iterator[tuple[zipfile.ZipFile, Manifest]]:
    """The run's package, read by ranges, and its manifest; raises as `locate` and `read_package` do."""
    sent = locate_package(services.account, run)
    with (
        steady(services.account, run),
        open_ranged(sent.blob, size=sent.size, etag=sent.etag) as file,
    ):
        manifest = read_package(file, sent.size, services.plan.dialects(run.environment))
        with zipfile.ZipFile(file) as package:
            yield package, manifest


def report_path(run: Run, name: str) -> str:
    """Where a report of the run belongs, as `container/name`."""
    return f"{REPORTS}/{run.run_id}/{name}"


def write_report(services: Services, run: Run, label: str, name: str, content: bytes) -> None:
    """Write a report and record its path in the ledger."""
    record_files(services, run, {label: services.account.write(report_path(run, name), content)})


def read_report(services: Services, run: Run, name: str) -> bytes | None:
    """A report's content; None when there is no such report."""
    try:
        return services.account.blob(report_path(run, name)).download_blob().readall()
    except ResourceNotFoundError:
        return None


def record_files(services: Services, run: Run, paths: dict[str, str]) -> None:
    """Record in the ledger where files of the run are, by label."""
    services.ledger.change(run.run_id, run.attempt, lambda row: replace(row, files={**row.files, **paths}))


def set_reports_aside(services: Services, run: Run) -> None:
    """Move the previous attempt's reports to `attempt-<n>/`, so that this attempt's reports stand alone."""
    container = services.account.blobs.get_container_client(REPORTS)
    prefix = f"{run.run_id}/"
    for name in list(container.list_blob_names(name_starts_with=prefix)):
        if name.startswith(f"{prefix}{EARLIER}"):
            continue
        report = pin(container.get_blob_client(name))
        earlier = container.get_blob_client(f"{prefix}{EARLIER}{run.attempt - 1}/{name.removeprefix(prefix)}")
        try:
            copy(report, earlier, services.account.read_grant)
            report.blob.delete_blob()
        except HttpResponseError as error:
            if not refusal(error):
                raise  # a report under a policy stays where it is, and does not keep the file from running again
