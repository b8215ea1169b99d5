"""Submission: F&O starts each execution once, whatever happens to its answers."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from activities.roads import EXPORT, IMPORT, Call, start_import
from activities.submission import submit
from landfall.config.plan import Plan
from landfall.fno import ExecutionStatus, ExportRequest, WriteUrl
from landfall.fno.errors import (
    AuthError,
    NoAnswerError,
    NotSentError,
    OverlapError,
    RefusedError,
    ServerError,
    ThrottledError,
    WrongAddressError,
)
from landfall.fno.starting import WAIT_SECONDS
from landfall.ledger.ledger import StaleAttemptError
from landfall.records import Outcome, Run, State, Step, Submission, utc_now
from landfall.services import Services
from landfall.storage.account import LANDING
from tests.integration.conftest import Crash, CrashError, Drop, FakeFno
from tests.unit.made_packages import package

LOST = NoAnswerError("no answer")
RAW = {"imports": [{"name": "packages", "path": "packages/{company}/{name}.zip"}]}


@pytest.fixture
def run(drop: Drop, services: Services) -> Run:
    """A run that intake has admitted."""
    landed = drop()
    return services.ledger.change(
        landed.run_id,
        1,
        lambda row: replace(row, route="packages", company="USMF", data_project="Customers", state=State.WAITING),
    )


@pytest.fixture
def patient(services: Services) -> Services:
    """The same services, where "not found" is not believed for a minute."""
    minute = services.plan.submission.model_copy(update={"grace_seconds": 60})
    return replace(services, plan=services.plan.model_copy(update={"submission": minute}))


def once(services: Services, run: Run) -> dict[str, object]:
    """Take the step once: what of `Submitted` is set."""
    submitted = submit(services, Step(run.run_id, run.attempt), lambda _: IMPORT)
    return {
        name: value
        for name, value in (
            ("execution_id", submitted.execution_id),
            ("outcome", submitted.finding and submitted.finding.outcome),
            ("wait", submitted.wait),
        )
        if value is not None
    }


def execution(run: Run) -> str:
    """The id that we give it."""
    return f"Customers-{run.run_id}-1"


def long_ago(services: Services, run: Run) -> None:
    """Let the last call be an hour old."""

    def older(row: Run) -> Run:
        return replace(row, submission=Submission(row.submission.calls, utc_now() - timedelta(hours=1)))

    services.ledger.change(run.run_id, 1, older)


def test_the_bytes_that_landed_arrive(services: Services, fno: FakeFno, run: Run) -> None:
    """One call, with our id, the route's wishes, and the file as it landed."""
    assert once(services, run) == {"execution_id": execution(run)}
    request = fno.requests[0]
    assert (request.data_project, request.company, request.execution_id) == (
        "Customers",
        "USMF",
        execution(run),
    )
    assert (request.execute, request.overwrite) == (True, True)
    assert fno.received == [package()]
    row = services.ledger.get(run.run_id)
    assert (row.state, row.execution_id, row.submission.calls) == (State.RUNNING, execution(run), 1)


def test_an_export_is_asked_for_under_our_id(services: Services, fno: FakeFno, run: Run) -> None:
    """All of the data project, for the run's company."""
    submitted = submit(services, Step(run.run_id), lambda _: EXPORT)
    assert submitted.execution_id == execution(run)
    assert fno.exports == [ExportRequest("Customers", execution(run), "USMF")]


def test_no_sas_is_written_down(services: Services, run: Run) -> None:
    """The package's URL opens F&O's storage: the ledger does not know it."""
    once(services, run)
    assert "sig=" not in str(services.account.tables.get_table_client("runs").get_entity("run", run.run_id))


def test_an_answer_lost_after_the_work_needs_no_second_call(services: Services, fno: FakeFno, run: Run) -> None:
    """F&O knows the id: it is asked, not told again."""
    fno.starts = [(LOST, True)]
    assert once(services, run) == {"wait": 15}
    assert once(services, run) == {"execution_id": execution(run)}
    assert fno.started == [execution(run)]
    assert len(fno.requests) == 1


