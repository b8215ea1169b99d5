"""Failures that a person has dealt with, over HTTP: mark one, or open it again."""

import asyncio
from dataclasses import replace
from http import HTTPStatus

import azure.durable_functions as df

from landfall.ledger.ledger import Ledger
from landfall.records import Action, Dealt, Outcome, Run, utc_now
from landfall.services import app_services
from web.access import Role
from web.endpoints import Call, Endpoint, endpoint
from web.models import DealtRequest, RunView, view
from web.problems import ProblemError

bp = df.Blueprint()

UNKNOWN = (
    "needs attention, because nobody knows what F&O did with it. Record its outcome first (POST "
    "/api/runs/{id}/resolution)."
)


@endpoint(
    bp,
    Endpoint(
        "POST",
        "runs/{id}/dealt-with",
        {HTTPStatus.OK: [RunView]},
        role=Role.OPERATE,
        body=DealtRequest,
        refusals=frozenset({HTTPStatus.CONFLICT}),
    ),
)
async def deal_with(call: Call) -> RunView:
    """Mark a failure as dealt with.

    It leaves the open failures, and stays in the lists with the reason. A failure that a repair or a person has dealt
    with stays as it is. A run that needs attention is refused: first record its outcome.
    """
    ledger, reason = app_services().ledger, call.body.reason
    return view(await asyncio.to_thread(mark_dealt_with, ledger, call.id, call.who.name, reason, call.key))


@endpoint(bp, Endpoint("DELETE", "runs/{id}/dealt-with", {HTTPStatus.OK: [RunView]}, role=Role.OPERATE))
async def open_again(call: Call) -> RunView:
    """Count a failure among the open ones again. A run that is not dealt with stays as it is."""
    why = call.body.reason if call.body else None
    return view(await asyncio.to_thread(open_failure_again, app_services().ledger, call.id, call.who.name, why))


def can_deal_with(run: Run) -> bool:
    """Whether a person can mark the run as dealt with."""
    return run.is_open_failure and run.outcome != Outcome.NEEDS_ATTENTION


def mark_dealt_with(ledger: Ledger, run_id: str, who: str, reason: str, key: str | None = None) -> Run:
    """Note why the failure needs nobody any more; a second time changes nothing. Returns the run.

    Raises ProblemError for a run that is no open failure, or whose outcome nobody knows. A request with a key does this
    once, also if it comes again after the failure was opened again.
    """

    def alter(run: Run) -> Run:
        if run.dealt_with or key in run.request_keys:
            return run
        if not can_deal_with(run):
            raise ProblemError(HTTPStatus.CONFLICT, f"Run {run_id} {_refusal(run)}")
        action = Action(utc_now(), who, "marked it as dealt with", reason, run.attempt)
        keys = {**run.request_keys, key: run.attempt} if key else run.request_keys
        dealt = Dealt(action.at, who, reason)
        return replace(run, dealt_with=dealt, history=(*run.history, action), request_keys=keys)

    return ledger.change(run_id, None, alter)


def open_failure_again(ledger: Ledger, run_id: str, who: str, why: str | None = None) -> Run:
    """Take back that the failure is dealt with; a second time changes nothing. Returns the run."""

    def alter(run: Run) -> Run:
        if run.dealt_with is None:
            return run
        action = Action(utc_now(), who, "opened the failure again", why, run.attempt)
        return replace(run, dealt_with=None, history=(*run.history, action))

    return ledger.change(run_id, None, alter)


def _refusal(run: Run) -> str:
    if run.outcome == Outcome.NEEDS_ATTENTION:
        return UNKNOWN.format(id=run.run_id)
    if run.outcome is None:
        return f"has not ended: attempt {run.attempt} is {run.state}. Wait for it to end, or cancel it."
    return f"ended {run.outcome}, so there is nothing to deal with."
