"""Submission: have F&O start an execution, once, whatever happens to the answer.

The execution id is written down before the first call, and each call is counted before it is made. So whoever runs
this step next, after a lost answer or in another process, knows whether F&O may have been asked already: then it
asks for the id first, waits until F&O has had time to know it, and sends at most one call more, with the same id.
Package URL, copy and call are one step, because the URL is a secret that must not reach durable history.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import timedelta

import azure.durable_functions as df
from azure.core.exceptions import ResourceNotFoundError

from activities.boundary import activity
from activities.run_files import locate_package, opened
from landfall.fno import ExportRequest, ImportRequest
from landfall.fno.errors import (
    AuthError,
    ExecutionUnknownError,
    NoAnswerError,
    NotSentError,
    OverlapError,
    RefusedError,
    ThrottledError,
    WrongAddressError,
)
from landfall.ids import execution_id
from landfall.packages.data_checks import composite_label
from landfall.records import Finding, Outcome, Run, State, Step, Submission
from landfall.services import Services
from landfall.storage.fno_files import NotMovedError, upload
from landfall.storage.transfer import SourceChangedError

bp = df.Blueprint()

MAX_CALLS = 2
GRACE_STEP = 15.0
"""Seconds between two questions for an id that F&O may not have noted yet."""


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
    """Bring the package to F&O and have it imported."""
    return submit(services, step, lambda run: _import(services, run))


@activity(bp, Step)
def submit_export(services: Services, step: Step) -> Submitted:
    """Have F&O export a data project."""
    return submit(services, step, lambda run: _export(services, run))


def submit(services: Services, step: Step, call: Callable[[Run], str]) -> Submitted:
    """Start the execution unless F&O may have it already; `call` makes the one call that starts it.

    Raises what is worth trying again: our storage, or F&O's, out of reach.
    """
    run = services.ledger.change(step.run_id, step.attempt, _named)
    try:
        return (_settled(services, run) if run.submission.calls else None) or _started(services, run, call)
    except ThrottledError as busy:
        return Submitted(wait=busy.retry_after)
    except (NoAnswerError, NotSentError):
        return Submitted(wait=GRACE_STEP)
    except RefusedError as refusal:
        return _refused(services, step, refusal)
    except (AuthError, WrongAddressError, NotMovedError) as error:
        return Submitted(finding=Finding(Outcome.FAILED, str(error)))
    except (UnwantedError, SourceChangedError, ResourceNotFoundError) as error:
        return Submitted(finding=_not_sent(run, error))


def _started(services: Services, run: Run, call: Callable[[Run], str]) -> Submitted:
    _ask_whether_wanted(run)
    return _accepted(services, run, call(run))


def _not_sent(run: Run, error: Exception) -> Finding:
    if isinstance(error, UnwantedError):
        if run.submission.calls:
            return _nobody_knows(run)
        return Finding(Outcome.CANCELED, "a person canceled it before it was sent to F&O")
    return Finding(Outcome.SUPERSEDED, "the file was replaced or removed before it was sent")


def _import(services: Services, run: Run) -> str:
    route = services.plan.route(run.route)
    request = ImportRequest(
        package_url=bring_package(services, run),
        data_project=str(run.data_project),
        execution_id=str(run.execution_id),
        company=str(run.company),
        execute=route.execute,
        overwrite=route.overwrite and not _is_composite(services, run),
    )
    with _counted(services, run):
        return services.fno_of(run).import_package(request)


def bring_package(services: Services, run: Run) -> str:
    """Move the run's package to F&O's storage, compare it there, and give its URL: a secret.

    Raises what `locate_package`, `upload` and FnoClient raise.
    """
    fno = services.fno_of(run)
    source = locate_package(services.account, run)
    return upload(services.files_of(run), source, lambda: fno.write_url(f"{run.execution_id}.zip").url)


def _is_composite(services: Services, run: Run) -> bool:
    """F&O takes composite entities only into a project that exists, and without overwrite (fno-behaviour 2.16)."""
    with opened(services.account, run) as (package, manifest):
        return composite_label(package, manifest) is not None


def _export(services: Services, run: Run) -> str:
    preview = run.demand.preview if run.demand else None
    request = ExportRequest(
        str(run.data_project), str(run.execution_id), str(run.company), preview_count=preview
    )
    with _counted(services, run):
        return services.fno_of(run).export_package(request)


@contextmanager
def _counted(services: Services, run: Run) -> Iterator[None]:
    """Write down that F&O is about to be asked; strike that out only when it surely did nothing.

    Raises OvertakenError when somebody has asked since the row was read: a host that was paused before this line
    must not ask too when it goes on.
    """

    def count(before: Submission, after: Submission) -> None:
        def alter(row: Run) -> Run:
            if row.submission != before:
                raise OvertakenError(f"{run.run_id} is being submitted elsewhere")
            _ask_whether_wanted(row)
            return replace(row, submission=after)

        services.ledger.change(run.run_id, run.attempt, alter)

    counted = Submission(run.submission.calls + 1, services.now())
    count(run.submission, counted)
    try:
        yield
    except (ThrottledError, NotSentError, AuthError, WrongAddressError, OverlapError):
        count(counted, run.submission)
        raise


def _ask_whether_wanted(run: Run) -> None:
    """Raise UnwantedError for a run that was canceled: F&O is not asked to start it, or not once more."""
    if run.unwanted:
        raise UnwantedError(run.run_id)


def _settled(services: Services, run: Run) -> Submitted | None:
    """What to do about calls made before; None when another one may be made."""
    try:
        if _is_known(services, run):
            return _accepted(services, run, str(run.execution_id))
    except (RefusedError, AuthError, WrongAddressError) as error:
        # F&O may be running it: an outcome that invites to run the file again would be wrong.
        said = f"F&O was asked to start execution {run.execution_id}, did not answer and cannot be asked now: {error}"
        return Submitted(finding=Finding(Outcome.NEEDS_ATTENTION, said))
    if (wait := _grace_left(services, run)) > 0:
        return Submitted(wait=min(wait, GRACE_STEP))
    if run.submission.accepted:
        return Submitted(finding=_forgotten(run))
    if run.submission.calls >= MAX_CALLS:
        return Submitted(finding=_nobody_knows(run))
    return None


def _named(run: Run) -> Run:
    return replace(run, state=State.SUBMITTING, execution_id=run.execution_id or execution_id(run))


def _is_known(services: Services, run: Run) -> bool:
    try:
        services.fno_of(run).status(str(run.execution_id))
    except ExecutionUnknownError:
        return False
    return True


def _grace_left(services: Services, run: Run) -> float:
    """Seconds until "not found" can be believed; F&O says so for a while about ids it was just given."""
    if run.submission.last_call is None:
        return 0
    grace = timedelta(seconds=services.plan.submission.grace_seconds)
    return (run.submission.last_call + grace - services.now()).total_seconds()


def _accepted(services: Services, run: Run, answered: str) -> Submitted:
    """F&O has it; should it have chosen another id than ours, that one counts."""
    chosen = answered or str(run.execution_id)

    def running(row: Run) -> Run:
        submission = replace(row.submission, accepted=True)
        return replace(row, state=State.RUNNING, execution_id=chosen, submission=submission)

    services.ledger.change(run.run_id, run.attempt, running)
    return Submitted(execution_id=chosen)


def _refused(services: Services, step: Step, refusal: RefusedError) -> Submitted:
    """F&O said no; it may do so because an earlier call was heard, or because another one is in the way.

    The gate keeps our runs apart, but a call that a dead host made goes on in F&O, and others call F&O too.
    """
    run = services.ledger.get(step.run_id)
    in_the_way = isinstance(refusal, OverlapError)
    if (in_the_way or run.submission.calls > 1) and _is_known(services, run):
        return _accepted(services, run, str(run.execution_id))
    if in_the_way:
        return Submitted(wait=GRACE_STEP)
    return Submitted(finding=Finding(Outcome.FAILED, str(refusal)))


def _forgotten(run: Run) -> Finding:
    """Asked again, F&O would run it again: an export would then bring only what has changed since."""
    return Finding(
        Outcome.NEEDS_ATTENTION,
        f"F&O took execution {run.execution_id} and does not know it any more; it keeps its history for seven days",
    )


def _nobody_knows(run: Run) -> Finding:
    return Finding(
        Outcome.NEEDS_ATTENTION,
        f"F&O was asked {run.submission.calls} times to start execution {run.execution_id}, answered neither time "
        "and does not know it now; look in its Job history before running the file again",
    )