@pytest.mark.parametrize("lost", [LOST, ServerError("502")])
def test_a_request_lost_before_the_work_is_sent_again(
    services: Services, fno: FakeFno, run: Run, lost: Exception
) -> None:
    """After the grace time a second call is made, with the same id."""
    fno.starts = [lost]
    assert once(services, run) == {"wait": 15}
    assert once(services, run) == {"execution_id": execution(run)}
    assert [each.execution_id for each in fno.requests] == [execution(run)] * 2
    assert fno.started == [execution(run)]


def test_not_found_is_not_believed_at_once(patient: Services, fno: FakeFno, run: Run) -> None:
    """Within the grace time F&O is only asked, however often the step is taken."""
    fno.starts = [LOST]
    for _ in range(4):
        waited = once(patient, run)
        assert 0 < float(str(waited["wait"])) <= 15
    assert len(fno.requests) == 1
    long_ago(patient, run)
    assert once(patient, run) == {"execution_id": execution(run)}
    assert len(fno.requests) == 2


def test_an_id_that_appears_late_is_taken(patient: Services, fno: FakeFno, run: Run) -> None:
    """F&O knows an execution some time after it was started."""
    fno.starts = [LOST]
    once(patient, run)
    once(patient, run)
    fno.known.add(execution(run))
    assert once(patient, run) == {"execution_id": execution(run)}
    assert len(fno.requests) == 1


def test_two_calls_without_an_answer_are_enough(services: Services, fno: FakeFno, run: Run) -> None:
    """Nobody can know then: no third call, ever."""
    fno.starts = [LOST, LOST, LOST]
    assert once(services, run) == {"wait": 15}
    assert once(services, run) == {"wait": 15}
    assert once(services, run) == {"outcome": Outcome.NEEDS_ATTENTION}
    assert once(services, run) == {"outcome": Outcome.NEEDS_ATTENTION}
    assert len(fno.requests) == 2


@pytest.mark.parametrize(
    ("error", "then"),
    [
        (ThrottledError("busy", retry_after=42), {"wait": 42}),
        (NotSentError("no route"), {"wait": 15}),
    ],
)
def test_a_call_that_did_nothing_does_not_count(
    services: Services, fno: FakeFno, run: Run, error: Exception, then: dict[str, object]
) -> None:
    """Busy or never reached, any number of times: F&O is asked again without a question or a grace time."""
    fno.starts = [error] * 5
    for _ in range(5):
        assert once(services, run) == then
        assert services.ledger.get(run.run_id).submission == Submission()
    assert once(services, run) == {"execution_id": execution(run)}
    assert fno.asked == []


def test_a_refusal_ends_the_run(services: Services, fno: FakeFno, run: Run) -> None:
    """What F&O refuses it would refuse again."""
    fno.starts = [RefusedError("F&O refused: no such entity", said="no such entity")]
    assert once(services, run) == {"outcome": Outcome.FAILED}
    assert len(fno.requests) == 1


def test_a_second_call_that_is_refused_may_mean_that_the_first_was_heard(
    services: Services, fno: FakeFno, run: Run
) -> None:
    """F&O says that the record already exists, and has it after all."""
    fno.starts = [(LOST, True), RefusedError("exists", said="The record already exists")]
    once(services, run)
    fno.known.clear()
    fno.says = [Outcome.SUCCEEDED, "Executing"]

    def prepare(services: Services, row: Run) -> Call:
        call = start_import(services, row)

        def appears() -> str:
            try:
                return call()
            finally:
                fno.known.add(execution(run))

        return appears

    submitted = submit(services, Step(run.run_id), lambda _: replace(IMPORT, start=prepare))
    assert submitted.execution_id == execution(run)
    assert services.ledger.get(run.run_id).state == State.RUNNING


def test_a_call_in_the_way_of_another_waits_its_turn(services: Services, fno: FakeFno, run: Run) -> None:
    """An overlap is no refusal of the file: nothing counts as sent, and the call is made again later."""
    fno.starts = [OverlapError("busy", said="Deadlock")] * 3
    for _ in range(3):
        assert once(services, run) == {"wait": 15}
        assert services.ledger.get(run.run_id).submission.calls == 0
    assert once(services, run) == {"execution_id": execution(run)}
    assert len(fno.requests) == 4


