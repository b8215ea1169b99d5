"""Running a run again over HTTP."""

import asyncio
from dataclasses import dataclass, replace
from http import HTTPStatus
from typing import Any
from uuid import uuid4

import azure.durable_functions as df

from landfall.claims import start_run
from landfall.file_labels import FileLabel
from landfall.ledger.ledger import Ledger
from landfall.records import LANDED, SLOT, Action, Outcome, Run, State, Submission, utc_now
from landfall.services import app_services
from web.access import Role
from web.endpoints import Call, Endpoint, endpoint
from web.models import AttemptRequest, RunView, view
from web.problems import ProblemError

bp = df.Blueprint()

KEPT_TIMES = {LANDED, SLOT, State.CLAIMED}
KEPT_FILES = {FileLabel.ARCHIVE}
UNCERTAIN = (
    "F&O may have run it, or be running it still. Look in its Job history, then say what you found "
    "(POST /api/runs/{id}/resolution), or have the execution taken up again with take_over"
)


@dataclass(frozen=True)
class Wish:
    """A request for one more attempt: who makes it, under which key, and how far it goes."""

    key: str
    who: str
    how: AttemptRequest


@endpoint(
    bp,
    Endpoint(
        "POST",
        "runs/{id}/attempts",
        {HTTPStatus.ACCEPTED: [RunView]},
        role=Role.OPERATE,
        body=AttemptRequest,
        repeatable=True,
        refusals=frozenset({HTTPStatus.CONFLICT}),
    ),
)
async def run_again(call: Call) -> RunView:
    """Run a run again that has ended; the same Idempotency-Key twice is one attempt.

    An import gets a new execution. An export's last execution is taken up again, since F&O will not bring its rows
    twice. Refused while the run is under way, or may be in F&O, and, without `force`, when it succeeded.
    """
    wish = Wish(call.key or uuid4().hex, call.who.name, call.body)
    run = await asyncio.to_thread(reopen, app_services().ledger, call.id, wish)
    await start_run(run, call.client.start_new)
    return view(run)


def reopen(ledger: Ledger, run_id: str, wish: Wish) -> Run:
    """The run with its next attempt claimed, or as it stands when this request was made before.

    Raises RunNotFoundError, and ProblemError for a run that is under way or must not be run again so.
    """
    return ledger.change(
        run_id, None, lambda run: run if wish.key in run.request_keys else _next_attempt(run, wish)
    )


def _next_attempt(run: Run, wish: Wish) -> Run:
    if refusal := _refusal(run, wish.how):
        raise ProblemError(HTTPStatus.CONFLICT, f"{run.run_id} {refusal}")
    done = Action(utc_now(), wish.who, _said(run, wish.how), wish.how.reason, run.attempt)
    return replace(
        run,
        attempt=run.attempt + 1,
        state=State.CLAIMED,
        outcome=None,
        reason=None,
        entities=(),
        times={state: time for state, time in run.times.items() if state in KEPT_TIMES},
        files={label: place for label, place in run.files.items() if label in KEPT_FILES},
        request_keys={**run.request_keys, wish.key: run.attempt + 1},
        history=(*run.history, done),
        restarts=0,
        unwanted=None,
        ending=None,
        **_execution(run),
    )


def _execution(run: Run) -> dict[str, Any]:
    """What the next attempt has of the last one's execution.

    Where F&O may have it, it is the same: then submission asks for its id before it sends anything, and sends it once
    more at the most. An export's is always taken up again.
    """
    if run.kind == "export":
        return {}
    if _may_be_in_fno(run):
        return {"submission": Submission(1, run.submission.last_call)}
    return {"execution_id": None, "execution_page": None, "submission": Submission()}


def _may_be_in_fno(run: Run) -> bool:
    return run.outcome == Outcome.NEEDS_ATTENTION and run.submission.calls > 0


def _refusal(run: Run, how: AttemptRequest) -> str | None:
    """Why the run must not be run again so; None when it may."""
    if run.outcome is None:
        return f"is under way (attempt {run.attempt}, {run.state})"
    why = _no_export(run) if run.kind == "export" else _no_import(run, how)
    return why and f"ended {run.outcome}{why}"


def _no_export(run: Run) -> str | None:
    if run.outcome == Outcome.NEEDS_ATTENTION and run.execution_id:
        return None
    return "; the export's next slot brings what changed since"


def _no_import(run: Run, how: AttemptRequest) -> str | None:
    if run.outcome == Outcome.SUPERSEDED:
        return ": a newer version of the file has a run of its own"
    if run.outcome == Outcome.SUCCEEDED and not (how.force and how.reason):
        return ": it succeeded; to import it again say force, and give the reason"
    if _may_be_in_fno(run) and not how.take_over:
        return f": {UNCERTAIN.format(id=run.run_id)}"
    return None


def _said(run: Run, how: AttemptRequest) -> str:
    if _may_be_in_fno(run):
        return "had the execution taken up again"
    return "ran it again although it had succeeded" if how.force else "ran it again"
