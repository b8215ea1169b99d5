"""What a file waits for whose route has `after`: files of other routes that go first. Nothing here is an activity."""

from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime, timedelta

from landfall.ledger.ledger import RunNotFoundError
from landfall.records import LANDED, Outcome, Run
from landfall.services import Services
from landfall.storage.landing import arrivals

MOST_REPAIRS = 20
"""Repairs of repairs that are followed to the first file."""
TOGETHER = timedelta(minutes=1)
"""Files that land within this time landed together: whichever came first, the routes' order counts."""


def reason_to_follow(services: Services, run: Run, routes: tuple[str, ...]) -> str | None:
    """Why a run waits for files of other routes; None when it may go."""
    until = run.times[LANDED] + TOGETHER
    if services.now() < until:
        return f"Waits for a minute for files of {', '.join(routes)} that land together with it."
    first = next(_unfinished(services, run, routes, until), None)
    return first and f"Waits for {first}, which goes first (after: {', '.join(routes)})."


def _unfinished(services: Services, run: Run, routes: tuple[str, ...], until: datetime) -> Iterator[str]:
    """The files that go first and are not done: neither succeeded nor dealt with."""
    for other in services.ledger.lists.unfinished(routes, str(run.company), services.now()):
        if other.route and _goes_first(run, other) and _landed(services, other) <= until:
            yield _described(other)
    yield from _unread(services, run, routes, until)


def _landed(services: Services, other: Run) -> datetime:
    """When a file landed; for corrected rows, when the file did that they come from."""
    with suppress(RunNotFoundError):
        for _ in range(MOST_REPAIRS):
            if other.repairs is None:
                break
            other = services.ledger.get(other.repairs)
    return other.times[LANDED]


def _goes_first(run: Run, other: Run) -> bool:
    if other.run_id == run.run_id or other.environment != run.environment:
        return False
    # One that is behind this run in its lane would wait for it in turn.
    return other.lane != run.lane or other.times[LANDED] <= run.times[LANDED]


def _described(other: Run) -> str:
    name = other.source.name if other.source else other.run_id
    if other.outcome is None:
        return name
    return (
        f"{name}, which {'needs attention' if other.outcome == Outcome.NEEDS_ATTENTION else f'ended {other.outcome}'}"
    )


def _unread(services: Services, run: Run, routes: tuple[str, ...], until: datetime) -> Iterator[str]:
    """The files in landing that no run has read yet, so that lists of runs do not know their routes."""
    for each in arrivals(services.account):
        match = services.plan.match(each.name) if each.landed <= until else None
        if match is None or match.route.name not in routes or (match.route.environment or "") != run.environment:
            continue
        company = match.route.company or match.captures.get("company", "")
        if match.marker is None and company.upper() == run.company and _is_unread(services, each.run_id):
            yield each.name


def _is_unread(services: Services, run_id: str) -> bool:
    try:
        other = services.ledger.get(run_id)
    except RunNotFoundError:
        return True
    return other.outcome is None and other.route is None
