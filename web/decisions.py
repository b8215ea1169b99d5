"""What a person decides about a run over HTTP: to wait for it no longer, or what became of it."""

import asyncio
from dataclasses import replace
from http import HTTPStatus

import azure.durable_functions as df

from landfall.instances import start_once
from landfall.ledger.ledger import Ledger
from landfall.records import Action, Finding, Outcome, Run, State, to_json, utc_now
from landfall.services import app_services
from web.access import Role
from web.endpoints import Call, Endpoint, endpoint
from web.lanes import steer
from web.models import Reason, Resolution, RunView, view
from web.problems import ProblemError

bp = df.Blueprint()

NOT_IN_FNO_YET = {State.CLAIMED, State.INTAKE, State.WAITING, State.SUBMITTING}
RESOLUTIONS = {
    "it ran": (Outcome.SUCCEEDED, "looked in F&O and found that it ran"),
    "it did not": (Outcome.FAILED, "looked in F&O and found that it did not run; it may be run again"),
}
NEEDS_PLACE = (
    "say in reason where its package is, for no later one brings its rows; or take the delivery up again "
    "(attempts), or run a full export"
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
    """Wait for a run no longer.

    One that was not sent to F&O ends Canceled. One that F&O may be executing is left to F&O: it becomes NeedsAttention
    at the next look, its data project stays closed to others until F&O is through, and its end is still taken up.
    """
    run = await asyncio.to_thread(give_up, app_services().ledger, call.id, call.who.name, call.body.reason)
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
    """Say what became of a run that needs attention: `it ran` makes it Succeeded, `it did not` Failed.

    What failed may be run again. The file moves to where such files lie, and the receipt says who said so.
    """
    run = await asyncio.to_thread(decide, app_services().ledger, call.id, call.who.name, call.body)
    ending = {"run_id": run.run_id, "attempt": run.attempt, "finding": to_json(run.ending)}
    await start_once(call.client.start_new, "resolve_run", f"{run.instance_id}.resolved", ending)
    return view(run)


def give_up(ledger: Ledger, run_id: str, who: str, why: str | None) -> Run:
    """The run, noted as one that is not waited for; again for the same attempt changes nothing.

    What submission reads before it asks F&O, and every look after that, is this row: so either F&O is never asked, or
    the run is one that F&O may have. Raises ProblemError for a run that F&O is through with.
    """

    def alter(run: Run) -> Run:
        if run.unwanted:
            return run
        if run.outcome or run.state not in {*NOT_IN_FNO_YET, State.RUNNING}:
            stands = f"ended {run.outcome}" if run.outcome else f"is {run.state}, and over in a moment"
            raise ProblemError(HTTPStatus.CONFLICT, f"{run_id} {stands}: there is nothing to wait for")
        what = "waits for it no longer" if run.submission.calls else "canceled it"
        action = Action(utc_now(), who, what, why, run.attempt)
        return replace(run, unwanted=action, history=(*run.history, action))

    return ledger.change(run_id, None, alter)


def decide(ledger: Ledger, run_id: str, who: str, what: Resolution) -> Run:
    """The run with the end that a person has found; said again it is the same.

    Raises ProblemError for a run that needs nobody's attention, and when somebody has said otherwise.
    """
    outcome, found = RESOLUTIONS[what.resolution]

    def alter(run: Run) -> Run:
        if run.outcome != Outcome.NEEDS_ATTENTION:
            stands = f"ended {run.outcome}" if run.outcome else f"is under way ({run.state})"
            raise ProblemError(HTTPStatus.CONFLICT, f"{run_id} {stands}: there is nothing to resolve")
        if run.ending and run.ending.outcome != outcome:
            raise ProblemError(HTTPStatus.CONFLICT, f"{run_id} is about to end {run.ending.outcome} already")
        if run.ending:
            return run
        if run.kind == "export" and outcome == Outcome.SUCCEEDED and not what.reason:
            raise ProblemError(HTTPStatus.CONFLICT, f"{run_id} is an export: {NEEDS_PLACE}")
        action = Action(utc_now(), who, f"said that {what.resolution}", what.reason, run.attempt)
        said = f"{who} {found}" + (f": {what.reason}" if what.reason else "")
        return replace(run, ending=Finding(outcome, said), history=(*run.history, action))

    return ledger.change(run_id, None, alter)
