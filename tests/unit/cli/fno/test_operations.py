"""How each command ends, whatever happens."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
import requests

from landfall.cli.fno import operations
from landfall.cli.fno.desk import Desk
from landfall.cli.fno.ends import EXIT_CODES, OUTCOMES, Outcome
from landfall.cli.fno.watching import watch
from landfall.fno.errors import UNKNOWN_AFTER_ACCEPTED
from landfall.fno.models import ExecutionStatus
from tests.unit.cli.fno.test_starting import KNOWN, LOST, TAKEN, UNKNOWN
from tests.unit.fno.conftest import Answer, Wire

DONE = Answer({"value": "Succeeded"})
COUNTS = Answer({"value": [{"EntityName": "E", "StagingRecordsCreatedCount": 2}]})
NOTHING = Answer({"value": [{"EntityName": "E"}]})
URL = Answer({"value": ""})
ORDER = operations.Order("P", "USMF", "ours", seconds=3600)

Sit = Callable[..., Desk]


class Clock:
    """A clock that only sleeping moves."""

    def __init__(self) -> None:
        self.now = 0.0

    def sleep(self, seconds: float) -> None:
        """Move the clock."""
        self.now += seconds


@pytest.fixture
def desk(wire: Wire) -> Sit:
    """Return a function that makes a desk from F&O's answers."""

    def make(*answers: Answer | BaseException, clock: Clock | None = None) -> Desk:
        time = clock or Clock()
        return Desk(wire(*answers).client, lambda _: None, seconds=lambda: time.now, sleep=time.sleep)

    return make


def test_an_interruption_before_the_call_started_nothing(desk: Sit, tmp_path: Path) -> None:
    """Ctrl-C before the call means that nothing was started."""

    def interrupted(_: float) -> None:
        raise KeyboardInterrupt

    waiting = replace(desk(Answer("", 429)), sleep=interrupted)
    end = operations.import_package(waiting, ORDER, tmp_path / "package.zip")
    assert (end.outcome, end.reason) == (Outcome.FAILED, "nothing was started: interrupted")


def test_an_interruption_after_the_call_leaves_it_running(desk: Sit, tmp_path: Path) -> None:
    """Ctrl-C after the call leaves the outcome unknown and shows the id."""

    def interrupted(_: float) -> None:
        raise KeyboardInterrupt

    waiting = replace(desk(TAKEN, KNOWN), sleep=interrupted)
    end = operations.export_package(waiting, ORDER, tmp_path / "out.zip")
    assert (end.outcome, end.execution_id, end.exit_code) == (Outcome.UNKNOWN, "ours", 4)


def test_an_export_without_rows_may_have_no_package(desk: Sit, tmp_path: Path) -> None:
    """An export without rows succeeds without a package (fno-behaviour 9.3)."""
    end = operations.export_package(
        desk(TAKEN, DONE, NOTHING, *[URL] * operations.EMPTY_TRIES), ORDER, tmp_path / "out.zip"
    )
    assert (end.outcome, end.package) == (Outcome.SUCCEEDED, None)
    assert "nothing to export" in str(end.reason)


def test_rows_without_a_package_are_no_success(desk: Sit, tmp_path: Path) -> None:
    """An export with rows but without a package is unknown, so that it can be fetched later."""
    end = operations.export_package(
        desk(TAKEN, DONE, COUNTS, *[URL] * operations.PACKING_TRIES), ORDER, tmp_path / "out.zip"
    )
    assert end.outcome == Outcome.UNKNOWN
    assert "named no package" in str(end.reason)


def test_counts_that_cannot_be_read_are_no_success(desk: Sit) -> None:
    """Without counts F&O's Succeeded is not believed, and the outcome is unknown."""
    end = operations.watch_execution(desk(DONE, *[LOST] * 20), "ours", 3600)
    assert end.outcome == Outcome.UNKNOWN


def test_messages_that_cannot_be_read_do_not_hide_the_failure(desk: Sit) -> None:
    """A failure whose messages cannot be read is still a failure."""
    end = operations.watch_execution(desk(Answer({"value": "Failed"}), COUNTS, Answer("", 403)), "ours", 3600)
    assert end.outcome == Outcome.FAILED
    assert "messages could not be read" in str(end.reason)


def test_a_watch_waits_ever_longer(desk: Sit) -> None:
    """An hour takes some dozens of looks, at most a minute apart."""
    clock, answers = Clock(), [KNOWN] * 90
    watched = desk(*answers, DONE, clock=clock)
    assert watch(watched, "ours", 24 * 3600) == ExecutionStatus.SUCCEEDED
    assert 3600 < clock.now < 91 * 60


def test_a_watch_waits_for_an_id_to_be_known(desk: Sit) -> None:
    """A watch goes on while F&O does not know the id yet (fno-behaviour 2.4)."""
    assert watch(desk(UNKNOWN, UNKNOWN, DONE), "ours", 3600) == ExecutionStatus.SUCCEEDED


def test_a_watch_of_an_unknown_id_ends(desk: Sit) -> None:
    """A watch of an unknown id ends after the grace time, with F&O's message."""
    clock = Clock()
    end = operations.watch_execution(desk(*[UNKNOWN] * 60, clock=clock), "ours", 24 * 3600)
    assert end.outcome == Outcome.UNKNOWN
    assert "not found" in str(end.reason)
    assert UNKNOWN_AFTER_ACCEPTED < clock.now < 2 * UNKNOWN_AFTER_ACCEPTED


def test_a_watch_outlives_silence(desk: Sit) -> None:
    """A watch survives lost answers and waits as long as F&O asks."""
    clock = Clock()
    busy = Answer("", 429, {"Retry-After": "70"})
    lost = requests.ConnectionError("reset")
    assert watch(desk(lost, busy, lost, DONE, clock=clock), "ours", 3600) == ExecutionStatus.SUCCEEDED
    assert clock.now > 70


def test_every_final_status_has_an_exit_code() -> None:
    """Exit codes are 0 for a success, 1 failed or canceled, 3 partly, and 4 for any status that is not final."""
    codes = {status: EXIT_CODES[OUTCOMES.get(status, Outcome.UNKNOWN)] for status in ExecutionStatus}
    assert {status for status, code in codes.items() if code == 4} == {
        status for status in ExecutionStatus if not status.is_final
    }
    assert codes[ExecutionStatus.SUCCEEDED] == 0
    assert codes[ExecutionStatus.PARTIALLY_SUCCEEDED] == 3
    assert codes[ExecutionStatus.FAILED] == codes[ExecutionStatus.CANCELED] == 1
