"""Runs over HTTP: list them, look at one."""

from http import HTTPStatus

import azure.durable_functions as df

from landfall.ledger.lists import PageTokenError
from landfall.services import app_services
from web.endpoints import Call, Endpoint, endpoint
from web.models import RunList, RunsQuery, RunView, view
from web.problems import ProblemError

bp = df.Blueprint()


@endpoint(bp, Endpoint("GET", "runs", {HTTPStatus.OK: [RunList]}, query=RunsQuery))
def list_runs(call: Call) -> RunList:
    """List runs, the newest first."""
    query: RunsQuery = call.query
    try:
        page = app_services().ledger.lists.page(query.filter(), query.limit, query.next)
    except PageTokenError as error:
        raise ProblemError(HTTPStatus.NOT_FOUND, str(error)) from None
    return RunList(runs=tuple(map(view, page.runs)), next=page.next)


@endpoint(bp, Endpoint("GET", "runs/{id}", {HTTPStatus.OK: [RunView]}))
def get_run(call: Call) -> RunView:
    """Show one run."""
    return view(app_services().ledger.get(call.id))
