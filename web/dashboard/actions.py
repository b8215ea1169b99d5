"""The actions of the pages: a form calls what the API calls, and a sentence tells the result."""

import asyncio
import hashlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from http import HTTPStatus
from typing import Any, Literal

import azure.durable_functions as df
import azure.functions as func
from pydantic import BaseModel

from landfall.config.types import Environment, Name
from landfall.services import app_services
from web.access import NOTHING_HERE, Principal, Role
from web.attempts import run_again
from web.bulk import BulkRequest, act_on_runs
from web.dashboard import csrf
from web.dashboard.assets import OPEN
from web.dashboard.rendering import page
from web.dashboard.runs import find_title
from web.dashboard.sign_in import admit_visitor
from web.dashboard.words import count
from web.dealing import deal_with, open_again
from web.decisions import cancel_wait, resolve
from web.endpoints import Call, RunId, checked, checked_key, checked_name
from web.environments import hold_environment, release_environment
from web.exports import ExportRequest, run_export
from web.imports import ONE_CHECK, rows_in, start_repair
from web.lanes import LaneId, hold_lane, release_lane, skip_next
from web.models import AttemptRequest, DealtRequest, Reason, RequestModel, Resolution, Text
from web.problems import ProblemError

bp = df.Blueprint()

SHOWN = 5
"""Refusals that a message quotes; the runs' pages say the rest."""


@dataclass(frozen=True)
class SentRepair:
    """The run of corrected rows, and their number in words."""

    run_id: str
    rows: str


async def _send_repair(call: Call) -> SentRepair:
    """Import an uploaded package. The same package twice is one run."""
    upload = call.request.files.get("package")
    content = upload.read() if upload else b""
    run = await start_repair(call, hashlib.sha256(content).hexdigest(), content)
    async with ONE_CHECK:
        number = await asyncio.to_thread(rows_in, content)
    return SentRepair(run.run_id, "Corrected rows" if number is None else count(number, "corrected row"))


class Selected(RequestModel):
    """The form of the list: what to do with the ticked runs."""

    action: Literal["rerun", "cancel", "dealt_with"]
    reason: Text
    run: RunId
    """One of them: the form has this field for each."""


async def _act_on_selected(call: Call) -> str:
    """Act on the ticked runs, and return in words what became of them."""
    runs = call.request.form.getlist("run")
    request = checked(lambda: BulkRequest(action=call.body.action, reason=call.body.reason, runs=runs))
    result = await act_on_runs(replace(call, body=request))
    refused = [each.detail for each in result.runs if each.status != HTTPStatus.OK]
    done = f"{len(runs) - len(refused)} of {count(len(runs), 'run')} done."
    return " ".join([done, *refused[:SHOWN], *(["And more."] if len(refused) > SHOWN else [])])


async def _skip(call: Call) -> str:
    """Skip a run of the lane and return its title."""
    return (await asyncio.to_thread(find_title, app_services(), await skip_next(call))).short


ACTIONS: dict[tuple[str, str], tuple[Callable[[Call], Any], type[BaseModel], str]] = {
    ("runs", "repairs"): (_send_repair, Reason, "{0.rows} sent."),
    ("runs", "attempts"): (run_again, AttemptRequest, "Started attempt {0.attempt}."),
    ("runs", "cancel"): (cancel_wait, Reason, "Stopped waiting for this run."),
    ("runs", "dealt-with"): (deal_with, DealtRequest, "Marked as dealt with."),
    ("runs", "open-again"): (open_again, Reason, "Opened again."),
    ("runs", "bulk"): (_act_on_selected, Selected, "{}"),
    ("runs", "resolution"): (resolve, Resolution, "Recorded. The run will show it in a moment."),
    ("exports", "runs"): (run_export, ExportRequest, "Started the export."),
    ("environments", "hold"): (hold_environment, Reason, "Held the environment."),
    ("environments", "release"): (release_environment, Reason, "Released the environment."),
    ("lanes", "hold"): (hold_lane, Reason, "Held the lane."),
    ("lanes", "release"): (release_lane, Reason, "Released the lane."),
    ("lanes", "skip"): (_skip, Reason, "Skipped {}."),
}
"""By section and name: the function, the model of its form, and the message about the function's result."""
NAMES: dict[str, Any] = {"runs": RunId, "exports": Name, "lanes": LaneId, "environments": Environment}
"""By section: the type of the names in it."""


@bp.route(route="dashboard/{kind}/{id}/{action}", methods=["POST"], auth_level=OPEN)
@bp.durable_client_input(client_name="client")
async def dashboard_action(req: func.HttpRequest, client: df.DurableOrchestrationClient) -> func.HttpResponse:
    """Carry out the action of a form, and show its result."""
    action = ACTIONS.get((req.route_params["kind"], req.route_params["action"]))

    async def serve(who: Principal) -> func.HttpResponse:
        if action is None:
            raise ProblemError(HTTPStatus.NOT_FOUND, NOTHING_HERE)
        if not csrf.is_genuine(req):
            raise ProblemError(HTTPStatus.FORBIDDEN, "This page is out of date. Reload the page and try again.")
        act, model, message = action
        fields = {name: value for name, value in req.form.items() if value}
        key = checked_key(fields.pop("key", None))
        body = checked(lambda: model.model_validate(fields))
        about = checked_name(req.route_params["id"], NAMES[req.route_params["kind"]])
        result = await act(Call(req, client, who, about, body=body, key=key))
        run_id = getattr(result, "run_id", about)
        link = None if run_id == about else run_id
        return page("message.html", text=message.format(result), tone="good", run_id=link)

    return await admit_visitor(req, Role.OPERATE if action else Role.READ, serve, _refuse)


def _refuse(status: HTTPStatus, detail: str) -> func.HttpResponse:
    return page("message.html", status, text=detail, tone="bad", run_id=None)
