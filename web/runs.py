"""Runs over HTTP: list them, show one."""

from http import HTTPStatus

import azure.durable_functions as df

from landfall.services import app_services
from web.endpoints import Call, Endpoint, endpoint
from web.models import RunList, RunsQuery, RunView, view

bp = df.Blueprint()


@endpoint(bp, Endpoint("GET", "runs", {HTTPStatus.OK: [RunList]}, query=RunsQuery))
def list_runs(call: Call) -> RunList:
    """List runs, the newest first."""
    query: RunsQuery = call.query
    page = app_services().ledger.lists.page(query.filter(), query.limit, query.next)
    return RunList(runs=tuple(map(view, app_services().with_waits(page.runs))), next=page.next)


@endpoint(bp, Endpoint("GET", "runs/{id}", {HTTPStatus.OK: [RunView]}))
def get_run(call: Call) -> RunView:
    """Show one run."""
    services = app_services()
    return view(*services.with_waits([services.ledger.get(call.id)]))
