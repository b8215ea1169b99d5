"""Files that wait for others: which ones, for how long, and what then."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest

from activities.gate_steps import Asking, Earlier, find_earlier
from landfall.config.plan import Plan
from landfall.records import LANDED, Dealt, Outcome, Run, Source, State
from landfall.services import Services
from landfall.storage.account import LANDING

NOON = datetime(2026, 12, 7, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
PLAN = {
    "environments": ["uat"],
    "imports": [
        {"name": "customers", "path": "customers/{company}/{name}.zip"},
        {"name": "uat", "path": "uat/{company}/{name}.zip", "environment": "uat"},
        {"name": "orders", "path": "orders/{company}/{name}.zip", "after": ["customers", "uat"]},
    ],
}
DONE = {"state": State.DONE, "outcome": Outcome.FAILED}
Claim = Callable[..., Run]


@pytest.fixture
def company() -> str:
    """A company that no other test uses."""
    return uuid4().hex[:4].upper()


@pytest.fixture
def claim(services: Services, company: str) -> Claim:
    """Claim a file of a route that landed so many seconds after noon."""

    def claimed(of: str, seconds: float = 0, **about: Any) -> Run:
        at = NOON + timedelta(seconds=seconds)
        run = Run(f"imp-{uuid4().hex}", "import", State.WAITING, route=of, company=company, data_project=of)
        name = f"{of}/{company}/{uuid4().hex}.zip"
        made = replace(run, source=Source(LANDING, name, "e"), times={LANDED: at, State.WAITING: at})
        found = services.ledger.claim(replace(made, **about))
        assert found
        return found

    return claimed


def ask(services: Services, run: Run, minutes: float = 2, **terms: Any) -> Earlier:
    """What an order must do so many minutes after noon."""
    orders = {**PLAN["imports"][2], **terms}  # type: ignore[dict-item]
    plan = Plan.model_validate({**PLAN, "imports": [*PLAN["imports"][:2], orders]})
    services.ledger.change(run.run_id, 1, lambda row: replace(row, terms=plan.route("orders").terms()))
    later = replace(services, plan=plan, now=lambda: NOON + minutes * MINUTE)
    return find_earlier(later, Asking(run.run_id, strict=False, follows=True))


@pytest.mark.parametrize(
    ("seconds", "about", "waits"),
    [
        (-3600, {}, True),
        (59, {}, True),
        (61, {}, False),
        (-3600, DONE, True),
        (-3600, {**DONE, "outcome": Outcome.NEEDS_ATTENTION}, True),
        (-3600, {**DONE, "outcome": Outcome.SUCCEEDED}, False),
        (-3600, {**DONE, "outcome": Outcome.SUPERSEDED}, False),
        (-3600, {**DONE, "dealt_with": Dealt(NOON, "Ann", "by hand")}, False),
        (-3600, {"company": "ZZZZ"}, False),
        (-3600, {"route": "other"}, False),
        (-3600, {"environment": "uat"}, False),
        (30, {"data_project": "orders"}, False),
        (-30, {"data_project": "orders"}, True),
    ],
)
def test_what_an_order_waits_for(
    services: Services, claim: Claim, seconds: float, about: dict[str, Any], *, waits: bool
) -> None:
    """Files of the routes in `after`, of its company and environment, that landed before it or together with it."""
    claim("customers", seconds, **about)
    order = claim("orders")
    assert ask(services, order).wait is waits
    reason = services.ledger.get(order.run_id).reason
    assert ("which goes first (after: customers, uat)" in str(reason)) is waits


def test_everybody_waits_for_a_minute(services: Services, claim: Claim) -> None:
    """A file that lands together with an order may come a moment later."""
    order = claim("orders")
    assert ask(services, order, 0.9).wait
    assert not ask(services, order, 1.1).wait


def test_a_file_that_nobody_has_read_is_waited_for(services: Services, claim: Claim, company: str) -> None:
    """It lies in landing, and its path says what it is."""
    order = claim("orders", times={LANDED: datetime.now(UTC), State.WAITING: NOON})
    blob = services.account.blob(f"{LANDING}/customers/{company.lower()}/{uuid4().hex}.zip")
    blob.upload_blob(b"x")
    minutes = (datetime.now(UTC) - NOON) / MINUTE + 2
    assert ask(services, order, minutes, after_wait_hours=10**6).wait
    blob.delete_blob()
    assert not ask(services, order, minutes, after_wait_hours=10**6).wait


def test_corrected_rows_go_where_their_file_went(services: Services, claim: Claim) -> None:
    """A repair that lands after the order and fails is waited for all the same."""
    first = claim("customers", -60, **{**DONE, "dealt_with": Dealt(NOON, run_id="imp-2")})
    claim("customers", 600, repairs=first.run_id, **DONE)
    assert ask(services, claim("orders"), 20).wait


@pytest.mark.parametrize(("on_wait", "waits"), [("hold", True), ("go", False)])
def test_nobody_waits_for_ever(services: Services, claim: Claim, on_wait: str, *, waits: bool) -> None:
    """After the route's hours the lane is held with the reason, or the file goes."""
    claim("customers", -60, **DONE)
    order = claim("orders")
    found = ask(services, order, 61, after_wait_hours=1, on_wait=on_wait)
    assert (found.wait, found.hold is not None) == (waits, waits)
    assert ask(services, order, 59, after_wait_hours=1, on_wait=on_wait) == Earlier(wait=True)
