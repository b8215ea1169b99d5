"""A look at an execution, and the counts that decide whether its Succeeded holds."""

from dataclasses import replace
from datetime import timedelta

import pytest

from activities.counting import count_entities
from activities.executions import LookStep, look
from landfall.fno import EntityResult, ExecutionStatus
from landfall.fno.errors import (
    UNKNOWN_AFTER_ACCEPTED,
    AuthError,
    NoAnswerError,
    NotSentError,
    ServerError,
    ThrottledError,
    WrongAddressError,
)
from landfall.records import Outcome, Run, State, Step, Submission, lane_of, utc_now
from landfall.services import Services
from landfall.storage.account import LANDING
from tests.integration.conftest import Drop, FakeFno
from tests.unit.made_packages import MadeEntity, files_of, zipped


@pytest.fixture
def run(services: Services, fno: FakeFno, drop: Drop) -> Run:
    """A run that F&O has accepted."""
    landed = drop()
    fno.known.add("Customers-1")
    return services.ledger.change(
        landed.run_id,
        1,
        lambda row: replace(
            row,
            route="packages",
            state=State.RUNNING,
            execution_id="Customers-1",
            submission=Submission(1, utc_now()),
        ),
    )


@pytest.mark.parametrize("status", ["Unknown", "NotRun", "Executing"])
def test_what_is_under_way_has_no_finding(services: Services, fno: FakeFno, run: Run, status: str) -> None:
    """Undecided and queued are not ends."""
    fno.says = status
    assert look(services, LookStep(run.run_id)).finding is None


@pytest.mark.parametrize("status", ["Succeeded", "PartiallySucceeded", "Failed", "Canceled"])
def test_an_end_is_found_in_our_words(services: Services, fno: FakeFno, run: Run, status: str) -> None:
    """F&O's four ends are four of our outcomes."""
    fno.says = status
    finding = look(services, LookStep(run.run_id)).finding
    assert finding
    assert finding.outcome == Outcome(status)
    assert ExecutionStatus(status).is_final


@pytest.mark.parametrize("error", [NoAnswerError("lost"), NotSentError("away"), ServerError("503")])
def test_an_fno_that_is_away_is_looked_at_later(services: Services, fno: FakeFno, run: Run, error: Exception) -> None:
    """Maintenance is no end of an execution."""
    fno.says = error
    assert look(services, LookStep(run.run_id)).finding is None


def test_a_busy_fno_says_when(services: Services, fno: FakeFno, run: Run) -> None:
    """Its Retry-After is the wait."""
    fno.says = ThrottledError("busy", retry_after=42)
    assert look(services, LookStep(run.run_id)).wait == 42


@pytest.mark.parametrize("error", [AuthError("403"), WrongAddressError("302"), NoAnswerError("lost")])
def test_what_concerns_the_environment_ends_nothing(
    services: Services, fno: FakeFno, run: Run, error: Exception
) -> None:
    """F&O could not be asked, which says nothing about the execution: it is looked at again."""
    fno.says = error
    found = look(services, LookStep(run.run_id))
    assert (found.finding, found.unanswered) == (None, True)


def test_not_found_is_pending_after_the_answer(services: Services, fno: FakeFno, run: Run) -> None:
    """F&O took an hour to answer, and does not know the execution yet: the grace time has only begun."""
    fno.known.clear()
    long_ago = Submission(1, utc_now() - timedelta(hours=1))
    services.ledger.change(run.run_id, 1, lambda row: replace(row, submission=long_ago))
    assert look(services, LookStep(run.run_id)).finding is None


def test_not_found_is_believed_after_the_grace_time(services: Services, fno: FakeFno, run: Run) -> None:
    """F&O accepted it and does not know it any more: a person must look."""
    fno.known.clear()
    times = {**run.times, State.RUNNING: utc_now() - timedelta(seconds=UNKNOWN_AFTER_ACCEPTED + 1)}
    services.ledger.change(run.run_id, 1, lambda row: replace(row, times=times))
    finding = look(services, LookStep(run.run_id)).finding
    assert finding
    assert finding.outcome == Outcome.NEEDS_ATTENTION


