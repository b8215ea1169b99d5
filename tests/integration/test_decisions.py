"""A person's decision about a run is recorded with who, when and why, and carried out once."""

from collections.abc import Callable
from dataclasses import replace
from uuid import uuid4

import pytest

from activities.archiving import Ending, end_run
from activities.executions import LookStep, look
from activities.roads import IMPORT, Call, start_export
from activities.submission import submit
from landfall.ledger.ledger import Ledger
from landfall.records import Finding, Outcome, Run, State, Step, Submission, utc_now
from landfall.services import Services
from landfall.storage.account import DataAccount
from tests.integration.conftest import Crash, CrashError, Drop, FakeFno
from web.decisions import decide, give_up
from web.models import Resolution
from web.problems import ProblemError


@pytest.fixture
def ledger(account: DataAccount) -> Ledger:
    """The ledger of this account."""
    return Ledger(account.ledger_table())


def claimed(ledger: Ledger, **about: object) -> Run:
    """A run in the ledger with these fields."""
    run = Run(f"imp-{uuid4().hex}", "import", State.CLAIMED, data_project="P", execution_id="P-1")
    found = ledger.claim(replace(run, **about))  # type: ignore[arg-type]
    assert found
    return found


@pytest.mark.parametrize("state", [State.CLAIMED, State.INTAKE, State.WAITING, State.SUBMITTING])
def test_a_canceled_run_is_never_sent(services: Services, state: State) -> None:
    """Submission sees the decision before it asks F&O, in every state before it."""
    run = claimed(services.ledger, state=state)
    canceled = give_up(services.ledger, run.run_id, "Kim", "wrong file")
    submitted = submit(
        services, Step(run.run_id), lambda _: replace(IMPORT, start=lambda *_: pytest.fail("F&O was asked"))
    )
    assert submitted.finding == Finding(Outcome.CANCELED, "A person canceled the run before it was sent to F&O.")
    (action,) = canceled.history
    assert (action.who, action.what, action.why) == ("Kim", "canceled it", "wrong file")


def test_a_cancellation_in_the_last_moment_counts(services: Services, fno: FakeFno, drop: Drop) -> None:
    """The ledger decides right before the call: the run is canceled there, or F&O is asked."""
    run = services.ledger.change(drop().run_id, 1, lambda row: replace(row, data_project="P", company="USMF"))

    def prepare(services: Services, run: Run) -> Call:
        give_up(services.ledger, run.run_id, "Kim", None)
        return start_export(services, run)

    submitted = submit(services, Step(run.run_id), lambda _: replace(IMPORT, start=prepare))
    assert submitted.finding
    assert submitted.finding.outcome == Outcome.CANCELED
    assert fno.started == []


def test_a_canceled_run_is_not_sent_again(services: Services, fno: FakeFno) -> None:
    """If F&O does not know the execution, the run needs attention, because it may have run before."""
    run = claimed(services.ledger, state=State.WAITING, submission=Submission(1, None))
    give_up(services.ledger, run.run_id, "Kim", None)
    submitted = submit(
        services, Step(run.run_id), lambda _: replace(IMPORT, start=lambda *_: pytest.fail("F&O was asked again"))
    )
    assert fno.asked == ["P-1"]
    assert submitted.finding
    assert submitted.finding.outcome == Outcome.NEEDS_ATTENTION


def test_a_run_in_fno_is_watched_on(services: Services, fno: FakeFno) -> None:
    """The next status check says that nobody waits, and the run goes on to its real end."""
    run = claimed(services.ledger, state=State.RUNNING, submission=Submission(1, utc_now()))
    fno.known.add("P-1")
    unwanted = give_up(services.ledger, run.run_id, "Kim", "takes too long")
    assert unwanted.history[0].what == "stopped waiting"
    seen = look(services, LookStep(run.run_id))
    assert (seen.unwanted, seen.finding) == (True, None)


@pytest.mark.parametrize(
    "about",
    [
        {"state": State.COLLECTING, "submission": Submission(1, None)},
        {"state": State.DONE, "outcome": Outcome.SUCCEEDED},
    ],
)
def test_there_is_nothing_to_cancel_once_fno_has_finished(ledger: Ledger, about: dict[str, object]) -> None:
    """Canceling then is a conflict that names the run's state, and changes nothing."""
    run = claimed(ledger, **about)
    with pytest.raises(ProblemError, match="nothing to cancel"):
        give_up(ledger, run.run_id, "Kim", None)
    assert ledger.get(run.run_id) == run


