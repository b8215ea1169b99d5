"""Telling goes on for a day, and never stands in a run's way."""

from collections.abc import Callable
from datetime import timedelta

from orchestrations.import_file import import_file
from orchestrations.tell import TRIES, tell
from tests.unit.orchestrations.conftest import START, Play

NOTICE = {"channel": "webhook", "event": {"id": "imp-1.1"}}
REFUSED = {"refusal": {"outcome": "Rejected", "reason": "no zip"}}
END = {"outcome": "Rejected", "reason": "no zip"}
MakePlay = Callable[..., Play]


def test_a_notice_is_sent_until_it_is_taken(play: MakePlay) -> None:
    """Waits double from ten seconds on."""
    played = play(send_notice=[False, False, False, True])
    assert played.run(tell, NOTICE) is True
    assert played.waited() == [10, 20, 40]


def test_a_receiver_that_never_listens_is_given_up(play: MakePlay) -> None:
    """After about a day, with the history still short."""
    played = play(send_notice=False)
    assert played.run(tell, NOTICE) is False
    assert len(played.steps) == TRIES
    assert timedelta(hours=23) < played.now - START < timedelta(hours=26)


def test_the_end_of_a_run_is_announced(play: MakePlay) -> None:
    """After it was settled, where somebody wants to be told, and only there."""
    played = play(intake=REFUSED, settle={**END, "announced": True}, announce=None)
    assert played.run(import_file, {"run_id": "imp-1", "attempt": 3}) == END
    assert played.inputs[-1] == ("announce", {"run_id": "imp-1", "attempt": 3})
    silent = play(intake=REFUSED, settle={**END, "announced": False})
    silent.run(import_file, {"run_id": "imp-1"})
    assert silent.steps[-1] == "settle"


def test_a_notice_that_cannot_be_started_fails_no_run(play: MakePlay) -> None:
    """The run has ended as it did."""
    played = play(intake=REFUSED, settle={**END, "announced": True}, announce=RuntimeError("no durable"))
    assert played.run(import_file, {"run_id": "imp-1"}) == END
