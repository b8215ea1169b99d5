"""What a person does on a page: the API's own doings, asked for by a form and answered in a sentence."""

import asyncio
import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any
from urllib.parse import unquote

import azure.durable_functions as df
import azure.functions as func
from pydantic import BaseModel, ValidationError

from landfall.claims import start_run
from landfall.ledger.ledger import RunNotFoundError
from landfall.records import Run
from landfall.services import app_services
from web.access import Principal, Role, is_cross_site
from web.attempts import run_again
from web.dashboard import csrf
from web.dashboard.assets import OPEN
from web.dashboard.rendering import page
from web.dashboard.sign_in import ask_to_sign_in, visitor
from web.decisions import cancel_wait, resolve
from web.endpoints import Call
from web.exports import ExportRequest, run_export
from web.imports import Repair, land
from web.lanes import hold_lane, release_lane, skip_in_lane
from web.models import AttemptRequest, Reason, Resolution
from web.problems import ProblemError

bp = df.Blueprint()


@dataclass(frozen=True)
class Deed:
    """What the API does, what it wants to be told, and what the page says then; `names` where that is of a new run."""

    do: Callable[[Call], Any]
    told: type[BaseModel]
    said: str
    names: bool = False

    def call(
        self, req: func.HttpRequest, client: df.DurableOrchestrationClient, who: Principal, about: str
    ) -> Call:
        """The API's call, made of a form's fields; raises ProblemError for what is missing or wrong in them."""
        fields = {name: value for name, value in req.form.items() if value}
        key = fields.pop("key", None)
        try:
            body = self.told.model_validate(fields)
        except ValidationError as error:
            wrong = "; ".join(
                f"{each['loc'][0] if each['loc'] else 'form'}: {each['msg']}" for each in error.errors()
            )
            raise ProblemError(HTTPStatus.BAD_REQUEST, wrong) from None
        return Call(req, client, who, about, body=body, key=key)


async def _repaired(call: Call) -> Run:
    """The run of an uploaded package; the same package twice is one run."""
    sent = call.request.files.get("package")
    content = sent.read() if sent else b""
    repair = Repair(call.id, call.who.name, hashlib.sha256(content).hexdigest(), content)
    run = await asyncio.to_thread(land, app_services(), repair)
    await start_run(run, call.client.start_new)
    return run


DEEDS = {
    ("runs", "repairs"): Deed(_repaired, Reason, "The corrected rows are on their way.", names=True),
    ("runs", "attempts"): Deed(run_again, AttemptRequest, "It runs again."),
    ("runs", "cancel"): Deed(cancel_wait, Reason, "It is waited for no longer."),
    ("runs", "resolution"): Deed(resolve, Resolution, "That is noted; the run ends so in a moment."),
    ("exports", "runs"): Deed(run_export, ExportRequest, "The export is on its way.", names=True),
    ("lanes", "hold"): Deed(hold_lane, Reason, "The lane is being held."),
    ("lanes", "release"): Deed(release_lane, Reason, "The lane goes on."),
    ("lanes", "skip"): Deed(skip_in_lane, Reason, "It is passed over."),
}


@bp.route(route="dashboard/{kind}/{id}/{action}", methods=["POST"], auth_level=OPEN)
@bp.durable_client_input(client_name="client")
async def dashboard_action(req: func.HttpRequest, client: df.DurableOrchestrationClient) -> func.HttpResponse:
    """Do what a form asks for, and say what came of it."""
    who = await asyncio.to_thread(visitor, req)
    if who is None:
        return ask_to_sign_in(req)
    deed = DEEDS.get((req.route_params["kind"], req.route_params["action"]))
    if deed is None or not who.may(Role.READ):
        return _said(HTTPStatus.NOT_FOUND, "There is nothing here.")
    try:
        _check(who, req)
        made = await deed.do(deed.call(req, client, who, unquote(req.route_params["id"])))
    except ProblemError as error:
        return _said(error.status, error.detail)
    except RunNotFoundError as error:
        return _said(HTTPStatus.NOT_FOUND, str(error))
    return page("said.html", words=deed.said, tone="good", run_id=made.run_id if deed.names else None)


def _check(who: Principal, req: func.HttpRequest) -> None:
    """Raise ProblemError for who may only look, and for what a page of ours did not ask for."""
    if not who.may(Role.OPERATE):
        raise ProblemError(HTTPStatus.FORBIDDEN, f"this needs the role {Role.OPERATE}")
    if is_cross_site(req.headers) or not csrf.is_genuine(req):
        raise ProblemError(
            HTTPStatus.FORBIDDEN, "this did not come from this page; load it anew and try again"
        )


def _said(status: HTTPStatus, words: str) -> func.HttpResponse:
    return page("said.html", status, words=words, tone="bad", run_id=None)