def test_an_end_is_remembered_once(services: Services, fno: FakeFno, run: Run) -> None:
    """How long it took times the looks at the project's next execution, however its name is spelt."""
    project = f"Timed {run.run_id}"
    services.ledger.change(run.run_id, 1, lambda row: replace(row, data_project=project))
    look(services, LookStep(run.run_id, 1, seconds=10))
    assert services.pace(lane_of(project)).past == ()
    fno.says = "Succeeded"
    for seconds in (90, 120):
        look(services, LookStep(run.run_id, 1, "Customers-1", seconds))
    assert services.pace(lane_of(project.upper())).past == (90,)


def test_the_execution_of_a_replaced_attempt_is_watched_to_its_end(services: Services, fno: FakeFno, run: Run) -> None:
    """The new attempt must not start before it has ended; its end is nobody's outcome any more."""
    services.ledger.change(run.run_id, 1, lambda row: replace(row, attempt=2, execution_id=None, state=State.CLAIMED))
    about = LookStep(run.run_id, 1, "Customers-1", 60)
    assert look(services, about).finding is None
    assert fno.asked == ["Customers-1"]
    fno.says = "Succeeded"
    finding = look(services, about).finding
    assert finding
    assert finding.outcome == Outcome.NEEDS_ATTENTION
    fno.known.clear()
    assert look(services, about).finding


def counted(services: Services, run: Run, *rows: int) -> Outcome | None:
    """The verdict on a package of two rows of which F&O says that it staged, created and updated so many."""
    assert isinstance(services.fno, FakeFno)
    services.fno.results = [EntityResult("Customer groups", "Finished", "Finished", *rows)]
    finding = count_entities(services, Step(run.run_id))
    return finding and finding.outcome


@pytest.mark.parametrize(
    ("rows", "verdict"),
    [
        ((2, 2, 0), None),
        ((2, 1, 1), None),
        ((2, 1, 0), Outcome.PARTIALLY_SUCCEEDED),
        ((1, 1, 0), Outcome.PARTIALLY_SUCCEEDED),
        ((0, 0, 0), Outcome.FAILED),
    ],
)
def test_success_must_add_up(services: Services, run: Run, rows: tuple[int, ...], verdict: Outcome | None) -> None:
    """Two rows were sent: fewer in the target, or none in staging, is no success whatever F&O calls it."""
    assert counted(services, run, *rows) == verdict


def test_counts_are_kept(services: Services, run: Run) -> None:
    """Rows that never reached staging are failed too, though F&O counts them nowhere."""
    counted(services, run, 1, 1, 0)
    counts = services.ledger.get(run.run_id).entities[0]
    assert (counts.entity, counts.staged, counts.created, counts.updated, counts.failed) == (
        "Customer groups",
        1,
        1,
        0,
        1,
    )
    assert services.ledger.get(run.run_id).state == State.COLLECTING


def test_a_file_that_was_replaced_meanwhile_still_counts(services: Services, run: Run, name: str) -> None:
    """Without the package F&O's own numbers decide."""
    services.account.blob(f"{LANDING}/{name}").upload_blob(b"newer", overwrite=True)
    assert counted(services, run, 2, 2, 0) is None
    assert counted(services, run, 2, 1, 0) == Outcome.PARTIALLY_SUCCEEDED


def test_an_entity_that_is_left_out_misses_no_row(services: Services, fno: FakeFno, drop: Drop) -> None:
    """F&O has no result of an entity that the manifest disables, and none is expected."""
    entities = MadeEntity(), MadeEntity("Left out", "left.csv")
    files = files_of(*entities)
    manifest = files["Manifest.xml"].decode()
    second = manifest.rindex("<EntityMapList>")
    files["Manifest.xml"] = f"{manifest[:second]}<Disable>true</Disable>{manifest[second:]}".encode()
    run = drop(zipped(files))
    services.ledger.change(run.run_id, 1, lambda row: replace(row, route="packages", execution_id="x"))
    fno.results = [EntityResult("Customer groups", "Finished", "Finished", 2, 2, 0)]
    assert count_entities(services, Step(run.run_id)) is None
