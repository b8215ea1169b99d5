"""One action on many runs over HTTP. A refusal of one run stops no other."""

import asyncio
import hashlib
import logging
from collections.abc import Callable
from dataclasses import replace
from http import HTTPStatus
from typing import Annotated, Any, Literal

import azure.durable_functions as df
from pydantic import BaseModel, Field, model_validator

from landfall.fno.redaction import shorten
from landfall.ledger.ledger import Ledger, RunNotFoundError
from landfall.ledger.requests import Request
from landfall.services import app_services
from web.access import Role
from web.attempts import run_again
from web.dealing import deal_with
from web.decisions import cancel_wait
from web.endpoints import Call, Endpoint, RunId, endpoint
from web.models import (
    AttemptRequest,
    DealtRequest,
    PageToken,
    Reason,
    RequestModel,
    ResponseModel,
    RunView,
    Text,
    Wanted,
)
from web.problems import ProblemError
from web.repeats import other_body

bp = df.Blueprint()
log = logging.getLogger("landfall")

MAX_RUNS = 100
"""Of one request. Azure cuts requests after 230 seconds, and each run takes a few requests to storage."""
MAX_DETAIL = 500


class BulkRequest(RequestModel):
    """What to do with which runs: those that `runs` names, or those that match `filter`."""

    action: Literal["rerun", "cancel", "dealt_with"]
    runs: Annotated[list[RunId], Field(min_length=1, max_length=MAX_RUNS)] | None = None
    filter: Wanted | None = None
    """As `GET /api/runs` takes it. A request acts on 100 runs at most; the answer's `next` leads to more."""
    next: PageToken | None = None
    """The `next` of the answer before, with the same filter and another Idempotency-Key."""
    reason: Text

    @model_validator(mode="after")
    def _one_choice(self) -> "BulkRequest":
        if (self.runs is None) == (self.filter is None):
            raise ValueError("set either runs or filter")
        if self.next and self.runs:
            raise ValueError("next goes with filter")
        return self


class BulkAnswer(ResponseModel):
    """What became of one run: 200 or the status with which a request about it alone is refused, and a sentence."""

    run_id: str
    status: int
    detail: str


class BulkResult(ResponseModel):
    """What became of each run."""

    runs: tuple[BulkAnswer, ...]
    next: str | None = None
    """Set if more runs may match the filter."""


async def _rerun(call: Call) -> RunView:
    """Run a run again, unless it is dealt with: then its rows would go to F&O twice."""
    run = await asyncio.to_thread(app_services().ledger.get, call.id)
    if run.dealt_with and call.key not in run.request_keys:
        detail = f"Run {run.run_id} is dealt with. Run it again by itself if you want its rows once more."
        raise ProblemError(HTTPStatus.CONFLICT, detail)
    run_view: RunView = await run_again(call)
    return run_view


ACTIONS: dict[str, tuple[Callable[[Call], Any], type[BaseModel], str]] = {
    "rerun": (_rerun, AttemptRequest, "Started attempt {0.attempt}."),
    "cancel": (cancel_wait, Reason, "Stopped waiting for it."),
    "dealt_with": (deal_with, DealtRequest, "Dealt with."),
}
"""By name: what is called for each run, the model of its body, and the sentence about its result."""


@endpoint(
    bp,
    Endpoint(
        "POST",
        "runs/bulk",
        {HTTPStatus.OK: [BulkResult]},
        role=Role.OPERATE,
        body=BulkRequest,
        repeatable=True,
        refusals=frozenset({HTTPStatus.CONFLICT}),
    ),
)
async def act_on_runs(call: Call) -> BulkResult:
    """Run many runs again, stop waiting for them, or mark them as dealt with.

    Each run gets its own answer. Requests with the same Idempotency-Key act once on each run, on those that the first
    one found, and get the same answer.
    """
    ledger, wanted = app_services().ledger, call.body
    request = await asyncio.to_thread(find_runs, ledger, call.key, wanted)
    answers = request.answers or [await _act(call, run_id) for run_id in request.runs]
    if call.key and all(status != HTTPStatus.INTERNAL_SERVER_ERROR for status, _ in answers):
        await asyncio.to_thread(ledger.requests.finish, call.key, answers)
    listed = zip(request.runs, answers, strict=True)
    return BulkResult(
        runs=tuple(BulkAnswer(run_id=run_id, status=status, detail=detail) for run_id, (status, detail) in listed),
        next=request.next,
    )


def find_runs(ledger: Ledger, key: str | None, wanted: BulkRequest) -> Request:
    """The runs of a request, found now or when it came first; raises ProblemError if its key came with another body."""
    body = hashlib.sha256(wanted.model_dump_json(exclude_defaults=True).encode()).hexdigest()
    if wanted.filter is None:
        request = Request(body, tuple(dict.fromkeys(wanted.runs or ())))
    else:
        page = ledger.lists.page(wanted.filter.filter(), MAX_RUNS, wanted.next)
        request = Request(body, tuple(run.run_id for run in page.runs), page.next)
    claimed = ledger.requests.claim(key, request) if key else request
    if claimed.body != body:
        raise other_body()
    return claimed


async def _act(call: Call, run_id: str) -> tuple[int, str]:
    """Act on one run. Returns the status and the sentence of its answer."""
    act, model, sentence = ACTIONS[call.body.action]
    key = call.key and f"bulk {call.key}"  # no key of a request about one run holds a space
    try:
        run = await act(replace(call, id=run_id, body=model(reason=call.body.reason), key=key))
        status, detail = HTTPStatus.OK, sentence.format(run)
    except ProblemError as refusal:
        status, detail = refusal.status, refusal.detail
    except RunNotFoundError as error:
        status, detail = HTTPStatus.NOT_FOUND, str(error)
    except Exception:
        log.exception("%s of %s failed", call.body.action, run_id)
        detail = "Internal error; see the app's log. Send the request again under the same Idempotency-Key."
        status = HTTPStatus.INTERNAL_SERVER_ERROR
    return int(status), shorten(detail, MAX_DETAIL)
