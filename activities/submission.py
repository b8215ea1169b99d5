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
from azure.core.exceptions import HttpResponseError, ResourceNotFoundError

from activities.boundary import activity
from activities.roads import Call, Road, road_of
from landfall.fno.starting import Calls, Move, start_execution
from landfall.ids import execution_id
from landfall.records import Closure, Finding, Outcome, Run, State, Step, Submission
from landfall.services import Services
from landfall.storage.pinned import SourceChangedError
from landfall.storage.refusals import is_offline, refusal

bp = df.Blueprint()


class OvertakenError(Exception):
    """Another process submits the same run; the next try finds out what came of it."""


class UnwantedError(Exception):
    """A person has canceled the run, in time."""


@dataclass(frozen=True)
class Submitted:
    """Exactly one of: F&O has the execution (`execution_id`), the run is over (`finding`), or `wait` seconds first.

    With `closure` nothing was sent, and nothing may be until the environment is open again. With `blocked` F&O lets
    nothing in, and may have an earlier call: so the run keeps its lane while it waits.
    """

    execution_id: str | None = None
    finding: Finding | None = None
    wait: float | None = None
    closure: Closure | None = None
    blocked: bool = False


@activity(bp, Step, over=lambda finding: Submitted(finding=finding))
def submit_import(services: Services, step: Step) -> Submitted:
    """Send the package to F&O and have it imported."""
    return submit(services, step)


@activity(bp, Step, over=lambda finding: Submitted(finding=finding))
def submit_export(services: Services, step: Step) -> Submitted:
    """Have F&O export a data project."""
    return submit(services, step)


def submit(services: Services, step: Step, choose: Callable[[Run], Road] = road_of) -> Submitted:
    """Start the execution on its road unless F&O may have it already.

    Raises what is worth trying again: our storage, or F&O's, out of reach.
    """
    run = services.ledger.change(step.run_id, step.attempt, _with_execution_id)
    if not run.submission.calls and (closure := closure_for(services, run)):
        return _step_back(services, run, closure)
    start = LedgerStart(services, run, choose(run))
    try:
        move = start_execution(start, services.plan.submission.grace_seconds)
    except UnwantedError:
        return Submitted(finding=cancellation(start.run))
    except (SourceChangedError, ResourceNotFoundError):
        reason = "The file was replaced or removed before it was sent to F&O."
        return Submitted(finding=Finding(Outcome.SUPERSEDED, reason))
    except HttpResponseError as error:
        if start.run.submission.calls or not is_offline(error):
            raise
        return Submitted(finding=Finding(Outcome.FAILED, f"The file cannot be read: {refusal(error)}."))
    run = start.run
    if move.do in {"wait", "blocked"} and not run.submission.calls and (closure := closure_for(services, run)):
        return _step_back(services, run, closure)
    return _record(services, run, move)


def closure_for(services: Services, run: Run) -> Closure | None:
    """Why the run may not go to its environment now; None when it may."""
    closure = services.closure(run.environment)
    return closure if closure and (run.route or run.export) not in closure.excepted else None


def _step_back(services: Services, run: Run, closure: Closure) -> Submitted:
    """Have the run wait again, with the reason: F&O has surely not heard of it."""

    def waiting(row: Run) -> Run:
        return row if row.outcome else replace(row, state=State.WAITING, reason=closure.words, execution_id=None)

    services.ledger.change(run.run_id, run.attempt, waiting)
    return Submitted(closure=closure)


class LedgerStart:
    """A run's execution to be started, with its calls counted in the ledger; see landfall.fno.starting.Start."""

    def __init__(self, services: Services, run: Run, road: Road) -> None:
        self.run = run
        self._services = services
        self._road = road
        self._before_call = run.submission

    def calls(self) -> Calls:
        """The calls as the ledger had them when this process last read or changed the row."""
        made = self.run.submission
        age = (self._services.now() - made.last_call).total_seconds() if made.last_call else 0
        return Calls(made.calls, age, made.accepted)

    def prepare(self) -> Call:
        """Get ready what the call needs; UnwantedError when a person has canceled the run."""
        check_wanted(self.run)
        return self._road.start(self._services, self.run)

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
                check_wanted(row)
            return replace(row, submission=changed[change])

        self.run = self._services.ledger.change(self.run.run_id, self.run.attempt, alter)

    def ask(self) -> str:
        """The id under which F&O has the execution, empty for the run's own."""
        return self._road.find(self._services, self.run)


def _with_execution_id(run: Run) -> Run:
    return replace(run, state=State.SUBMITTING, reason=None, execution_id=run.execution_id or execution_id(run))


def check_wanted(run: Run) -> None:
    """Raise UnwantedError for a run that was canceled: F&O is not asked to start it, or not once more."""
    if run.unwanted:
        raise UnwantedError(run.run_id)


def cancellation(run: Run) -> Finding:
    """How a run ends that a person canceled before F&O had surely got it."""
    if run.submission.calls:
        reason = "F&O did not answer the call that starts it and does not know it now. Look in F&O's Job history."
        return Finding(Outcome.NEEDS_ATTENTION, f"A person canceled the run. {reason}")
    return Finding(Outcome.CANCELED, "A person canceled the run before it was sent to F&O.")


def _record(services: Services, run: Run, move: Move) -> Submitted:
    if move.do in {"wait", "blocked"}:
        closure = services.closure(run.environment)
        if closure:
            services.ledger.change(run.run_id, run.attempt, lambda row: replace(row, reason=closure.words))
        return Submitted(wait=move.seconds, blocked=closure is not None)
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