def test_an_overlap_with_our_own_lost_call_is_its_end(services: Services, fno: FakeFno, run: Run) -> None:
    """The call that is in the way may be our own, made by a host that died: then F&O has the execution."""
    fno.starts = [OverlapError("exists", said="The record already exists")]
    fno.known.add(execution(run))
    assert once(services, run) == {"execution_id": execution(run)}
    assert services.ledger.get(run.run_id).state == State.RUNNING


def test_who_cannot_be_asked_about_a_lost_answer_is_not_called_failed(
    services: Services, fno: FakeFno, run: Run
) -> None:
    """F&O may be running it: an outcome that invites a rerun would run it twice."""
    fno.starts = [(LOST, True)]
    once(services, run)
    fno.says = RefusedError("no", said="no")
    assert once(services, run) == {"outcome": Outcome.NEEDS_ATTENTION}
    assert len(fno.requests) == 1


@pytest.mark.parametrize("error", [AuthError("403"), WrongAddressError("404")])
def test_who_lets_nothing_in_after_a_lost_answer_is_waited_for(
    services: Services, fno: FakeFno, run: Run, error: Exception
) -> None:
    """F&O may be running it: the run keeps its lane, says why it waits, and asks for the id when F&O is back."""
    fno.starts = [(LOST, True)]
    once(services, run)
    fno.says = error
    submitted = submit(services, Step(run.run_id))
    assert (submitted.wait, submitted.blocked, submitted.closure) == (WAIT_SECONDS, True, None)
    assert str(error) in str(services.ledger.get(run.run_id).reason)
    fno.says = ExecutionStatus.EXECUTING
    assert once(services, run) == {"execution_id": execution(run)}
    assert len(fno.requests) == 1


@pytest.mark.parametrize("error", [AuthError("403"), WrongAddressError("302")])
def test_who_lets_nothing_in_fails_no_file(services: Services, fno: FakeFno, run: Run, error: Exception) -> None:
    """The run waits as before, with the reason and no call used up, and is not sent before the circuit has closed."""
    fno.starts = [error]
    submitted = submit(services, Step(run.run_id))
    assert submitted.closure
    assert submitted.closure.reason == str(error)
    row = services.ledger.get(run.run_id)
    assert (row.state, row.submission, row.execution_id) == (State.WAITING, Submission(), None)
    assert row.reason == submitted.closure.words
    assert submit(services, Step(run.run_id)).closure
    assert len(fno.requests) == 1
    services.ledger.circuits.change("", lambda circuit: circuit.close(utc_now()))
    assert once(services, run) == {"execution_id": execution(run)}
    assert services.ledger.get(run.run_id).reason is None


def test_a_frozen_environment_gets_nothing(services: Services, fno: FakeFno, run: Run) -> None:
    """While a freeze lasts nothing is sent, but for the routes that it excepts."""
    now = datetime(2026, 12, 5, 23, tzinfo=UTC)
    freeze = {"from": "SAT 22:00", "to": "02:00", "reason": "maintenance"}
    for excepted in (["other"], ["packages"]):
        frozen = Plan.model_validate({**RAW, "freeze": [{**freeze, "except": excepted}]})
        submitted = submit(replace(services, plan=frozen, now=lambda: now), Step(run.run_id))
        assert (submitted.closure is None) == (excepted == ["packages"])
    assert len(fno.requests) == 1


def test_a_storage_that_takes_no_package_concerns_the_environment(services: Services, fno: FakeFno, run: Run) -> None:
    """F&O names a place that is not opened: the file is not to blame, and goes when F&O names another."""
    fno.write = lambda _: WriteUrl("{1}", "https://evil.example/x")
    submitted = submit(services, Step(run.run_id))
    assert submitted.closure
    assert "evil.example" in submitted.closure.reason
    fno.write = None
    services.ledger.circuits.change("", lambda circuit: circuit.close(utc_now()))
    assert once(services, run) == {"execution_id": execution(run)}


