"""No delta is lost: an export waits until the last one's package is safe."""

from dataclasses import replace
from datetime import UTC, datetime
from uuid import uuid4

import pytest

from activities.exports import cleared
from landfall.records import Outcome, Run, State, Step
from landfall.services import Services
from web.runs import ConflictError, reopen


def slot(known: Services, export: str, **known_of_it: object) -> Run:
    """A run of a slot of this export."""
    run = Run(
        f"exp-{uuid4().hex}",
        "export",
        State.WAITING,
        export=export,
        company="USMF",
        data_project="Groups",
        times={"Slot": datetime(2026, 1, 1, tzinfo=UTC)},
    )
    claimed = known.ledger.claim(replace(run, **known_of_it))  # type: ignore[arg-type]
    assert claimed
    return claimed


@pytest.fixture
def export() -> str:
    """The name of an export that no other test uses."""
    return f"e{uuid4().hex[:12]}"


@pytest.mark.parametrize(
    "earlier",
    [
        {"outcome": Outcome.SUCCEEDED, "execution_id": "Groups-1"},
        {"outcome": Outcome.NO_ROWS, "execution_id": "Groups-1"},
        {"outcome": Outcome.FAILED, "execution_id": "Groups-1"},
        {"outcome": Outcome.NEEDS_ATTENTION, "execution_id": None},
        {"outcome": None, "execution_id": None},
        {"outcome": Outcome.NEEDS_ATTENTION, "execution_id": "Groups-1", "company": "DAT"},
    ],
)
def test_an_export_starts_after_a_safe_end(known: Services, export: str, earlier: dict[str, object]) -> None:
    """What was delivered, brought nothing, never ran, or is another company's holds nothing up."""
    slot(known, export, **earlier)
    assert cleared(known, Step(slot(known, export).run_id)).refusal is None


@pytest.mark.parametrize("outcome", [Outcome.NEEDS_ATTENTION, None])
def test_an_export_waits_for_an_unsafe_package(known: Services, export: str, outcome: Outcome | None) -> None:
    """F&O ran it and its rows are not here: the next one would bring only what changed after it."""
    unsafe = slot(known, export, outcome=outcome, execution_id="Groups-1")
    refusal = cleared(known, Step(slot(known, export).run_id)).refusal
    assert refusal
    assert refusal.outcome == Outcome.NEEDS_ATTENTION
    assert unsafe.run_id in str(refusal.reason)


def test_a_delivery_is_taken_up_again_under_its_execution(known: Services, export: str) -> None:
    """F&O keeps the package for days: the new attempt fetches it, and starts nothing."""
    unsafe = slot(known, export, outcome=Outcome.NEEDS_ATTENTION, execution_id="Groups-1")
    again = reopen(known.ledger, unsafe.run_id, "key-1")
    assert (again.attempt, again.execution_id, again.outcome) == (2, "Groups-1", None)


@pytest.mark.parametrize("outcome", [Outcome.SUCCEEDED, Outcome.NO_ROWS, Outcome.FAILED])
def test_an_export_with_nothing_to_fetch_is_not_run_again(
    known: Services, export: str, outcome: Outcome
) -> None:
    """Its next slot brings what changed since."""
    ended = slot(known, export, outcome=outcome, execution_id="Groups-1")
    with pytest.raises(ConflictError, match="next slot"):
        reopen(known.ledger, ended.run_id, "key-1")
