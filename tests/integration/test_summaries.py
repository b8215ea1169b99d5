"""A slot of many companies has one summary, when the last of them has ended."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest

from activities.summaries import summarise
from landfall.config.plan import Plan
from landfall.ids import export_run_id, request_hash
from landfall.records import Demand, EntityCounts, Outcome, Run, State, Step
from landfall.services import Services

SLOT = datetime(2026, 1, 1, 6, tzinfo=UTC)


@pytest.fixture
def planned(services: Services) -> Services:
    """The services with an export of two companies that no other test uses."""
    entry = {
        "name": f"e{uuid4().hex[:12]}",
        "data_project": "Groups",
        "companies": ["USMF", "DEMF"],
        "schedule": "0 0 6 * * *",
    }
    return replace(services, plan=Plan.model_validate({"exports": [entry]}))


def claimed(services: Services, company: str, **more: Any) -> Run:
    """A run of the slot."""
    name = services.plan.exports[0].name
    run = Run(
        export_run_id(name, company, SLOT),
        "export",
        State.CLAIMED,
        export=name,
        company=company,
        times={"Slot": SLOT},
    )
    taken = services.ledger.claim(replace(run, **more))
    assert taken
    return taken


def ended(services: Services, company: str, outcome: Outcome, rows: int = 0) -> Step:
    """A run of the slot that has ended."""
    counts = (EntityCounts("Customer groups", rows, 0, 0, 0),)
    run = claimed(services, company, outcome=outcome, entities=counts, files={"package": f"exports/{company}.zip"})
    return Step(run.run_id)


def test_the_last_to_end_writes_the_summary(planned: Services) -> None:
    """One company's failure is a line of it, beside what the other brought."""
    assert not summarise(planned, ended(planned, "DEMF", Outcome.FAILED))
    assert summarise(planned, ended(planned, "USMF", Outcome.SUCCEEDED, rows=7))
    name = planned.plan.exports[0].name
    summary = json.loads(
        planned.account.blob(f"reports/{name}-20260101T060000Z/summary.json").download_blob().readall()
    )
    assert (summary["export"], summary["slot"]) == (name, "2026-01-01T06:00:00+00:00")
    assert [(each["company"], each["outcome"], each["rows"]) for each in summary["companies"]] == [
        ("USMF", "Succeeded", 7),
        ("DEMF", "Failed", 0),
    ]


def test_who_is_still_on_the_way_is_waited_for(planned: Services) -> None:
    """No summary says less than the slot."""
    claimed(planned, "USMF")
    assert not summarise(planned, ended(planned, "DEMF", Outcome.SUCCEEDED))


def test_runs_on_demand_have_no_summary(planned: Services) -> None:
    """They are one company's, and of no slot."""
    ended(planned, "DEMF", Outcome.SUCCEEDED)
    demand = Demand(request_hash("key"))
    run = claimed(planned, "USMF", demand=demand, outcome=Outcome.SUCCEEDED, times={"Slot": SLOT + timedelta(1)})
    assert not summarise(planned, Step(run.run_id))
