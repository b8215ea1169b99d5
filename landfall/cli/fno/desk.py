"""What every command works with, and how it waits."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from landfall.cli.fno.ends import CannotKnowError
from landfall.fno.client import FnoClient
from landfall.fno.errors import FnoError, NoAnswerError, NotSentError, ThrottledError

Answer = TypeVar("Answer")

STEP_SECONDS = 15.0
"""Between two tries of something that F&O does not answer; less between the first ones."""
MAX_SILENT = 20
"""Tries in a row without an answer before F&O counts as away: more than four minutes."""


@dataclass(frozen=True)
class Desk:
    """F&O, where its files may lie besides Azure Blob Storage, whom to tell what is going on, and the clock."""

    client: FnoClient
    say: Callable[[str], None]
    hosts: tuple[str, ...] = ()
    seconds: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep


def wait_for(error: FnoError, tries: int) -> float | None:
    """Seconds until the same may be asked again, after so many tries; None when asking again will not help."""
    if isinstance(error, ThrottledError):
        return error.retry_after
    return min(2.0**tries, STEP_SECONDS) if isinstance(error, NoAnswerError | NotSentError) else None


def asked(desk: Desk, ask: Callable[[], Answer], about: str) -> Answer:
    """What F&O answers to a question that changes nothing, asked again while it is busy or away.

    Raises CannotKnowError when it goes on not answering, and RefusedError, AuthError and WrongAddressError at once.
    """
    for tries in range(MAX_SILENT):
        try:
            return ask()
        except FnoError as error:
            wait = wait_for(error, tries)
            if wait is None:
                raise
            desk.say(f"{about}: {error}")
            desk.sleep(wait)
    raise CannotKnowError(f"{about}: F&O does not answer")
