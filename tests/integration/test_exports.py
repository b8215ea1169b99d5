"""No delta is lost: an export waits until the last one's package is safe."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest

from activities.export_orders import clear, reset_tokens
from landfall.config.plan import Plan
from landfall.fno import ProjectEntity
from landfall.fno.errors import RefusedError
from landfall.ids import request_hash
from landfall.records import Demand, Outcome, Run, State, Step, Submission
from landfall.services import Services
from tests.integration.conftest import FakeFno
from tests.integration.test_reopen import reopen
from web.problems import ProblemError

SLOT = datetime(2026, 1, 1, tzinfo=UTC)
FULL = Demand(request_hash("key"), full=True)
PREVIEW = Demand(request_hash("key"), preview=5)
SENT = {"execution_id": "Groups-1", "submission": Submission(1, SLOT, accepted=True)}


@pytest.fixture
def export() -> str:
    """The name of an export that no other test uses."""
    return f"e{uuid4().hex[:12]}"


@pytest.fixture
def planned(services: Services, export: str) -> Services:
    """The services with this export in the plan."""
    return with_export(services, export)


def with_export(services: Services, export: str, **more: object) -> Services:
    """The services with such an export in the plan."""
    entry = {
        "name": export,
        "data_project": "Groups",
        "companies": ["USMF", "DEMF"],
        "schedule": "0 0 6 * * *",
    }
    return replace(services, plan=Plan.model_validate({"exports": [entry | more]}))


def slot(services: Services, export: str, **known_of_it: Any) -> Run:
    """A run of a slot of this export."""
    run = Run(
        f"exp-{export}-USMF-{uuid4().hex}",
        "export",
        State.WAITING,
        export=export,
        company="USMF",
        data_project="Groups",
        times={"Slot": SLOT},
    )
    claimed = services.ledger.claim(replace(run, **known_of_it))
    assert claimed
    return claimed


@pytest.mark.parametrize(
    "earlier",
    [
        {"outcome": Outcome.SUCCEEDED, **SENT},
        {"outcome": Outcome.NO_ROWS, **SENT},
        {"outcome": Outcome.FAILED, **SENT},
        {"outcome": Outcome.NEEDS_ATTENTION, "execution_id": "Groups-1"},
        {"outcome": None},
        {"outcome": Outcome.NEEDS_ATTENTION, **SENT, "demand": PREVIEW},
    ],
    ids=["delivered", "nothing to bring", "failed", "never sent", "not sent yet", "a preview"],
)
def test_an_export_starts_after_a_safe_end(planned: Services, export: str, earlier: dict[str, Any]) -> None:
    """What was delivered, brought nothing, never ran or was only looked at holds nothing up."""
    slot(planned, export, **earlier)
    clearance = clear(planned, Step(slot(planned, export).run_id))
    assert not clearance.refusal
    assert not clearance.wait


def test_another_companys_package_holds_nothing_up(planned: Services, export: str) -> None:
    """Companies are exported apart; so are exports whose names begin alike."""
    slot(
        planned,
        export,
        outcome=Outcome.NEEDS_ATTENTION,
        **SENT,
        run_id=f"exp-{export}-DEMF-1",
        company="DEMF",
    )
    slot(planned, f"{export}-USMF", outcome=Outcome.NEEDS_ATTENTION, **SENT)
    assert clear(planned, Step(slot(planned, export).run_id)).refusal is None


def test_an_export_is_stopped_by_a_package_that_is_lost(planned: Services, export: str) -> None:
    """A lost package stops the next export, which would lack its rows; the refusal says what to do."""
    unsafe = slot(planned, export, outcome=Outcome.NEEDS_ATTENTION, **SENT)
    refusal = clear(planned, Step(slot(planned, export).run_id)).refusal
    assert refusal
    assert refusal.outcome == Outcome.CANCELED
    assert unsafe.run_id in str(refusal.reason)
    assert f'POST /api/exports/{export}/runs with "full": true' in str(refusal.reason)


def test_a_package_on_its_way_is_waited_for(planned: Services, export: str) -> None:
    """It may arrive any minute, also when its run was taken up again after days."""
    slot(planned, export, outcome=None, **SENT)
    assert clear(planned, Step(slot(planned, export).run_id)).wait


def test_the_latest_slot_waits_alone(planned: Services, export: str) -> None:
    """It brings what those before it would have brought; what a person asked for is passed over by none."""
    under_way = slot(planned, export, outcome=None, **SENT)
    older, newer = slot(planned, export), slot(planned, export, times={"Slot": SLOT + timedelta(days=1)})
    asked = slot(planned, export, demand=FULL)
    refusal = clear(planned, Step(older.run_id)).refusal
    assert refusal
    assert refusal.outcome == Outcome.SUPERSEDED
    assert under_way.run_id in str(refusal.reason)
    assert newer.run_id in str(refusal.reason)
    assert clear(planned, Step(newer.run_id)).wait
    assert clear(planned, Step(asked.run_id)).wait


def test_slots_can_be_skipped(services: Services, export: str) -> None:
    """With `missed: skip` a slot that comes while the last package is on its way is none."""
    skips = with_export(services, export, missed="skip")
    slot(skips, export, outcome=None, **SENT)
    refusal = clear(skips, Step(slot(skips, export).run_id)).refusal
    assert refusal
    assert refusal.outcome == Outcome.CANCELED
    assert "skips slots" in str(refusal.reason)


def test_a_run_that_was_sent_is_not_stopped(planned: Services, export: str) -> None:
    """Once F&O was asked, only its answer counts: the question is the same after a restart."""
    slot(planned, export, outcome=Outcome.NEEDS_ATTENTION, **SENT)
    assert clear(planned, Step(slot(planned, export, **SENT).run_id)).refusal is None


def test_full_exports_are_not_stopped(planned: Services, services: Services, export: str) -> None:
    """They bring everything, whatever the last one brought: on demand, or by the export's own refresh."""
    slot(planned, export, outcome=Outcome.NEEDS_ATTENTION, **SENT)
    assert clear(planned, Step(slot(planned, export, demand=FULL).run_id)).refusal is None
    always = with_export(services, export, refresh="full")
    assert clear(always, Step(slot(planned, export).run_id)).refusal is None


