"""Running a run again makes one attempt per request, and none that could do harm."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from uuid import uuid4

import pytest

from landfall.ledger.ledger import Ledger, RunNotFoundError
from landfall.records import EntityCounts, Outcome, Run, Source, State, Submission, to_public_json, utc_now
from landfall.storage.account import DataAccount
from web.attempts import Retry
from web.attempts import reopen as reopened
from web.models import AttemptRequest
from web.problems import ProblemError


def reopen(ledger: Ledger, run_id: str, key: str, **how: object) -> Run:
    """Request one more attempt."""
    return reopened(ledger, run_id, Retry(key, "a person", AttemptRequest(**how)))  # type: ignore[arg-type]


@pytest.fixture
def ledger(account: DataAccount) -> Ledger:
    """The ledger of this account."""
    return Ledger(account.ledger_table())


@pytest.fixture
def failed(ledger: Ledger) -> Run:
    """A run that F&O refused."""
    run = ledger.claim(
        Run(
            f"imp-{uuid4().hex}",
            "import",
            State.DONE,
            source=Source("landing", "packages/USMF/a.zip", '"0x8D"', 3, "abc"),
            outcome=Outcome.FAILED,
            reason="refused",
            execution_id="Customers-1",
            submission=Submission(1, utc_now()),
            entities=(EntityCounts("Customers", 3, 1, 1, 1),),
            times={state: utc_now() for state in ("Landed", State.CLAIMED, State.RUNNING, State.DONE)},
            files={"archive": "archive/Failed/a.zip", "receipt": "reports/receipt.json"},
        )
    )
    assert run
    return run


def test_a_new_attempt_starts_afresh(ledger: Ledger, failed: Run) -> None:
    """It keeps the facts about the file and drops the results of the attempt before."""
    run = reopen(ledger, failed.run_id, "key-1")
    assert (run.attempt, run.state, run.instance_id) == (2, State.CLAIMED, f"{failed.run_id}.2")
    assert (run.outcome, run.reason, run.execution_id, run.entities) == (None, None, None, ())
    assert run.submission == Submission()
    assert (run.source, run.files) == (failed.source, {"archive": "archive/Failed/a.zip"})
    assert run.times["Landed"] == failed.times["Landed"]
    assert State.DONE not in run.times


def test_a_request_repeated_is_one_attempt(ledger: Ledger, failed: Run) -> None:
    """The same key returns the attempt it made, even after later attempts."""
    assert reopen(ledger, failed.run_id, "key-1").attempt == 2
    assert reopen(ledger, failed.run_id, "key-1").attempt == 2
    ledger.change(failed.run_id, 2, lambda row: replace(row, state=State.DONE, outcome=Outcome.FAILED))
    assert reopen(ledger, failed.run_id, "key-1").attempt == 2
    assert reopen(ledger, failed.run_id, "key-2").attempt == 3
    ledger.change(failed.run_id, 3, lambda row: replace(row, state=State.DONE, outcome=Outcome.FAILED))
    assert reopen(ledger, failed.run_id, "key-1").attempt == 3


def test_twenty_at_once_are_one_attempt(ledger: Ledger, failed: Run) -> None:
    """Twenty clicks on one button make one attempt."""
    with ThreadPoolExecutor(20) as pool:
        runs = list(pool.map(lambda _: reopen(ledger, failed.run_id, "key-1"), range(20)))
    assert {run.attempt for run in runs} == {2}
    assert ledger.get(failed.run_id).request_keys == {"key-1": 2}


def test_two_keys_at_once_are_one_attempt_and_a_conflict(ledger: Ledger, failed: Run) -> None:
    """People who act at the same time make one attempt; the others get a conflict."""

    def ask(key: str) -> str:
        try:
            reopen(ledger, failed.run_id, key)
        except ProblemError:
            return "conflict"
        return "attempt"

    with ThreadPoolExecutor(6) as pool:
        answers = sorted(pool.map(ask, [f"key-{n}" for n in range(6)]))
    assert answers == ["attempt", *["conflict"] * 5]
    assert ledger.get(failed.run_id).attempt == 2


@pytest.mark.parametrize("outcome", [Outcome.SUCCEEDED, Outcome.SUPERSEDED, Outcome.NEEDS_ATTENTION, None])
def test_a_run_that_must_not_run_again_is_a_conflict(ledger: Ledger, failed: Run, outcome: Outcome | None) -> None:
    """The message says whether it has not ended, succeeded, was replaced, or may still run in F&O."""
    ledger.change(failed.run_id, 1, lambda row: replace(row, outcome=outcome))
    with pytest.raises(ProblemError, match=str(outcome) if outcome else "has not ended"):
        reopen(ledger, failed.run_id, "key-1")
    assert ledger.get(failed.run_id).attempt == 1


def test_a_skipped_run_names_the_one_to_run_again(ledger: Ledger, failed: Run) -> None:
    """It was skipped because that one has its content."""
    ledger.change(failed.run_id, 1, lambda row: replace(row, outcome=Outcome.SUPERSEDED, same_as="imp-first"))
    with pytest.raises(ProblemError, match="Run imp-first has its content: run that one again"):
        reopen(ledger, failed.run_id, "key-1")


def test_a_success_runs_again_when_forced(ledger: Ledger, failed: Run) -> None:
    """This needs a reason, which the run keeps, and makes a new execution."""
    ledger.change(failed.run_id, 1, lambda row: replace(row, outcome=Outcome.SUCCEEDED))
    with pytest.raises(ProblemError, match="send force and a reason"):
        reopen(ledger, failed.run_id, "key-1", force=True)
    run = reopen(ledger, failed.run_id, "key-1", force=True, reason="rows were deleted in F&O")
    assert (run.attempt, run.execution_id, run.submission.calls) == (2, None, 0)
    (action,) = run.history
    assert (action.who, action.why, action.attempt) == ("a person", "rows were deleted in F&O", 1)
    assert "although it had succeeded" in action.what
    assert to_public_json(run)["history"][0]["who"] == "a person"


def test_an_execution_that_fno_may_have_is_resumed(ledger: Ledger, failed: Run) -> None:
    """With take_over the next attempt keeps the execution id, and one call to F&O counts as made."""
    ledger.change(
        failed.run_id,
        1,
        lambda row: replace(row, outcome=Outcome.NEEDS_ATTENTION, submission=Submission(2, utc_now())),
    )
    with pytest.raises(ProblemError, match="take_over"):
        reopen(ledger, failed.run_id, "key-1", force=True, reason="now")
    run = reopen(ledger, failed.run_id, "key-1", take_over=True)
    assert (run.attempt, run.execution_id, run.submission.calls) == (2, failed.execution_id, 1)
    assert "resumed" in run.history[0].what


@pytest.mark.parametrize("outcome", [Outcome.FAILED, Outcome.PARTIALLY_SUCCEEDED, Outcome.CANCELED, Outcome.REJECTED])
def test_a_failed_run_may_run_again(ledger: Ledger, failed: Run, outcome: Outcome) -> None:
    """Every outcome but success, replacement and doubt allows a next attempt."""
    ledger.change(failed.run_id, 1, lambda row: replace(row, outcome=outcome))
    assert reopen(ledger, failed.run_id, "key-1").attempt == 2


def test_a_run_that_fno_never_got_may_run_again(ledger: Ledger, failed: Run) -> None:
    """A run that needs attention before its first call to F&O cannot be running there."""
    ledger.change(
        failed.run_id,
        1,
        lambda row: replace(row, outcome=Outcome.NEEDS_ATTENTION, submission=Submission(0, None)),
    )
    assert reopen(ledger, failed.run_id, "key-1").attempt == 2


def test_an_unknown_run_is_not_found(ledger: Ledger) -> None:
    """Running an unknown run again raises RunNotFoundError."""
    with pytest.raises(RunNotFoundError):
        reopen(ledger, "imp-none", "key-1")


def test_a_run_shows_its_public_fields(failed: Run) -> None:
    """It shows every promised field, and neither Landfall's count of calls nor idempotency keys."""
    data = to_public_json(failed)
    assert not {"submission", "request_keys"} & set(data)
    assert {
        "run_id",
        "kind",
        "route",
        "state",
        "outcome",
        "reason",
        "source",
        "company",
        "data_project",
        "execution_id",
        "attempt",
        "entities",
        "times",
        "files",
    } <= set(data)
    assert {"name", "etag", "size", "sha256"} <= set(data["source"])
