"""What every command works with, and how it waits for F&O."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import TypeVar

from landfall.cli.fno.ends import CannotKnowError
from landfall.fno.client import FnoClient
from landfall.fno.errors import FnoError, NoAnswerError, NotSentError, ThrottledError
from landfall.fno.files import Files, files_of

Answer = TypeVar("Answer")

STEP_SECONDS = 15.0
"""Seconds between two tries when F&O does not answer; the first tries are closer together."""
MAX_SILENT = 20
"""Tries in a row without an answer before F&O counts as away: more than four minutes."""


@dataclass(frozen=True)
class Desk:
    """What a command works with: F&O, a function that shows progress, trusted hosts, and a clock."""

    client: FnoClient
    say: Callable[[str], None]
    hosts: tuple[str, ...] = ()
    seconds: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep

    @cached_property
    def files(self) -> Files:
        """F&O's files, in the cloud or on premises."""
        return files_of(self.client, self.hosts)


def wait_for(error: FnoError, tries: int) -> float | None:
    """Return the seconds until the same may be asked again, after so many tries; None when that will not help."""
    if isinstance(error, ThrottledError):
        return error.retry_after
    if is_unreachable(error):
        return None
    return min(2.0**tries, STEP_SECONDS) if isinstance(error, NoAnswerError | NotSentError) else None


def is_unreachable(error: FnoError | None) -> bool:
    """Return whether a setting seems to be wrong, which waiting does not mend."""
    return isinstance(error, NotSentError) and error.unreachable


def ask(desk: Desk, question: Callable[[], Answer], about: str) -> Answer:
    """Return F&O's answer to a question that changes nothing; ask again while F&O is busy or away.

    Raises CannotKnowError when F&O never answers; RefusedError, AuthError and WrongAddressError at once, and
    NotSentError where no connection can be made to begin with.
    """
    for tries in range(MAX_SILENT):
        try:
            return question()
        except FnoError as error:
            wait = wait_for(error, tries)
            if wait is None:
                raise
            desk.say(f"{about}: {error}")
            desk.sleep(wait)
    raise CannotKnowError(f"F&O did not answer {MAX_SILENT} requests for {about}.")
