"""Waiting for a run to end."""

from typing import Any

import pytest

from landfall.cli.app_api import AppApi, NotFoundError
from landfall.cli.following import NoRunError, exit_code, follow
from landfall.cli.places import App
from landfall.records import Outcome


class Told(AppApi):
    """An app that returns these states of a run, one per look; None is a run that does not exist yet."""

    def __init__(self, *states: tuple[str, str | None] | None) -> None:
        super().__init__(App("https://contoso.azurewebsites.net", None))
        self.states = list(states)
        self.now = 0.0

    def run(self, run_id: str) -> dict[str, Any]:
        """Return the next state; the last one stays."""
        state = self.states.pop(0) if len(self.states) > 1 else self.states[0]
        if state is None:
            raise NotFoundError(run_id)
        return {"run_id": run_id, "state": state[0], "outcome": state[1]}

    def sleep(self, seconds: float) -> None:
        """Move the clock."""
        self.now += seconds


def followed(app: Told, seconds: float = 3600) -> dict[str, Any]:
    """Follow the run and return it."""
    return follow(app, "imp-1", lambda _: None, seconds=seconds, clock=lambda: app.now, sleep=app.sleep)


def test_a_run_is_followed_to_its_end() -> None:
    """A run is followed to its end, even if it has not started yet."""
    app = Told(None, None, ("Claimed", None), ("Running", None), ("Done", "Succeeded"))
    assert followed(app)["outcome"] == "Succeeded"


def test_a_run_that_never_starts_is_an_error() -> None:
    """A run that has not started after ten minutes is an error."""
    app = Told(None)
    with pytest.raises(NoRunError, match="imp-1"):
        followed(app)
    assert 600 < app.now < 700


def test_waiting_has_an_end() -> None:
    """After the given time the run is returned as it is, and that is not a success."""
    run = followed(Told(("Running", None)), seconds=60)
    assert (run["state"], exit_code(run)) == ("Running", 4)


@pytest.mark.parametrize(
    ("outcome", "code"),
    [
        (Outcome.SUCCEEDED, 0),
        (Outcome.NO_ROWS, 0),
        (Outcome.FAILED, 1),
        (Outcome.CANCELED, 1),
        (Outcome.REJECTED, 1),
        (Outcome.SUPERSEDED, 1),
        (Outcome.PARTIALLY_SUCCEEDED, 3),
        (Outcome.NEEDS_ATTENTION, 4),
    ],
)
def test_every_outcome_has_its_exit_code(outcome: Outcome, code: int) -> None:
    """Every outcome has one of landfall.fno's exit codes."""
    assert exit_code({"outcome": outcome}) == code
