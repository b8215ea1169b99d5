"""A client that shares a pause asks nothing while it lasts."""

import pytest
import requests

from landfall.fno import FnoClient
from landfall.fno.errors import ThrottledError
from tests.unit.fno.conftest import ORIGIN, Answer, CountedTokens, Script


class Notes:
    """A pause that says how long, and notes what it is told."""

    def __init__(self, left: float) -> None:
        self.seconds = left
        self.begun: list[float] = []

    def left(self) -> float:
        """As long as the test says."""
        return self.seconds

    def begin(self, seconds: float) -> None:
        """Note it."""
        self.begun.append(seconds)


def asked(pause: Notes, *answers: Answer) -> tuple[ThrottledError, Script]:
    """Ask for a status; what was raised, and what was sent."""
    script = Script(*answers)
    with requests.Session() as session:
        session.mount("https://", script)
        client = FnoClient(ORIGIN, CountedTokens(), session=session, pause=pause)
        with pytest.raises(ThrottledError) as raised:
            client.status("x")
    return raised.value, script


def test_nothing_is_sent_during_a_pause() -> None:
    """The caller hears how long it lasts, as it would from F&O, and F&O hears nothing."""
    error, script = asked(Notes(left=12))
    assert (error.retry_after, script.asked) == (12, [])


def test_a_429_begins_a_pause() -> None:
    """For as long as F&O says."""
    pause = Notes(left=0)
    error, script = asked(pause, Answer("", 429, {"Retry-After": "9"}))
    assert (error.retry_after, len(script.asked), pause.begun) == (9, 1, [9])
