"""Roads: how an execution is started, found and followed in F&O. A new road is one Road here, and its choice below."""

from collections.abc import Callable
from dataclasses import dataclass

from activities.run_files import locate_package, open_package, steady
from landfall.fno import ExecutionStatus, ExportRequest, ImportRequest
from landfall.fno.errors import NotMovedError
from landfall.packages.checks import composite_label
from landfall.records import Run
from landfall.services import Services, note
from landfall.storage.fno_files import AwayError, upload

Call = Callable[[], str]
"""The one call that starts an execution; returns the id that F&O answers."""


@dataclass(frozen=True)
class Road:
    """The port to F&O for one kind of run. All three raise FnoError.

    `start` gets ready what the call needs, may be repeated, and returns the call. `find` returns the id under which F&O
    has the execution, empty for the run's own, or raises ExecutionUnknownError. `status` is that of an execution's id.
    """

    start: Callable[[Services, Run], Call]
    find: Callable[[Services, Run], str]
    status: Callable[[Services, Run, str], ExecutionStatus]


def road_of(run: Run) -> Road:
    """The road that a run takes."""
    return IMPORT if run.kind == "import" else EXPORT


def start_import(services: Services, run: Run) -> Call:
    """Send the run's package to F&O's storage; returns the call that imports it."""
    terms = services.terms_of(run)
    request = ImportRequest(
        package_url=send_package(services, run),
        data_project=str(run.data_project),
        execution_id=str(run.execution_id),
        company=str(run.company),
        execute=terms.execute,
        overwrite=terms.overwrite and not _is_composite(services, run),
    )
    return lambda: services.fno_of(run).import_package(request)


def start_export(services: Services, run: Run) -> Call:
    """Return the call that exports the run's data project."""
    preview = run.demand.preview if run.demand else None
    request = ExportRequest(str(run.data_project), str(run.execution_id), str(run.company), preview_count=preview)
    return lambda: services.fno_of(run).export_package(request)


def send_package(services: Services, run: Run) -> str:
    """Move the run's package to F&O's storage and compare it there; returns its URL, a secret.

    Raises what `locate_package`, `upload` and FnoClient raise.
    """
    fno = services.fno_of(run)
    with steady(services.account, run):
        source = locate_package(services.account, run)
        try:
            return upload(services.files_of(run), source, lambda: fno.write_url(f"{run.execution_id}.zip"))
        except (NotMovedError, AwayError) as error:
            note(services.ledger.circuits, run.environment, error)
            raise


def _is_composite(services: Services, run: Run) -> bool:
    """F&O takes composite entities only into a project that exists, and without overwrite (fno-behaviour 2.16)."""
    with open_package(services, run) as (package, manifest):
        return composite_label(package, manifest) is not None


def find_execution(services: Services, run: Run) -> str:
    """Ask F&O for the run's own execution id."""
    execution_status(services, run, str(run.execution_id))
    return ""


def execution_status(services: Services, run: Run, execution_id: str) -> ExecutionStatus:
    """The status of an execution in the run's environment."""
    return services.fno_of(run).status(execution_id)


IMPORT = Road(start_import, find_execution, execution_status)
EXPORT = Road(start_export, find_execution, execution_status)
