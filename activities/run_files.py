"""Where an import's file lies: in landing until its first attempt is over, in the archive after."""

import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

from azure.core.exceptions import ResourceModifiedError, ResourceNotFoundError

from landfall.file_labels import FileLabel, archived_part
from landfall.packages.checks import read_package
from landfall.packages.manifest import Manifest
from landfall.records import Run, Source
from landfall.services import Services
from landfall.storage.account import REPORTS, DataAccount
from landfall.storage.files import open_ranged
from landfall.storage.pinned import Pinned, SourceChangedError, pin
from landfall.storage.transfer import copy

GONE = (SourceChangedError, ResourceNotFoundError, ResourceModifiedError)
"""What is raised when the version that landed cannot be read any more."""


def source_of(run: Run) -> Source:
    """What landed; only imports have it."""
    if run.source is None:
        raise ValueError(f"{run.run_id} is no import: it has no file")
    return run.source


def locate(account: DataAccount, run: Run) -> Pinned:
    """The file of this run, pinned to the version that landed.

    Raises SourceChangedError when another version lies in landing, azure-core's ResourceNotFoundError when none
    does.
    """
    return _located(account, source_of(run), run.files.get(FileLabel.ARCHIVE))


def locate_part(account: DataAccount, run: Run, part: Source) -> Pinned:
    """The same of a file that is part of this run's package."""
    return _located(account, part, run.files.get(archived_part(part.name)))


def locate_package(account: DataAccount, run: Run) -> Pinned:
    """What is sent to F&O: the file itself, or the package that was made of it; raises as `locate` does.

    The file must still be there either way: a newer version of it has a run of its own.
    """
    landed = locate(account, run)
    return pin(account.blob(run.files[FileLabel.WRAPPED])) if FileLabel.WRAPPED in run.files else landed


@contextmanager
def opened(account: DataAccount, run: Run) -> Iterator[tuple[zipfile.ZipFile, Manifest]]:
    """The run's package, read by ranges, and its manifest; raises as `locate` and `read_package` do."""
    sent = locate_package(account, run)
    with open_ranged(sent.blob, size=sent.size, etag=sent.etag) as file:
        manifest = read_package(file, sent.size)
        with zipfile.ZipFile(file) as package:
            yield package, manifest


def _located(account: DataAccount, source: Source, archived: str | None) -> Pinned:
    if archived:
        return pin(account.blob(archived))
    landed = pin(account.blob(f"{source.container}/{source.name}"))
    if landed.etag != source.etag:
        raise SourceChangedError("a newer version of the file has landed; it has a run of its own")
    return landed


EARLIER = "attempt-"


def place(run: Run, name: str) -> str:
    """Where a report of this run lies, as `container/name`."""
    return f"{REPORTS}/{run.run_id}/{name}"


def store(services: Services, run: Run, label: str, name: str, content: bytes) -> None:
    """Write a report and note it in the ledger."""
    note(services, run, {label: services.account.write(place(run, name), content)})


def stored(services: Services, run: Run, name: str) -> bytes | None:
    """A report's content, None when there is none."""
    try:
        return services.account.blob(place(run, name)).download_blob().readall()
    except ResourceNotFoundError:
        return None


def note(services: Services, run: Run, files: dict[str, str]) -> None:
    """Note in the ledger where files lie."""
    services.ledger.change(run.run_id, run.attempt, lambda row: replace(row, files={**row.files, **files}))


def set_aside(services: Services, run: Run) -> None:
    """Bring the reports of the attempt before to `attempt-<n>/`, so that this attempt's stand alone."""
    container = services.account.blobs.get_container_client(REPORTS)
    prefix = f"{run.run_id}/"
    for name in list(container.list_blob_names(name_starts_with=prefix)):
        if name.startswith(f"{prefix}{EARLIER}"):
            continue
        report = pin(container.get_blob_client(name))
        earlier = container.get_blob_client(f"{prefix}{EARLIER}{run.attempt - 1}/{name.removeprefix(prefix)}")
        copy(report, earlier, services.account.read_grant)
        report.blob.delete_blob()
