"""Decisions of a person about a run over HTTP: to stop waiting for it, or to record its outcome."""

import asyncio
from dataclasses import replace
from http import HTTPStatus

import azure.durable_functions as df

from landfall.claims import start_once
from landfall.ledger.ledger import Ledger
from landfall.records import Action, Finding, Outcome, Run, State, to_json, utc_now
from landfall.services import app_services
from web.access import Role, person
from web.endpoints import Call, Endpoint, endpoint
from web.lanes import steer
from web.models import Reason, Resolution, RunView, view
from web.problems import ProblemError

bp = df.Blueprint()

AFTER_FNO = {State.COLLECTING, State.ARCHIVING, State.DONE}
RESOLUTIONS = {"it ran": (Outcome.SUCCEEDED, "it ran"), "it did not": (Outcome.FAILED, "it did not run")}
NEEDS_REASON = (
    "is an export whose rows no later export brings: say in reason where its package is. "
    "Otherwise resume its delivery (attempts), or run a full export."
)


@endpoint(
    bp,
    Endpoint(
        "POST",
        "runs/{id}/cancel",
        {HTTPStatus.ACCEPTED: [RunView]},
        role=Role.OPERATE,
        body=Reason,
        refusals=frozenset({HTTPStatus.CONFLICT}),
    ),
)
async def cancel_wait(call: Call) -> RunView:
    """Stop waiting for a run.

    A run that was not sent to F&O ends Canceled. F&O may already be running another, and cannot be stopped: the run
    becomes NeedsAttention at the next status check, its data project stays closed to other runs until F&O finishes,
    and Landfall still records the result.
    """
    run = await asyncio.to_thread(give_up, app_services().ledger, call.id, call.who.name, call.body.reason, call.key)
    if not run.submission.calls:
        await steer(call.client, "pass_over", run.instance_id)
    return view(run)


@endpoint(
    bp,
    Endpoint(
        "POST",
        "runs/{id}/resolution",
        {HTTPStatus.ACCEPTED: [RunView]},
        role=Role.OPERATE,
        body=Resolution,
        refusals=frozenset({HTTPStatus.CONFLICT}),
    ),
)
async def resolve(call: Call) -> RunView:
    """Record the outcome of a run that needs attention: `it ran` makes it Succeeded, `it did not` Failed.

    A failed run can be run again. The file moves to the archive folder of its outcome, and the receipt names the
    person who recorded it.
    """
    run = await asyncio.to_thread(decide, app_services().ledger, call.id, call.who.name, call.body)
    ending = {"run_id": run.run_id, "attempt": run.attempt, "finding": to_json(run.ending)}
    await start_once(call.client.start_new, "resolve_run", f"{run.instance_id}.resolved", ending)
    return view(run)


def can_cancel(run: Run) -> bool:
    """Whether there is still something to wait for: F&O does not have the run yet, or has not finished it."""
    return run.outcome is None and run.state not in AFTER_FNO


def give_up(ledger: Ledger, run_id: str, who: str, why: str | None, key: str | None = None) -> Run:
    """Note that nobody waits for the run's present attempt; a second time changes nothing. Returns the run.

    A request with a key stops one attempt, also if it comes again while the next one is under way.

    Submission reads this row before it asks F&O, and so does every later status check. So F&O is never asked, or the
    run counts as one that F&O may have. Raises ProblemError for a run that F&O has finished.
    """

    def alter(run: Run) -> Run:
        if run.unwanted or key in run.request_keys:
            return run
        if not can_cancel(run):
            status = f"ended {run.outcome}" if run.outcome else f"is {run.state} and ends in a moment"
            raise ProblemError(HTTPStatus.CONFLICT, f"Run {run_id} {status}, so there is nothing to cancel.")
        what = "stopped waiting" if run.submission.calls else "canceled it"
        action = Action(utc_now(), who, what, why, run.attempt)
        keys = {**run.request_keys, key: run.attempt} if key else run.request_keys
        return replace(run, unwanted=action, history=(*run.history, action), request_keys=keys)

    return ledger.change(run_id, None, alter)


def decide(ledger: Ledger, run_id: str, who: str, what: Resolution) -> Run:
    """Note the outcome that a person has found; a second time changes nothing. Returns the run.

    Raises ProblemError for a run that does not need attention, and after a different decision.
    """
    outcome, finding = RESOLUTIONS[what.resolution]

    def alter(run: Run) -> Run:
        if run.outcome != Outcome.NEEDS_ATTENTION:
            status = f"ended {run.outcome}" if run.outcome else f"is {run.state}"
            raise ProblemError(HTTPStatus.CONFLICT, f"Run {run_id} {status}, so there is nothing to resolve.")
        if run.ending and run.ending.outcome != outcome:
            detail = f"Run {run_id} is about to end {run.ending.outcome} already."
            raise ProblemError(HTTPStatus.CONFLICT, detail)
        if run.ending:
            return run
        if run.kind == "export" and outcome == Outcome.SUCCEEDED and not what.reason:
            raise ProblemError(HTTPStatus.CONFLICT, f"Run {run_id} {NEEDS_REASON}")
        action = Action(utc_now(), who, f"recorded that {finding}", what.reason, run.attempt)
        reason = f"{person(who)} looked in F&O and found that {finding}"
        reason += f": {what.reason}" if what.reason else ""
        return replace(run, ending=Finding(outcome, reason), history=(*run.history, action))

    return ledger.change(run_id, None, alter)