@pytest.mark.parametrize(("says", "waits"), [("Executing", True), ("Succeeded", False)])
def test_a_full_push_waits_for_an_execution_that_was_lost_sight_of(
    planned: Services, fno: FakeFno, export: str, says: str, *, waits: bool
) -> None:
    """At its end F&O moves the tokens: reset before, the full push would bring only what changed after."""
    slot(planned, export, outcome=Outcome.NEEDS_ATTENTION, **SENT)
    fno.known.add("Groups-1")
    fno.says = says
    assert clear(planned, Step(slot(planned, export, demand=FULL).run_id)).wait is waits


def test_a_full_push_replaces_what_was_lost(planned: Services, fno: FakeFno, export: str) -> None:
    """A full push resets every entity's token, records that, and settles the lost run so that it stops nothing."""
    fno.entities = [
        ProjectEntity("Customer groups", "CSV", "IncrementalPush"),
        ProjectEntity("Vendors", "CSV", ""),
    ]
    lost = slot(planned, export, outcome=Outcome.NEEDS_ATTENTION, **SENT)
    full = slot(planned, export, demand=FULL)
    assert reset_tokens(planned, Step(full.run_id)) is None
    assert fno.resets == [("Groups", "Customer groups"), ("Groups", "Vendors")]
    assert planned.ledger.get(full.run_id).changes == ("reset the change-tracking tokens of Customer groups, Vendors",)
    settled = planned.ledger.get(lost.run_id)
    assert settled.outcome == Outcome.FAILED
    assert full.run_id in str(settled.reason)
    assert clear(planned, Step(slot(planned, export).run_id)).refusal is None


def test_tokens_are_not_reset_once_f_and_o_was_asked(planned: Services, fno: FakeFno, export: str) -> None:
    """The next export would bring everything once more."""
    fno.entities = [ProjectEntity("Customer groups", "CSV", "IncrementalPush")]
    assert reset_tokens(planned, Step(slot(planned, export, demand=FULL, **SENT).run_id)) is None
    assert fno.resets == []