@pytest.mark.parametrize("crash", [Crash(at, answered) for at in range(1, 14) for answered in (False, True)])
def test_a_crash_anywhere_starts_it_once(
    services: Services, fno: FakeFno, crashing: Callable[[Crash], Services], run: Run, crash: Crash
) -> None:
    """Stopped at whichever request to storage, before it or after it, the next host starts what is not started."""
    with suppress(CrashError):
        once(crashing(crash), run)
    for _ in range(3):
        last = once(services, run)
    assert last == {"execution_id": execution(run)}
    assert fno.started == [execution(run)]


def test_a_crash_after_counting_costs_one_call(services: Services, fno: FakeFno, run: Run) -> None:
    """A call that was written down and never made is made under the same id, after F&O was asked."""
    services.ledger.change(
        run.run_id,
        1,
        lambda row: replace(row, execution_id=execution(run), submission=Submission(1, utc_now())),
    )
    assert once(services, run) == {"execution_id": execution(run)}
    assert fno.asked == [execution(run)]
    assert fno.started == [execution(run)]


def test_an_accepted_run_is_not_submitted_again(services: Services, fno: FakeFno, run: Run) -> None:
    """The step may be taken twice by Durable: the second time it only asks."""
    assert once(services, run) == once(services, run) == {"execution_id": execution(run)}
    assert len(fno.requests) == 1


def test_what_f_and_o_took_may_not_be_known_yet(patient: Services, fno: FakeFno, run: Run) -> None:
    """The process died right after F&O had answered: its "not found" is not believed, and nothing is given up."""
    once(patient, run)
    fno.known.clear()
    assert once(patient, run) == {"wait": WAIT_SECONDS}
    fno.known.add(execution(run))
    assert once(patient, run) == {"execution_id": execution(run)}


def test_what_f_and_o_took_and_forgot_is_not_started_again(services: Services, fno: FakeFno, run: Run) -> None:
    """A week later F&O knows no execution any more: run again, an export would bring only what changed since."""
    once(services, run)
    fno.known.clear()
    assert once(services, run) == {"outcome": Outcome.NEEDS_ATTENTION}
    assert len(fno.started) == 1


def test_another_id_than_ours_counts(services: Services, run: Run) -> None:
    """Should F&O choose one, that is what it will know."""
    submitted = submit(services, Step(run.run_id), lambda _: replace(IMPORT, start=lambda *_: lambda: "chosen-by-fno"))
    assert submitted.execution_id == "chosen-by-fno"
    assert services.ledger.get(run.run_id).execution_id == "chosen-by-fno"


def test_no_id_means_ours(services: Services, run: Run) -> None:
    """An empty answer is one."""
    assert submit(
        services, Step(run.run_id), lambda _: replace(IMPORT, start=lambda *_: lambda: "")
    ).execution_id == execution(run)


def test_a_file_replaced_while_waiting_is_superseded(services: Services, fno: FakeFno, run: Run, name: str) -> None:
    """The newer version has a run of its own, and this one sends nothing."""
    services.account.blob(f"{LANDING}/{name}").upload_blob(b"newer", overwrite=True)
    assert once(services, run) == {"outcome": Outcome.SUPERSEDED}
    assert fno.requests == []


def test_a_file_removed_while_waiting_is_superseded(services: Services, fno: FakeFno, run: Run, name: str) -> None:
    """Somebody took it back in time."""
    services.account.blob(f"{LANDING}/{name}").delete_blob()
    assert once(services, run) == {"outcome": Outcome.SUPERSEDED}
    assert fno.requests == []


def test_a_stale_step_does_nothing(services: Services, fno: FakeFno, run: Run) -> None:
    """A step of an attempt that was replaced reaches neither ledger nor F&O."""
    services.ledger.change(run.run_id, 1, lambda row: replace(row, attempt=2))
    with pytest.raises(StaleAttemptError):
        once(services, run)
    assert fno.requests == fno.asked == []
