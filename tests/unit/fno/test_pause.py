"""A client sends nothing during a shared pause."""

import pytest
import requests

from landfall.fno import FnoClient
from landfall.fno.errors import ThrottledError
from tests.unit.fno.conftest import ORIGIN, Answer, CountedTokens, Script


class Notes:
    """A pause of a given length that keeps what it is told."""

    def __init__(self, left: float) -> None:
        self.seconds = left
        self.begun: list[float] = []

    def left(self) -> float:
        """Return the length that the test gave."""
        return self.seconds

    def begin(self, seconds: float) -> None:
        """Keep the length."""
        self.begun.append(seconds)


def asked(pause: Notes, *answers: Answer) -> tuple[ThrottledError, Script]:
    """Ask for a status; return the error and the script."""
    script = Script(*answers)
    with requests.Session() as session:
        session.mount("https://", script)
        client = FnoClient(ORIGIN, CountedTokens(), session=session, pause=pause)
        with pytest.raises(ThrottledError) as raised:
            client.status("x")
    return raised.value, script


def test_nothing_is_sent_during_a_pause() -> None:
    """During a pause the caller gets its length, as from F&O, and F&O gets no request."""
    error, script = asked(Notes(left=12))
    assert (error.retry_after, script.asked) == (12, [])


def test_a_429_begins_a_pause() -> None:
    """A 429 starts a pause of the length that F&O says."""
    pause = Notes(left=0)
    error, script = asked(pause, Answer("", 429, {"Retry-After": "9"}))
    assert (error.retry_after, len(script.asked), pause.begun) == (9, 1, [9])
