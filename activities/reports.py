"""A run's files under `reports/<run id>/`, and the ledger's list of them."""

from dataclasses import replace

from azure.core.exceptions import ResourceNotFoundError

from landfall.records import Run
from landfall.services import Services
from landfall.storage import REPORTS
from landfall.transfer import move, pin

EARLIER = "attempt-"


def place(run: Run, name: str) -> str:
    """Where a report of this run lies, as `container/name`."""
    return f"{REPORTS}/{run.run_id}/{name}"


def store(known: Services, run: Run, label: str, name: str, content: bytes) -> None:
    """Write a report and note it in the ledger."""
    note(known, run, {label: known.account.write(place(run, name), content)})


def stored(known: Services, run: Run, name: str) -> bytes | None:
    """A report's content, None when there is none."""
    try:
        return known.account.blob(place(run, name)).download_blob().readall()
    except ResourceNotFoundError:
        return None


def note(known: Services, run: Run, files: dict[str, str]) -> None:
    """Note in the ledger where files lie."""
    known.ledger.change(run.run_id, run.attempt, lambda row: replace(row, files={**row.files, **files}))


def set_aside(known: Services, run: Run) -> None:
    """Bring the reports of the attempt before to `attempt-<n>/`, so that this attempt's stand alone."""
    container = known.account.blobs.get_container_client(REPORTS)
    prefix = f"{run.run_id}/"
    for name in list(container.list_blob_names(name_starts_with=prefix)):
        if name.startswith(f"{prefix}{EARLIER}"):
            continue
        report = pin(container.get_blob_client(name))
        earlier = container.get_blob_client(f"{prefix}{EARLIER}{run.attempt - 1}/{name.removeprefix(prefix)}")
        move(report, earlier, known.account.read_grant)
        report.blob.delete_blob()