def test_a_reset_that_is_refused_says_so(planned: Services, fno: FakeFno, export: str) -> None:
    """And gives nothing up."""
    fno.entities = RefusedError("F&O refused: no such project", said="no such project")
    lost = slot(planned, export, outcome=Outcome.NEEDS_ATTENTION, **SENT)
    finding = reset_tokens(planned, Step(slot(planned, export, demand=FULL).run_id))
    assert finding
    assert finding.outcome == Outcome.FAILED
    assert "no such project" in str(finding.reason)
    assert planned.ledger.get(lost.run_id).outcome == Outcome.NEEDS_ATTENTION


@pytest.mark.parametrize(
    ("refresh", "ends"), [("IncrementalPush", Outcome.FAILED), ("", Outcome.FAILED), ("FullPush", None)]
)
def test_a_token_that_stays_is_no_full_export(
    planned: Services, fno: FakeFno, export: str, refresh: str, ends: Outcome | None
) -> None:
    """The export would bring changes only, so what was lost stays lost; without a token it brings everything anyway."""
    fno.entities = [ProjectEntity("Customer groups", "CSV", refresh)]
    fno.keeps_tokens = {"Customer groups"}
    lost = slot(planned, export, outcome=Outcome.NEEDS_ATTENTION, **SENT)
    finding = reset_tokens(planned, Step(slot(planned, export, demand=FULL).run_id))
    assert (finding.outcome if finding else None) == ends
    assert planned.ledger.get(lost.run_id).outcome == (Outcome.NEEDS_ATTENTION if ends else Outcome.FAILED)


def test_a_delivery_is_taken_up_again_under_its_execution(planned: Services, export: str) -> None:
    """F&O keeps the package for days: the new attempt fetches it, and starts nothing."""
    unsafe = slot(planned, export, outcome=Outcome.NEEDS_ATTENTION, **SENT)
    again = reopen(planned.ledger, unsafe.run_id, "key-1")
    assert (again.attempt, again.execution_id, again.outcome) == (2, "Groups-1", None)


def test_a_reset_of_nothing_gives_nothing_up(planned: Services, fno: FakeFno, export: str) -> None:
    """F&O lists no entities of a data project that does not exist."""
    fno.entities = []
    lost = slot(planned, export, outcome=Outcome.NEEDS_ATTENTION, **SENT)
    finding = reset_tokens(planned, Step(slot(planned, export, demand=FULL).run_id))
    assert finding
    assert "no data project Groups" in str(finding.reason)
    assert planned.ledger.get(lost.run_id).outcome == Outcome.NEEDS_ATTENTION


@pytest.mark.parametrize("outcome", [Outcome.SUCCEEDED, Outcome.NO_ROWS, Outcome.FAILED])
def test_an_export_with_nothing_to_fetch_is_not_run_again(planned: Services, export: str, outcome: Outcome) -> None:
    """Its next slot brings what changed since."""
    ended = slot(planned, export, outcome=outcome, **SENT)
    with pytest.raises(ProblemError, match="next run"):
        reopen(planned.ledger, ended.run_id, "key-1")


@pytest.mark.parametrize(("missed", "outcome"), [("skip", Outcome.CANCELED), ("last", None)])
def test_a_slot_in_an_outage_obeys_what_the_export_says(
    services: Services, export: str, missed: str, outcome: Outcome | None
) -> None:
    """`skip` ends it with the reason, `last` has it wait; what a person asked for waits in any case."""
    planned = with_export(services, export, missed=missed)
    services.ledger.circuits.note("", "403")
    run = slot(services, export, terms=planned.plan.export(export).terms())
    cleared = clear(planned, Step(run.run_id))
    assert (cleared.refusal and cleared.refusal.outcome) == outcome
    assert (cleared.closure is None) == (missed == "skip")
    asked = slot(services, export, demand=FULL)
    assert clear(planned, Step(asked.run_id)).closure
    assert str(services.ledger.get(asked.run_id).reason).endswith(": 403")


def test_of_slots_that_waited_the_latest_runs(planned: Services, export: str) -> None:
    """After an outage the others are superseded: it brings their changes too."""
    early, late = (slot(planned, export, times={"Slot": SLOT + timedelta(hours=hour)}) for hour in (1, 2))
    cleared = clear(planned, Step(early.run_id))
    assert cleared.refusal
    assert (cleared.refusal.outcome, late.run_id in str(cleared.refusal.reason)) == (Outcome.SUPERSEDED, True)
    assert clear(planned, Step(late.run_id)).refusal is None
