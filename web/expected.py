"""Files that must come, over HTTP: what became of the latest ones, and when the next are due."""

from datetime import datetime
from http import HTTPStatus

import azure.durable_functions as df

from landfall.ledger.expected import Status
from landfall.services import Services, app_services
from web.endpoints import Call, Endpoint, endpoint
from web.models import ResponseModel

bp = df.Blueprint()


class ExpectedView(ResponseModel):
    """The files that a route expects. Times of `due` and `next_due` are in the expectation's time zone."""

    route: str
    at_least: int
    status: Status | None
    """What became of those that were due last; null before Landfall has looked for any."""
    due: datetime | None
    came: int
    """How many came, those that were late included."""
    came_at: datetime | None
    """When the last one that counts landed."""
    next_due: datetime | None


class ExpectedList(ResponseModel):
    """Every route that expects files."""

    expected: tuple[ExpectedView, ...]


@endpoint(bp, Endpoint("GET", "expected", {HTTPStatus.OK: [ExpectedList]}))
def list_expected(call: Call) -> ExpectedList:  # noqa: ARG001
    """List the files that must come: whether the latest did, and when the next are due."""
    return ExpectedList(expected=show_expected(app_services()))


def show_expected(services: Services) -> tuple[ExpectedView, ...]:
    """The expectations of all routes, as the API shows them."""
    views = []
    for route in services.plan.imports:
        if expect := route.expect:
            latest = next(iter(services.ledger.expected.latest(route.name, 1)), None)
            upcoming = expect.due_after(services.now())
            views.append(
                ExpectedView(
                    route=route.name,
                    at_least=expect.at_least,
                    status=latest.status if latest else None,
                    due=latest.due.astimezone(expect.zone) if latest else None,
                    came=latest.files if latest else 0,
                    came_at=latest.came_at if latest else None,
                    next_due=upcoming.astimezone(expect.zone) if upcoming else None,
                )
            )
    return tuple(views)
