"""Run a run again over HTTP."""

import asyncio
from dataclasses import dataclass, replace
from http import HTTPStatus
from typing import Any
from uuid import uuid4

import azure.durable_functions as df

from landfall.claims import start_run
from landfall.ledger.file_labels import is_archived
from landfall.ledger.ledger import Ledger
from landfall.records import LANDED, SLOT, Action, Outcome, Run, State, Submission, utc_now
from landfall.services import app_services
from web.access import Role
from web.endpoints import Call, Endpoint, endpoint
from web.models import AttemptRequest, RunView, view
from web.problems import ProblemError
from web.repeats import with_body

bp = df.Blueprint()

KEPT_TIMES = {LANDED, SLOT, State.CLAIMED}
UNCERTAIN = (
    ", and F&O may have run it or still be running it. Check Job history in F&O, then record the outcome "
    "(POST /api/runs/{id}/resolution) or resume the same execution with take_over."
)


@dataclass(frozen=True)
class Retry:
    """A request for one more attempt: its idempotency key, the sender, and the request itself."""

    key: str
    who: str
    request: AttemptRequest


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
    """Run a run again that has ended. Requests with the same Idempotency-Key make one attempt.

    An import gets a new execution. An export resumes its last execution, because F&O exports changed rows only once.
    Landfall refuses while the run has not ended, while F&O may still be running it, and, without `force`, after a
    success.
    """
    retry = Retry(call.key or uuid4().hex, call.who.name, call.body)
    run = await asyncio.to_thread(reopen, app_services().ledger, call.id, retry)
    await start_run(run, call.client.start_new)
    return view(run)


def reopen(ledger: Ledger, run_id: str, retry: Retry) -> Run:
    """Claim the run's next attempt, unless this request has done so before. Returns the run.

    Raises RunNotFoundError, and ProblemError for a run that has not ended or must not run again, and for a key that
    came with another body before.
    """
    body = retry.request.model_dump_json(exclude_defaults=True).encode()

    def alter(run: Run) -> Run:
        noted = with_body(run, retry.key, body)
        return run if retry.key in run.request_keys else _next_attempt(noted, retry)

    return ledger.change(run_id, None, alter)


def _next_attempt(run: Run, retry: Retry) -> Run:
    if refusal := _refusal(run, retry.request):
        raise ProblemError(HTTPStatus.CONFLICT, f"Run {run.run_id} {refusal}")
    what = _action(run, retry.request)
    action = Action(utc_now(), retry.who, what, retry.request.reason, run.attempt)
    return replace(
        run,
        attempt=run.attempt + 1,
        state=State.CLAIMED,
        outcome=None,
        reason=None,
        entities=(),
        times={state: time for state, time in run.times.items() if state in KEPT_TIMES},
        files={label: path for label, path in run.files.items() if is_archived(label)},
        request_keys={**run.request_keys, retry.key: run.attempt + 1},
        history=(*run.history, action),
        restarts=0,
        reached=0,
        reads=0,
        unwanted=None,
        ending=None,
        dealt_with=None,
        **_execution(run),
    )


def _execution(run: Run) -> dict[str, Any]:
    """The fields of the next attempt that name its execution.

    An execution that F&O may have stays the same: submission then asks F&O for its id before it sends anything, and
    sends it once more at most. An export always keeps its execution.
    """
    if run.kind == "export":
        return {}
    if may_be_in_fno(run):
        return {"submission": Submission(1, run.submission.last_call)}
    return {"execution_id": None, "execution_page": None, "submission": Submission()}


def may_be_in_fno(run: Run) -> bool:
    """Whether F&O may have the execution of a run that needs attention."""
    return run.outcome == Outcome.NEEDS_ATTENTION and run.submission.calls > 0


def _refusal(run: Run, request: AttemptRequest) -> str | None:
    """Why the run must not run again in this way; None if it may."""
    if run.outcome is None:
        return f"has not ended: attempt {run.attempt} is {run.state}. Wait for it to end, or cancel it."
    why = _export_refusal(run) if run.kind == "export" else _import_refusal(run, request)
    return why and f"ended {run.outcome}{why}"


def _export_refusal(run: Run) -> str | None:
    if run.outcome == Outcome.NEEDS_ATTENTION and run.execution_id:
        return None
    return ". The export's next run brings what has changed since."


def _import_refusal(run: Run, request: AttemptRequest) -> str | None:
    if run.outcome == Outcome.SUPERSEDED:
        other = (
            f"Run {run.same_as} has its content" if run.same_as else "A newer version of the file has a run of its own"
        )
        return f". {other}: run that one again instead."
    if run.outcome == Outcome.SUCCEEDED and not (request.force and request.reason):
        return ". To import it again, send force and a reason."
    if may_be_in_fno(run) and not request.take_over:
        return UNCERTAIN.format(id=run.run_id)
    return None


def _action(run: Run, request: AttemptRequest) -> str:
    if may_be_in_fno(run):
        return "resumed the same execution"
    return "ran it again although it had succeeded" if request.force else "ran it again"
