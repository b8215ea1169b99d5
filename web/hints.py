"""Hints over HTTP: somebody outside says that an execution may have ended, and Landfall looks at once.

Whatever a hint says, the status is still read from F&O. A run notes what it waits for, and the first hint takes that
out. So a lie, a repetition or a flood of hints costs a look in five seconds at most, and changes no outcome.
"""

import asyncio
import hmac
import json
import logging
import re
from collections.abc import Iterator
from dataclasses import replace
from http import HTTPStatus
from typing import Any

import azure.durable_functions as df
import azure.functions as func

from landfall.config.settings import settings
from landfall.ledger.ledger import RunNotFoundError
from landfall.ledger.lists import RunFilter
from landfall.records import Run, State, Watcher
from landfall.services import Services, app_services
from web.endpoints import ANY, JSON, Call, Endpoint, endpoint
from web.models import ResponseModel
from web.problems import ProblemError

bp = df.Blueprint()
log = logging.getLogger("landfall")

MAX_BYTES = 64 * 1024
MOST_RUNS = 20
"""Runs that one hint may be about."""
HEADER = "x-landfall-hints-key"
OUR_RUN = re.compile(r"imp-[0-9a-f]{32}|exp-[A-Za-z][\w-]{0,62}-[A-Z0-9]{1,4}-(?:\d{8}T\d{6}Z|[0-9a-f]{16})")
"""A run's id, which is part of the execution ids that Landfall makes."""
VALIDATION = "Microsoft.EventGrid.SubscriptionValidationEvent"
ASKS, ALLOWS, RATE = "WebHook-Request-Origin", "WebHook-Allowed-Origin", "WebHook-Allowed-Rate"
"""Headers of the handshake of CloudEvents' webhooks."""


class Hinted(ResponseModel):
    """A hint was taken; it is the same answer whether or not it was about a run."""

    taken: bool = True


@endpoint(
    bp,
    Endpoint(
        "POST",
        "hints",
        {HTTPStatus.ACCEPTED: [Hinted], HTTPStatus.OK: [JSON]},
        body=ANY,
        own_key=True,
        refusals=frozenset({HTTPStatus.BAD_REQUEST, HTTPStatus.REQUEST_ENTITY_TOO_LARGE}),
    ),
)
async def take_hint(call: Call) -> Hinted | func.HttpResponse:
    """Look at runs at once that an event may be about: F&O's business events, CloudEvents, an Azure Monitor alert.

    The event's text must hold an execution's id, or a data project as `ProjectName`. The key of the setting `hints.key`
    comes in the header `x-landfall-hints-key` or as the parameter `key`.
    """
    _check_key(call.request)
    content = call.request.get_body()
    if len(content) > MAX_BYTES:
        raise ProblemError(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, f"A hint has at most {MAX_BYTES} bytes.")
    try:
        event = json.loads(content)
    except (ValueError, RecursionError):
        raise ProblemError(HTTPStatus.BAD_REQUEST, "A hint is JSON.") from None
    first = event[0] if isinstance(event, list) and event else event
    if isinstance(first, dict) and first.get("eventType") == VALIDATION and isinstance(first.get("data"), dict):
        answer = {"validationResponse": str(first["data"].get("validationCode"))}
        return func.HttpResponse(json.dumps(answer), mimetype=JSON)
    text = content.decode("utf-8", "replace")
    for watcher in await asyncio.to_thread(take_watchers, app_services(), text, event):
        try:
            await call.client.raise_event(watcher.instance, watcher.event, "look")
        except Exception as error:  # noqa: BLE001  all that the durable client raises; the watch looks by itself later
            log.info("could not wake %s: %s", watcher.instance, error)
    return Hinted()


@endpoint(bp, Endpoint("OPTIONS", "hints", {HTTPStatus.OK: [JSON]}, own_key=True))
def allow_hints(call: Call) -> func.HttpResponse:
    """Allow a sender of CloudEvents to send hints."""
    _check_key(call.request)
    origin = call.request.headers.get(ASKS, "")
    headers = {ALLOWS: origin, RATE: "*"} if re.fullmatch(r"[\w.:/*-]{1,200}", origin) else {}
    return func.HttpResponse("{}", mimetype=JSON, headers=headers)


def _check_key(request: func.HttpRequest) -> None:
    """Raise ProblemError unless the request has the key of the settings."""
    key = settings().hints_key
    if key is None:
        raise ProblemError(HTTPStatus.NOT_FOUND, "This app takes no hints: landfall.yaml has no hints.key.")
    sent = request.headers.get(HEADER) or request.params.get("key") or ""
    if not hmac.compare_digest(sent.encode("utf-8", "replace"), key.encode()):
        raise ProblemError(HTTPStatus.UNAUTHORIZED, f"Send the key of hints.key in the header {HEADER}.")


def take_watchers(services: Services, text: str, event: Any) -> list[Watcher]:
    """What the runs that a hint is about wait for; each is taken out of its run, so that one hint wakes it."""
    run_ids = list(dict.fromkeys(OUR_RUN.findall(text)))[:MOST_RUNS]
    if not run_ids:
        run_ids = [run.run_id for run in _of_projects(services, event)]
    return [watcher for run_id in run_ids if (watcher := _take(services, run_id))]


def _of_projects(services: Services, event: Any) -> Iterator[Run]:
    """The runs that F&O executes in the data projects that events name."""
    events = event if isinstance(event, list) else [event]
    named = [each for each in events[:MOST_RUNS] if isinstance(each, dict)]
    inner = [each["data"] for each in named if isinstance(each.get("data"), dict)]
    projects = {str(each["ProjectName"])[:200] for each in (*named, *inner) if each.get("ProjectName")}
    for project in sorted(projects)[:MOST_RUNS]:
        wanted = RunFilter(state=State.RUNNING, data_project=project)
        yield from services.ledger.lists.page(wanted, MOST_RUNS).runs


def _take(services: Services, run_id: str) -> Watcher | None:
    try:
        run = services.ledger.get(run_id)
        if run.watcher is None or run.state != State.RUNNING:
            return None
        services.ledger.change(run_id, run.attempt, lambda row: replace(row, watcher=None))
    except (RunNotFoundError, TimeoutError):
        return None
    return run.watcher
