"""A file whose reading kills the host is read a few times, and then no more."""

from collections.abc import Callable
from dataclasses import replace

import pytest
from azure.storage.blob import BlobClient

from activities.archiving import Ending, end_run
from activities.intake import MAX_READS, Admission, intake
from landfall.records import Finding, Outcome, Step
from landfall.services import Services
from tests.integration.conftest import Crash, CrashError, Drop
from tests.unit.made_packages import package
from web.attempts import Retry, reopen
from web.models import AttemptRequest

AFTER_COUNT = 3
"""The request of intake that comes after its start was counted: it reads the file."""


class NoBlobs:
    """A storage account that does not answer."""

    def blob(self, name: str) -> BlobClient:
        """A blob, in vain."""
        raise OSError(f"{name} is away")


def kill(step: Step, crashing: Callable[[Crash], Services]) -> None:
    """Have intake read the file in a process that ends meanwhile."""
    with pytest.raises(CrashError):
        intake(crashing(Crash(AFTER_COUNT)), step)


def test_a_file_that_kills_is_rejected(services: Services, drop: Drop, crashing: Callable[[Crash], Services]) -> None:
    """After a few killed readings the run ends in words, and the file is in the archive, unread."""
    run = drop()
    step = Step(run.run_id)
    for count in range(1, MAX_READS + 1):
        kill(step, crashing)
        assert services.ledger.get(run.run_id).reads == count
    admission = intake(services, step)
    assert isinstance(admission, Admission)
    assert admission.refusal
    assert admission.refusal.outcome == Outcome.REJECTED
    assert "stopped 3 times while it read the file" in str(admission.refusal.reason)
    end_run(services, Ending(run.run_id, 1, admission.refusal))
    assert services.ledger.get(run.run_id).files["archive"].startswith("archive/Rejected/")


def test_a_new_attempt_reads_anew(services: Services, drop: Drop, crashing: Callable[[Crash], Services]) -> None:
    """A person may have given the host more memory: the file is read again, as often as at first."""
    run = drop()
    for _ in range(MAX_READS):
        kill(Step(run.run_id), crashing)
    end_run(services, Ending(run.run_id, 1, Finding(Outcome.REJECTED, "killed")))
    again = reopen(services.ledger, run.run_id, Retry("again", "Kim", AttemptRequest()))
    assert again.reads == 0
    admission = intake(services, Step(run.run_id, 2))
    assert isinstance(admission, Admission)
    assert admission.refusal is None


@pytest.mark.parametrize("content", [package(), b"no package"])
def test_a_reading_that_ends_does_not_count(
    services: Services, drop: Drop, crashing: Callable[[Crash], Services], content: bytes
) -> None:
    """Well, refused or with an error that another try may mend: what was killed before it is forgotten."""
    step = Step(drop(content).run_id)
    kill(step, crashing)
    with pytest.raises(OSError, match="away"):
        intake(replace(services, account=NoBlobs()), step)  # type: ignore[arg-type]
    assert services.ledger.get(step.run_id).reads == 0
    kill(step, crashing)
    first, *others = [intake(services, step) for _ in range(MAX_READS + 1)]
    assert others == [first] * MAX_READS
    assert "stopped" not in str(first)
    assert services.ledger.get(step.run_id).reads == 0


def test_an_end_under_way_is_carried_out(services: Services, drop: Drop) -> None:
    """A run that is started again while it ends, before F&O had it, is not read again."""
    run = drop()
    ending = Finding(Outcome.REJECTED, "The header has no column NAME.")
    services.ledger.change(run.run_id, 1, lambda row: replace(row, ending=ending))
    assert intake(services, Step(run.run_id)) == Admission(ending)
