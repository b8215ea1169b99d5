"""A landfall.yaml that changes while runs are under way: they go on by what it said when they began."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest

from activities.archiving import Ending, end_run
from activities.boundary import run_activity
from activities.counting import count_entities
from activities.delivery import Delivered, DeliveryStep, deliver
from activities.executions import Look, LookStep, look
from activities.export_orders import Clearance, Order, clear, take_order
from activities.intake import intake
from activities.notices import announce_end
from activities.roads import EXPORT, IMPORT
from activities.submission import Submitted, submit
from activities.summaries import summarise
from landfall.claims import claim_slot
from landfall.config.notices import Receiver
from landfall.config.plan import Plan
from landfall.fno import EntityResult
from landfall.records import EntityCounts, Finding, Outcome, Run, State, Step
from landfall.services import Services
from tests.integration.conftest import Drop, FakeFno
from tests.integration.durable_client import FakeClient
from tests.integration.test_reopen import reopen
from tests.unit.made_packages import package

GONE = Plan()
ROUTE = {"name": "packages", "path": "packages/{company}/{name}.zip"}
EXPORT_ENTRY: dict[str, Any] = {
    "name": "groups",
    "data_project": "Groups",
    "companies": ["USMF"],
    "schedule": "0 0 6 * * *",
}


def planned(services: Services, **entries: object) -> Services:
    """The services with this landfall.yaml."""
    return replace(services, plan=Plan.model_validate({"submission": {"grace_seconds": 0}, **entries}))


def with_route(services: Services, **more: object) -> Services:
    """The services with this one route."""
    return planned(services, imports=[ROUTE | more])


@pytest.fixture
def exporting(services: Services) -> Services:
    """The services with an export of a name that no other test uses."""
    return planned(services, exports=[EXPORT_ENTRY | {"name": f"e{uuid4().hex[:12]}", "target": "old/{slot}.zip"}])


@pytest.fixture
def run(exporting: Services) -> Run:
    """The run of a slot of this export."""
    slot = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(seconds=uuid4().int % 30_000_000)
    claimed = claim_slot(exporting, exporting.plan.exports[0], "USMF", slot, late=False)
    assert claimed
    return claimed


def test_an_import_goes_on_when_its_route_is_renamed(services: Services, fno: FakeFno, drop: Drop) -> None:
    """Submission and counting do what the route said when the file was read."""
    step = Step(drop().run_id)
    intake(with_route(services, execute=False, overwrite=False), step)
    renamed = with_route(services, name="parcels", execute=True)

    submitted = submit(renamed, step, lambda _: IMPORT)
    fno.results = [EntityResult("Customer groups", "Finished", "NotRun", 2, 0, 0)]

    assert submitted.execution_id
    assert (fno.requests[0].execute, fno.requests[0].overwrite) == (False, False)
    assert count_entities(renamed, step) is None
    (counts,) = renamed.ledger.get(step.run_id).entities
    assert (counts.staged, counts.failed) == (2, 0)


def test_an_import_that_starts_anew_needs_no_route(services: Services, drop: Drop) -> None:
    """A new host takes its steps again, with the order, deadline and project that the first reading found."""
    step = Step(drop().run_id)
    strict = with_route(services, order="strict", on_failure="hold", deadline_hours=3)
    first = intake(strict, step)
    services.ledger.change(step.run_id, 1, lambda row: replace(row, state=State.CLAIMED))

    assert intake(replace(services, plan=GONE), step) == first
    assert services.ledger.get(step.run_id).state == State.WAITING


def test_an_import_that_a_person_runs_again_goes_by_the_new_file(services: Services, fno: FakeFno, drop: Drop) -> None:
    """What the route says now counts for the new attempt."""
    run = drop()
    intake(services, Step(run.run_id))
    services.ledger.change(run.run_id, 1, lambda row: replace(row, state=State.DONE, outcome=Outcome.FAILED))
    reopen(services.ledger, run.run_id, "key")
    renamed = with_route(services, name="parcels", execute=False)

    intake(renamed, Step(run.run_id, 2))
    submit(renamed, Step(run.run_id, 2), lambda _: IMPORT)

    assert services.ledger.get(run.run_id).route == "parcels"
    assert fno.requests[-1].execute is False


def test_an_export_goes_on_when_it_is_removed(exporting: Services, fno: FakeFno, run: Run) -> None:
    """Its package arrives where the export said when the slot was due."""
    removed, step = replace(exporting, plan=GONE), Step(run.run_id)
    offered = fno.blob(f"{run.run_id}.zip")
    offered.upload_blob(package())
    fno.package = offered.url

    order = take_order(removed, step)
    assert (order.refusal, order.deadline_hours) == (None, 24)
    assert clear(removed, step) == Clearance()
    assert submit(removed, step, lambda _: EXPORT).execution_id
    assert deliver(removed, DeliveryStep(run.run_id)).finding == Finding(Outcome.SUCCEEDED)
    assert removed.ledger.get(run.run_id).files["package"].startswith("exports/old/")
    assert not summarise(removed, step)


def test_a_delivery_that_a_person_resumes_goes_by_the_new_file(exporting: Services, run: Run) -> None:
    """A target that was corrected counts for the new attempt; an export that is gone keeps what it said."""
    lost = {"state": State.DONE, "outcome": Outcome.NEEDS_ATTENTION, "execution_id": "e-1"}
    exporting.ledger.change(run.run_id, 1, lambda row: replace(row, **lost))  # type: ignore[arg-type]
    reopen(exporting.ledger, run.run_id, "key-1")
    take_order(
        planned(exporting, exports=[EXPORT_ENTRY | {"name": run.export, "target": "new/{slot}.zip"}]),
        Step(run.run_id, 2),
    )
    corrected = exporting.ledger.get(run.run_id).terms

    exporting.ledger.change(run.run_id, 2, lambda row: replace(row, **lost))  # type: ignore[arg-type]
    reopen(exporting.ledger, run.run_id, "key-2")
    take_order(replace(exporting, plan=GONE), Step(run.run_id, 3))
    kept = exporting.ledger.get(run.run_id).terms

    assert corrected
    assert corrected.target == "new/{slot}.zip"
    assert kept == replace(corrected, attempt=3)


def test_a_summary_has_the_companies_of_its_slot(services: Services) -> None:
    """A company that is added later is not waited for, and one that is removed is not left out."""
    entry = EXPORT_ENTRY | {"name": f"e{uuid4().hex[:12]}"}
    two = planned(services, exports=[entry | {"companies": ["USMF", "DEMF"], "target": "{company}/{slot}.zip"}])
    slot = datetime(2026, 1, 1, tzinfo=UTC)
    runs = [claim_slot(two, two.plan.exports[0], company, slot, late=False) for company in ("USMF", "DEMF")]
    done = {"state": State.DONE, "outcome": Outcome.SUCCEEDED, "entities": (EntityCounts("Groups", 1, 0, 0, 0),)}
    for each in runs:
        assert each
        two.ledger.change(each.run_id, 1, lambda row: replace(row, **done))  # type: ignore[arg-type]

    assert runs[0]
    assert summarise(planned(services, exports=[entry | {"companies": ["FRRT"]}]), Step(runs[0].run_id))


def test_a_run_of_an_earlier_release_goes_by_name(exporting: Services, run: Run) -> None:
    """Its row says nothing of the terms, so the file is asked."""
    exporting.ledger.change(run.run_id, 1, lambda row: replace(row, terms=None))
    assert take_order(exporting, Step(run.run_id)).deadline_hours == 24
    assert exporting.ledger.get(run.run_id).terms == exporting.plan.exports[0].terms()


def test_a_run_of_an_earlier_release_ends_when_its_export_has_vanished(exporting: Services, run: Run) -> None:
    """At once, and with exactly that reason: no retry brings the export back."""
    removed = replace(exporting, plan=GONE)
    exporting.ledger.change(run.run_id, 1, lambda row: replace(row, terms=None))
    ended = {"outcome": "NeedsAttention", "reason": f"landfall.yaml has no export {run.export} any more."}
    payload = {"run_id": run.run_id}

    taken = run_activity(take_order, Step, lambda: removed, payload, lambda end: Order("", "", 0, refusal=end))
    cleared = run_activity(clear, Step, lambda: removed, payload, Clearance)

    assert (taken["refusal"], cleared["refusal"]) == (ended, ended)


def test_a_run_ends_when_its_environment_has_vanished(exporting: Services, run: Run) -> None:
    """At once, wherever it is; its end is settled and announced all the same."""
    exporting.ledger.change(run.run_id, 1, lambda row: replace(row, environment="uat", execution_id="e-1"))
    ended = {"outcome": "NeedsAttention", "reason": "landfall.yaml has no environment uat any more."}
    payload = {"run_id": run.run_id}

    submitted = run_activity(
        lambda services, step: submit(services, step, lambda _: EXPORT),
        Step,
        lambda: exporting,
        payload,
        lambda end: Submitted(finding=end),
    )
    looked = run_activity(look, LookStep, lambda: exporting, payload, Look)
    delivered = run_activity(deliver, DeliveryStep, lambda: exporting, payload, Delivered)

    assert (submitted["finding"], looked["finding"], delivered["finding"]) == (ended, ended, ended)

    end = Ending(run.run_id, 1, Finding(Outcome.NEEDS_ATTENTION, ended["reason"]))
    end_run(exporting, end)
    client = FakeClient()
    receivers = (Receiver("webhook", "https://example.com", "key"),)
    asyncio.run(announce_end(replace(exporting, notices=receivers), exporting.ledger.get(run.run_id), client))
    ((_, _, notice),) = client.started
    assert notice["event"]["source"] == "/landfall/uat"
