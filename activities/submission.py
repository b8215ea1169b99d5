"""Submission: have F&O start an execution, once, whatever happens to the answer.

The execution id is written down before the first call, and each call is counted in the ledger before it is made. So
whoever runs this step next, after a lost answer or in another process, knows whether F&O may have been asked already;
landfall.fno.starting decides what may be done then. Package URL, copy and call are one step, because the URL is a
secret that must not reach durable history.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Literal

import azure.durable_functions as df
from azure.core.exceptions import ResourceNotFoundError

from activities.boundary import activity
from activities.run_files import locate_package, open_package
from landfall.fno import ExportRequest, ImportRequest
from landfall.fno.starting import Calls, Move, start_execution
from landfall.ids import execution_id
from landfall.packages.checks import composite_label
from landfall.records import Finding, Outcome, Run, State, Step, Submission
from landfall.services import Services
from landfall.storage.fno_files import NotMovedError, upload
from landfall.storage.pinned import SourceChangedError

bp = df.Blueprint()

Call = Callable[[], str]
"""The one call that starts an execution; returns the id that F&O answers."""


class OvertakenError(Exception):
    """Another process submits the same run; the next try finds out what came of it."""


class UnwantedError(Exception):
    """A person has canceled the run, in time."""


@dataclass(frozen=True)
class Submitted:
    """Exactly one of: F&O has the execution (`execution_id`), the run is over (`finding`), or `wait` seconds first."""

    execution_id: str | None = None
    finding: Finding | None = None
    wait: float | None = None


@activity(bp, Step)
def submit_import(services: Services, step: Step) -> Submitted:
    """Send the package to F&O and have it imported."""
    return submit(services, step, prepare_import)


@activity(bp, Step)
def submit_export(services: Services, step: Step) -> Submitted:
    """Have F&O export a data project."""
    return submit(services, step, prepare_export)


def submit(services: Services, step: Step, prepare: Callable[[Services, Run], Call]) -> Submitted:
    """Start the execution unless F&O may have it already; `prepare` gets ready what the call needs.

    Raises what is worth trying again: our storage, or F&O's, out of reach.
    """
    run = services.ledger.change(step.run_id, step.attempt, _with_execution_id)
    start = LedgerStart(services, run, prepare)
    try:
        move = start_execution(start, services.plan.submission.grace_seconds)
    except NotMovedError as error:
        return Submitted(finding=Finding(Outcome.FAILED, str(error)))
    except UnwantedError:
        return Submitted(finding=_canceled(start.run))
    except (SourceChangedError, ResourceNotFoundError):
        reason = "The file was replaced or removed before it was sent to F&O."
        return Submitted(finding=Finding(Outcome.SUPERSEDED, reason))
    return _submitted(services, start.run, move)


def prepare_import(services: Services, run: Run) -> Call:
    """Send the run's package to F&O's storage; returns the call that imports it."""
    route = services.plan.route(run.route)
    request = ImportRequest(
        package_url=send_package(services, run),
        data_project=str(run.data_project),
        execution_id=str(run.execution_id),
        company=str(run.company),
        execute=route.execute,
        overwrite=route.overwrite and not _is_composite(services, run),
    )
    return lambda: services.fno_of(run).import_package(request)


def prepare_export(services: Services, run: Run) -> Call:
    """Return the call that exports the run's data project."""
    preview = run.demand.preview if run.demand else None
    request = ExportRequest(str(run.data_project), str(run.execution_id), str(run.company), preview_count=preview)
    return lambda: services.fno_of(run).export_package(request)


def send_package(services: Services, run: Run) -> str:
    """Move the run's package to F&O's storage and compare it there; returns its URL, a secret.

    Raises what `locate_package`, `upload` and FnoClient raise.
    """
    fno = services.fno_of(run)
    source = locate_package(services.account, run)
    return upload(services.files_of(run), source, lambda: fno.write_url(f"{run.execution_id}.zip"))


def _is_composite(services: Services, run: Run) -> bool:
    """F&O takes composite entities only into a project that exists, and without overwrite (fno-behaviour 2.16)."""
    with open_package(services.account, run) as (package, manifest):
        return composite_label(package, manifest) is not None


class LedgerStart:
    """A run's execution to be started, with its calls counted in the ledger; see landfall.fno.starting.Start."""

    def __init__(self, services: Services, run: Run, prepare: Callable[[Services, Run], Call]) -> None:
        self.run = run
        self._services = services
        self._prepare = prepare
        self._before_call = run.submission

    def calls(self) -> Calls:
        """The calls as the ledger had them when this process last read or changed the row."""
        made = self.run.submission
        age = (self._services.now() - made.last_call).total_seconds() if made.last_call else 0
        return Calls(made.calls, age, made.accepted)

    def prepare(self) -> Call:
        """Get ready what the call needs; UnwantedError when a person has canceled the run."""
        _check_wanted(self.run)
        return self._prepare(self._services, self.run)

    def count(self, change: Literal["made", "unheard", "lost"]) -> None:
        """Write to the ledger what became of a call.

        Raises OvertakenError when another process has called since the row was read: a host that was paused before
        this line must not call as well when it goes on.
        """
        before = self.run.submission
        if change == "made":
            self._before_call = before
        changed = {
            "made": Submission(before.calls + 1, self._services.now()),
            "unheard": self._before_call,
            "lost": Submission(before.calls, self._services.now()),
        }

        def alter(row: Run) -> Run:
            if row.submission != before:
                raise OvertakenError(f"another process is submitting {row.run_id}")
            if change == "made":
                _check_wanted(row)
            return replace(row, submission=changed[change])

        self.run = self._services.ledger.change(self.run.run_id, self.run.attempt, alter)

    def ask(self) -> None:
        """Ask F&O for the execution id."""
        self._services.fno_of(self.run).status(str(self.run.execution_id))


def _with_execution_id(run: Run) -> Run:
    return replace(run, state=State.SUBMITTING, execution_id=run.execution_id or execution_id(run))


def _check_wanted(run: Run) -> None:
    """Raise UnwantedError for a run that was canceled: F&O is not asked to start it, or not once more."""
    if run.unwanted:
        raise UnwantedError(run.run_id)


def _canceled(run: Run) -> Finding:
    if run.submission.calls:
        reason = "F&O did not answer the call that starts it and does not know it now. Look in F&O's Job history."
        return Finding(Outcome.NEEDS_ATTENTION, f"A person canceled the run. {reason}")
    return Finding(Outcome.CANCELED, "A person canceled the run before it was sent to F&O.")


def _submitted(services: Services, run: Run, move: Move) -> Submitted:
    if move.do == "wait":
        return Submitted(wait=move.seconds)
    if move.do == "failed":
        return Submitted(finding=Finding(Outcome.FAILED, move.reason))
    if move.do == "unknown":
        return Submitted(finding=Finding(Outcome.NEEDS_ATTENTION, f"{move.reason} Execution: {run.execution_id}"))
    # Should F&O have chosen another id than ours, that one counts.
    chosen = move.answer or str(run.execution_id)

    def running(row: Run) -> Run:
        submission = replace(row.submission, accepted=True)
        return replace(row, state=State.RUNNING, execution_id=chosen, submission=submission)

    services.ledger.change(run.run_id, run.attempt, running)
    return Submitted(execution_id=chosen)