def test_canceling_twice_changes_nothing(ledger: Ledger) -> None:
    """The second decision returns the run of the first."""
    run = claimed(ledger)
    first = give_up(ledger, run.run_id, "Kim", "a")
    assert give_up(ledger, run.run_id, "Robin", "b") == first


def test_a_request_stops_one_attempt(ledger: Ledger) -> None:
    """Repeated under its key, it leaves the next attempt alone."""
    run = claimed(ledger)
    give_up(ledger, run.run_id, "Kim", None, "key")
    ledger.change(run.run_id, 1, lambda row: replace(row, attempt=2, unwanted=None))
    assert give_up(ledger, run.run_id, "Kim", None, "key").unwanted is None
    assert give_up(ledger, run.run_id, "Kim", None, "other").unwanted


@pytest.mark.parametrize(
    ("resolution", "outcome", "recorded"),
    [
        ("it ran", Outcome.SUCCEEDED, "recorded that it ran"),
        ("it did not", Outcome.FAILED, "recorded that it did not run"),
    ],
)
def test_an_outcome_is_recorded(
    services: Services, drop: Drop, resolution: str, outcome: Outcome, recorded: str
) -> None:
    """The file moves to the folder of its outcome, and the run names the person who recorded it."""
    run = drop()
    end_run(services, Ending(run.run_id, 1, Finding(Outcome.NEEDS_ATTENTION, "nobody knows")))
    what = Resolution.model_validate({"resolution": resolution, "reason": "saw it in Job history"})
    decided = decide(services.ledger, run.run_id, "Kim", what)
    assert decided.ending
    assert decide(services.ledger, run.run_id, "Kim", what) == decided
    end_run(services, Ending(run.run_id, 1, decided.ending))
    ended = services.ledger.get(run.run_id)
    assert ended.outcome == outcome
    assert "Kim looked in F&O" in str(ended.reason)
    assert "saw it in Job history" in str(ended.reason)
    assert [action.what for action in ended.history] == [recorded]
    archived = [
        name for name in services.account.blobs.get_container_client("archive").list_blob_names() if run.run_id in name
    ]
    assert archived == [ended.files["archive"].removeprefix("archive/")]
    assert archived[0].startswith(f"{outcome}/")


def test_two_different_outcomes_are_a_conflict(ledger: Ledger) -> None:
    """The first one recorded counts; a run that needs no attention has nothing to resolve."""
    run = claimed(ledger, state=State.DONE, outcome=Outcome.NEEDS_ATTENTION)
    decide(ledger, run.run_id, "Kim", Resolution(resolution="it ran"))
    with pytest.raises(ProblemError, match="about to end Succeeded"):
        decide(ledger, run.run_id, "Robin", Resolution(resolution="it did not"))
    sure = claimed(ledger, state=State.DONE, outcome=Outcome.FAILED)
    with pytest.raises(ProblemError, match="nothing to resolve"):
        decide(ledger, sure.run_id, "Kim", Resolution(resolution="it ran"))


@pytest.mark.parametrize("answered", [False, True])
def test_a_file_is_archived_once_whoever_ends_its_run(
    services: Services, crashing: Callable[[Crash], Services], drop: Drop, *, answered: bool
) -> None:
    """It holds when F&O's late result comes while a decision is carried out and the process dies at any request."""
    for at in range(1, 40):
        run = drop(b"no package, and archived all the same")
        end_run(services, Ending(run.run_id, 1, Finding(Outcome.NEEDS_ATTENTION)))
        decided = decide(services.ledger, run.run_id, "Kim", Resolution(resolution="it ran"))
        assert decided.ending
        try:
            end_run(crashing(Crash(at, answered=answered)), Ending(run.run_id, 1, decided.ending))
            over = True
        except CrashError:
            over = False
        end_run(services, Ending(run.run_id, 1, Finding(Outcome.FAILED, "F&O said so late")))
        ended = services.ledger.get(run.run_id)
        assert (ended.outcome, ended.ending) == (Outcome.SUCCEEDED, None)
        archived = services.account.blobs.get_container_client("archive").list_blob_names()
        assert [name.partition("/")[0] for name in archived if run.run_id in name] == ["Succeeded"]
        if over:
            break
    else:
        pytest.fail("there were more requests than expected")
