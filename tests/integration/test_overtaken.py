"""Two processes with one run in hand: only one of them asks F&O."""

from dataclasses import replace

import pytest

from activities.roads import IMPORT, Call, start_import
from activities.submission import OvertakenError, submit
from landfall.records import Run, Step
from landfall.services import Services
from tests.integration.conftest import Drop, FakeFno


def admitted(services: Services, run: Run) -> Step:
    """A run that may be submitted."""
    services.ledger.change(
        run.run_id,
        1,
        lambda row: Run(
            **{**vars(row), "route": "packages", "company": "USMF", "data_project": "Groups"},
        ),
    )
    return Step(run.run_id)


def test_a_host_that_was_paused_does_not_ask_again(services: Services, fno: FakeFno, drop: Drop) -> None:
    """It read the row, slept, and another host submitted the run meanwhile: waking up it stops before the call."""
    step = admitted(services, drop())

    def paused(services: Services, run: Run) -> Call:
        assert submit(services, step, lambda _: IMPORT).execution_id
        return start_import(services, run)

    with pytest.raises(OvertakenError):
        submit(services, step, lambda _: replace(IMPORT, start=paused))
    assert len(fno.started) == 1
    assert submit(services, step, lambda _: IMPORT).execution_id == fno.started[0]
    assert len(fno.started) == 1
