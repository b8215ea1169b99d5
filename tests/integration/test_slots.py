"""Slots of exports: one run per company however often a slot is claimed, and no slot is lost."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest

from activities.sweeping import sweep
from landfall.claims import LATE, claim_demand, claim_due
from landfall.config.exports import Export
from landfall.config.plan import Plan
from landfall.ids import export_run_id, request_hash
from landfall.ledger.ledger import Ledger
from landfall.records import Action, Demand, Run, State, utc_now
from landfall.services import Services
from tests.integration.durable_client import FakeClient

COMPANIES = ["USMF", "DEMF", "DAT"]


@dataclass
class Starts:
    """The starts of a durable client that fails for some companies."""

    fails: str = "none"
    runs: list[str] = field(default_factory=list)

    async def start(self, orchestrator: str, instance: str, _: Any) -> str:
        """Start an orchestration, or fail."""
        assert orchestrator == "export_project"
        if self.fails in instance:
            raise RuntimeError("no storage")
        self.runs.append(instance)
        return instance


MakeExport = Callable[..., Export]


@pytest.fixture
def made() -> MakeExport:
    """Makes exports that no other test uses; `ago` says how long ago the latest slot was."""

    def make(ago: timedelta = timedelta(seconds=30), **more: Any) -> Export:
        slot = utc_now() - ago
        entry = {
            "name": f"e{uuid4().hex[:12]}",
            "data_project": "Groups {company}",
            "companies": COMPANIES,
            "schedule": f"{slot:%S %M %H} * * *",
        }
        return Export.model_validate(entry | more)

    return make


def take(services: Services, export: Export, starts: Starts) -> int:
    """Claim the export's due slot once."""
    return asyncio.run(claim_due(services, export, starts.start))


def test_a_timer_that_fires_twice_starts_one_run_per_company(services: Services, made: MakeExport) -> None:
    """Each company's run has its own data project, and the second firing starts nothing."""
    export, starts = made(), Starts()
    assert take(services, export, starts) == 3
    slot = export.slot_before(utc_now())
    ids = [export_run_id(export.name, company, slot) for company in COMPANIES]
    assert starts.runs == ids
    for run_id in ids:
        run = services.ledger.move(run_id, 1, State.WAITING)
        assert run.data_project == f"Groups {run.company}"
        assert run.times["Slot"] == slot
    assert take(services, export, starts) == 0
    assert starts.runs == ids


def test_an_error_for_one_company_stops_no_other(services: Services, made: MakeExport) -> None:
    """The other companies' runs start, the error is raised for the host's log, and the next try starts the rest."""
    export, starts = made(), Starts(fails="DEMF")
    with pytest.raises(Exception, match=r"DEMF.*no storage"):
        take(services, export, starts)
    assert [each.split("-")[2] for each in starts.runs] == ["USMF", "DAT"]
    again = Starts()
    for run_id in starts.runs:
        services.ledger.move(run_id, 1, State.WAITING)
    assert take(services, export, again) == 1


@pytest.mark.parametrize(("missed", "runs"), [("last", 1), ("skip", 0)])
def test_a_missed_slot_is_taken_late_or_never(services: Services, made: MakeExport, missed: str, runs: int) -> None:
    """The export's `missed` decides, and only the latest missed slot can run."""
    export = made(LATE * 2, missed=missed, companies=["USMF"])
    before = export.slot_before(utc_now()) - timedelta(days=3)
    services.ledger.claim(_ran(export, before))
    assert take(services, export, Starts()) == runs


def test_nothing_was_missed_before_the_first_run(services: Services, made: MakeExport) -> None:
    """A new export waits for its first slot, because it did not exist at the last one."""
    assert take(services, made(LATE * 2), Starts()) == 0


def _ran(export: Export, slot: datetime) -> Run:
    return Run(
        export_run_id(export.name, "USMF", slot),
        "export",
        State.DONE,
        export=export.name,
        company="USMF",
        times={"Slot": slot},
    )


def test_a_request_repeated_is_one_run(services: Services, made: MakeExport) -> None:
    """The same key returns the first request's run as it stands, and another key gets another run."""
    export = made()
    asked = Action(utc_now(), "somebody", "asked for a full export")
    first = claim_demand(services, export, "USMF", Demand(request_hash("key-1"), full=True), asked)
    assert (first.state, first.history) == (State.CLAIMED, (asked,))
    services.ledger.move(first.run_id, 1, State.WAITING)
    again = claim_demand(services, export, "USMF", Demand(request_hash("key-1"), full=True), asked)
    assert (again.run_id, again.state) == (first.run_id, State.WAITING)
    assert claim_demand(services, export, "USMF", Demand(request_hash("key-2")), asked).run_id != first.run_id


@pytest.mark.parametrize(("enabled", "runs"), [(True, 1), (False, 0)])
def test_the_sweeper_takes_what_no_timer_took(
    services: Services, made: MakeExport, *, enabled: bool, runs: int
) -> None:
    """It claims a slot that the app or its timer missed; a disabled export has no slots."""
    export = made(companies=["USMF"], enabled=enabled)
    plan = Plan.model_validate({"sweeper": {"patience_seconds": 0.001}}).model_copy(update={"exports": (export,)})
    ledger = Ledger(services.account.tables.create_table(f"runs{uuid4().hex}"))
    client = FakeClient()
    found = asyncio.run(sweep(replace(services, plan=plan, ledger=ledger), client))
    started = [instance for orchestrator, instance, _ in client.started if orchestrator == "export_project"]
    assert found.missed_slots == len(started) == runs


def test_the_sweeper_leaves_the_timer_its_time(services: Services, made: MakeExport) -> None:
    """The sweeper leaves a slot that is due this second to the timer."""
    export = made(companies=["USMF"])
    plan = Plan().model_copy(update={"exports": (export,)})
    ledger = Ledger(services.account.tables.create_table(f"runs{uuid4().hex}"))
    client = FakeClient()
    assert asyncio.run(sweep(replace(services, plan=plan, ledger=ledger), client)).missed_slots == 0


def test_slots_sort_by_time() -> None:
    """Ids of slots sort by time, so a query of ids finds earlier runs."""
    moments = [datetime(2026, 12, 31, 23, 59, 59, tzinfo=UTC) + timedelta(seconds=each) for each in range(3)]
    ids = [export_run_id("groups", "USMF", each) for each in moments]
    assert ids == sorted(ids)
