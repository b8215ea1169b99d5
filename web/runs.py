"""Runs over HTTP: list them, look at one, run one again."""

import asyncio
import re
from dataclasses import replace
from http import HTTPStatus
from typing import Any
from uuid import uuid4

import azure.durable_functions as df
import azure.functions as func

from activities.claims import begin
from landfall.ledger import Ledger, RunNotFoundError
from landfall.records import Outcome, Run, State, Submission, shown
from landfall.run_lists import RunFilter
from landfall.services import services
from web.problems import answer, problem

bp = df.Blueprint()

MAX_RUNS = 1000
KEY = "Idempotency-Key"
MAX_KEY = 100
KEPT_TIMES = {"Landed", "Slot", State.CLAIMED}
KEPT_FILES = {"archive"}
FINAL = {
    Outcome.SUCCEEDED: "it succeeded",
    Outcome.SUPERSEDED: "a newer version of the file has a run of its own",
    Outcome.NEEDS_ATTENTION: "F&O may have run it, or be running it still: look in its Job history first",
}


class ConflictError(Exception):
    """The run cannot be run again now; the message says why."""


@bp.route(route="runs", methods=["GET"])
def list_runs(req: func.HttpRequest) -> func.HttpResponse:
    """The latest runs, newest first; `limit` says how many."""
    limit = req.params.get("limit", "100")
    if not re.fullmatch(r"[0-9]{1,4}", limit) or not 0 < int(limit) <= MAX_RUNS:
        return problem(HTTPStatus.BAD_REQUEST, f"limit must be a number from 1 to {MAX_RUNS}")
    return answer(
        {"runs": [shown(run) for run in services().ledger.lists.page(RunFilter(), int(limit)).runs]}
    )


@bp.route(route="runs/{id}", methods=["GET"])
def get_run(req: func.HttpRequest) -> func.HttpResponse:
    """One run."""
    try:
        return answer(shown(services().ledger.get(req.route_params["id"])))
    except RunNotFoundError as error:
        return problem(HTTPStatus.NOT_FOUND, str(error))


@bp.route(route="runs/{id}/attempts", methods=["POST"])
@bp.durable_client_input(client_name="client")
async def run_again(req: func.HttpRequest, client: df.DurableOrchestrationClient) -> func.HttpResponse:
    """Run a finished import again; the same Idempotency-Key twice is one attempt."""
    key = req.headers.get(KEY) or uuid4().hex
    if len(key) > MAX_KEY:
        return problem(HTTPStatus.BAD_REQUEST, f"{KEY} must not be longer than {MAX_KEY} characters")
    try:
        run = await asyncio.to_thread(reopen, services().ledger, req.route_params["id"], key)
    except RunNotFoundError as error:
        return problem(HTTPStatus.NOT_FOUND, str(error))
    except ConflictError as error:
        return problem(HTTPStatus.CONFLICT, str(error))
    await begin(run, client.start_new)
    return answer(shown(run), HTTPStatus.ACCEPTED)


def reopen(ledger: Ledger, run_id: str, key: str) -> Run:
    """The run with its next attempt claimed, or as it stands when this request was made before.

    Raises RunNotFoundError, and ConflictError for a run that is still under way or must not be run again.
    """
    return ledger.change(
        run_id, None, lambda run: run if key in run.request_keys else _next_attempt(run, key)
    )


def _next_attempt(run: Run, key: str) -> Run:
    if refusal := _refusal(run):
        raise ConflictError(f"{run.run_id} {refusal}")
    # An import is executed anew; an export's execution is taken up again, since F&O will not bring its rows twice.
    anew: dict[str, Any] = {}
    if run.kind == "import":
        anew = {"execution_id": None, "execution_page": None, "submission": Submission()}
    return replace(
        run,
        attempt=run.attempt + 1,
        state=State.CLAIMED,
        outcome=None,
        reason=None,
        entities=(),
        times={state: time for state, time in run.times.items() if state in KEPT_TIMES},
        files={label: place for label, place in run.files.items() if label in KEPT_FILES},
        request_keys={**run.request_keys, key: run.attempt + 1},
        restarts=0,
        **anew,
    )


def _refusal(run: Run) -> str | None:
    """Why the run must not be run again now; None when it may."""
    if run.outcome is None:
        return f"is under way (attempt {run.attempt}, {run.state})"
    if run.kind == "import":
        asked = run.outcome != Outcome.NEEDS_ATTENTION or run.submission.calls
        return f"ended {run.outcome}: {FINAL[run.outcome]}" if run.outcome in FINAL and asked else None
    if run.outcome == Outcome.NEEDS_ATTENTION and run.execution_id:
        return None
    return f"ended {run.outcome}; the export's next slot brings what changed since"
