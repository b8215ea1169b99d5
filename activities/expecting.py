"""Looks whether the files came that had to come. Nothing here is an activity; the sweeper calls it."""

import asyncio
import logging
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta

import azure.durable_functions as df

from activities.notices import announce_event, origin_of
from landfall.config.expectations import Expectation
from landfall.config.import_routes import ImportRoute
from landfall.ledger.expected import Expected, Status
from landfall.ledger.ledger import RunNotFoundError
from landfall.ledger.lists import RunFilter
from landfall.notices import FILE_LATE, FILE_MISSING, cloud_event
from landfall.records import LANDED, Outcome, Run
from landfall.services import Services
from landfall.storage.landing import arrivals
from landfall.telemetry import FileMissing, emit

log = logging.getLogger("landfall")

HALF_A_DAY = timedelta(hours=12)
PAGE, PAGES = 500, 20
"""Runs that are read at once, and how often, to count the files of one route."""
KINDS = {"missing": FILE_MISSING, "late": FILE_LATE}
"""What people are told of, and the type of its event."""


async def check_expected(services: Services, client: df.DurableOrchestrationClient) -> None:
    """Note which expected files came, are missing or came late, and tell people once of those that were not in time."""
    for route in services.plan.imports:
        if route.expect is None:
            continue
        try:
            expected = await asyncio.to_thread(_look, services, route, route.expect)
            if expected and expected.status in KINDS and expected.told != expected.status:
                await _tell(services, route, route.expect, expected, client)
                await asyncio.to_thread(services.ledger.expected.put, replace(expected, told=expected.status), expected)
        except Exception:
            log.exception("could not look for the expected files of %s; the next sweep tries again", route.name)


def _look(services: Services, route: ImportRoute, expect: Expectation) -> Expected | None:
    """What the ledger says now of the latest time that files were due; None when there is nothing new to say."""
    now, rows = services.now(), services.ledger.expected
    due = expect.due_before(now)
    if due is None:
        return None
    latest = next(iter(rows.latest(route.name, 1)), None)
    if latest is None:
        # What was due before anybody had looked is no news: the route may be new.
        made = Expected(route.name, due, "new")
    elif latest.due < due:
        made = _count(services, route, expect, due, latest)
    elif latest.status != "missing":
        return latest
    else:
        return _late(services, route, expect, latest)
    return made if rows.put(made, None) else None


def _count(services: Services, route: ImportRoute, expect: Expectation, due: datetime, previous: Expected) -> Expected:
    """Whether the files came that were due at a moment."""
    start, _ = expect.window(due)
    if previous.status == "late" and previous.came_at:
        start = max(start, previous.came_at)  # that file has counted already
    times = _landed(services, route, start, due)
    status: Status = "came" if len(times) >= expect.at_least else "missing"
    return Expected(route.name, due, status, len(times), times[-1] if times else None)


def _late(services: Services, route: ImportRoute, expect: Expectation, missing: Expected) -> Expected | None:
    """The missing files, as late ones once they have come; what lands half a day before the next ones is theirs."""
    upcoming = expect.due_after(missing.due)
    until = min(services.now(), upcoming - HALF_A_DAY) if upcoming else services.now()
    times = _landed(services, route, missing.due, until)
    lacking = expect.at_least - missing.files
    if len(times) < lacking:
        return missing
    came_at = times[max(lacking, 1) - 1]
    late = replace(missing, status="late", files=missing.files + len(times), came_at=came_at)
    return late if services.ledger.expected.put(late, missing) else None


def _landed(services: Services, route: ImportRoute, after: datetime, until: datetime) -> list[datetime]:
    """When the route's files landed in this time, each file once, the earliest first. A refused file did land."""
    found: dict[str, datetime] = {}
    for run in _runs(services, route, after):
        at = run.times.get(LANDED)
        if run.source and at and after < at <= until and not run.repairs:
            found[run.source.name] = min(at, found.get(run.source.name, at))
    for each in arrivals(services.account):  # nobody may have read them yet
        match = services.plan.match(each.name) if after < each.landed <= until else None
        is_own = match and match.marker is None and match.route.name == route.name
        if is_own and not _is_repair(services, each.run_id):
            found.setdefault(each.name, each.landed)
    return sorted(found.values())


def _is_repair(services: Services, run_id: str) -> bool:
    try:
        return services.ledger.get(run_id).repairs is not None
    except RunNotFoundError:
        return False


def _runs(services: Services, route: ImportRoute, since: datetime) -> Iterator[Run]:
    """The route's runs claimed since a moment; a file that was refused unread has a run without a route."""
    yield from _pages(services, RunFilter(route=route.name, since=since))
    for run in _pages(services, RunFilter(kind="import", outcome=Outcome.REJECTED, since=since)):
        match = services.plan.match(run.source.name) if run.source and run.route is None else None
        if match and match.route.name == route.name:
            yield run


def _pages(services: Services, wanted: RunFilter) -> Iterator[Run]:
    token = None
    for _ in range(PAGES):
        page = services.ledger.lists.page(wanted, PAGE, token)
        yield from page.runs
        if (token := page.next) is None:
            return


async def _tell(
    services: Services,
    route: ImportRoute,
    expect: Expectation,
    expected: Expected,
    client: df.DurableOrchestrationClient,
) -> None:
    due = expected.due
    if expected.status == "missing":
        emit(FileMissing(route=route.name, due=due.isoformat(), expected=expect.at_least, came=expected.files))
    late = expected.came_at - due if expected.status == "late" and expected.came_at else None
    data = {
        "route": route.name,
        "due": due.astimezone(expect.zone).isoformat(),
        "time_zone": expect.time_zone,
        "expected": expect.at_least,
        "came": expected.files,
        "minutes_late": round(late.total_seconds() / 60) if late else None,
    }
    event_id = f"{route.name}.{due:%Y%m%dT%H%M%SZ}"
    origin = origin_of(services, route.environment or "")
    event = cloud_event(
        KINDS[expected.status], f"{event_id}.{expected.status}", route.name, origin, services.now(), data
    )
    await announce_event(services, event, f"expected.{event_id}", expected.status, client)
