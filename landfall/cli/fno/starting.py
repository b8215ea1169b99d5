"""Has F&O start an execution, once, whatever happens to the answer.

A call whose answer is lost may have been heard. So F&O is asked for the id before anything is sent again, the id is
believed to be unknown only after a grace time, and one call more at most is made, with the same id.
"""

from collections.abc import Callable

from landfall.cli.fno.desk import MAX_SILENT, STEP_SECONDS, Desk, wait_for
from landfall.cli.fno.ends import CannotKnowError, NotStartedError
from landfall.fno.errors import (
    AuthError,
    ExecutionUnknownError,
    FnoError,
    NoAnswerError,
    NotSentError,
    OverlapError,
    RefusedError,
    ThrottledError,
    WrongAddressError,
)

MAX_CALLS = 2
GRACE_SECONDS = 210.0
"""How long F&O may not know an id that it was given (fno-behaviour 2.4)."""
HEARD_NOT = (ThrottledError, NotSentError, AuthError, WrongAddressError, OverlapError)
"""Answers after which F&O has surely not started anything."""


class Start:
    """The start of one execution.

    `bring` gets ready what the call needs, starts nothing and may be repeated; `call` takes what it gives, makes the
    one call that starts the execution, and gives the id that F&O answers.
    """

    def __init__(
        self, desk: Desk, execution_id: str, bring: Callable[[], str], call: Callable[[str], str]
    ) -> None:
        self._desk = desk
        self._id = execution_id
        self._bring = bring
        self._call = call
        self._calls = 0
        self._last_call = 0.0
        self._silent = 0

    @property
    def may_run(self) -> bool:
        """Whether F&O may have started the execution."""
        return self._calls > 0

    def run(self) -> str:
        """The execution's id, once F&O has it; NotStartedError, or CannotKnowError when F&O may have it."""
        while True:
            try:
                return self._attempt()
            except (FnoError, _TooEarlyError) as error:
                wait = self._wait_after(error)
            self._desk.sleep(wait)

    def _attempt(self) -> str:
        if self._calls:
            if self._is_known():
                return self._id
            if (left := self._last_call + GRACE_SECONDS - self._desk.seconds()) > 0:
                raise _TooEarlyError(min(left, STEP_SECONDS))
            if self._calls >= MAX_CALLS:
                raise CannotKnowError(
                    f"F&O was asked {self._calls} times to start this, answered neither time and does not know it now; "
                    "look in its Job history before doing it again"
                )
        return self._send(self._bring())

    def _send(self, brought: str) -> str:
        earlier = self._calls
        self._calls += 1
        try:
            return self._call(brought) or self._id
        except HEARD_NOT as error:
            self._calls = earlier
            if isinstance(error, OverlapError) and self._is_known():
                return self._id
            raise
        except RefusedError:
            # It may say no because an earlier call was heard.
            if earlier and self._is_known():
                return self._id
            self._calls = 0
            raise
        except NoAnswerError:
            self._last_call = self._desk.seconds()
            raise

    def _is_known(self) -> bool:
        try:
            self._desk.client.status(self._id)
        except ExecutionUnknownError:
            return False
        except (RefusedError, AuthError, WrongAddressError) as error:
            if not self._calls:
                raise
            raise CannotKnowError(f"F&O was asked to start this and cannot be asked now: {error}") from None
        return True

    def _wait_after(self, error: "FnoError | _TooEarlyError") -> float:
        if isinstance(error, _TooEarlyError):
            self._desk.say("F&O's answer was lost; asking whether it has the execution")
            return error.seconds
        overlapping = isinstance(error, OverlapError)
        wait = STEP_SECONDS if overlapping else wait_for(error, self._silent)
        self._silent = self._silent + 1 if isinstance(error, NoAnswerError | NotSentError) else 0
        if wait is None or self._silent > MAX_SILENT:
            if self._calls:
                raise CannotKnowError(f"F&O was asked to start this and may have: {error}") from None
            raise NotStartedError(str(error)) from None
        self._desk.say(f"F&O is busy with another import or export: {error}" if overlapping else str(error))
        return wait


class _TooEarlyError(Exception):
    """F&O does not know the id yet, which does not prove anything for so many `seconds`."""

    def __init__(self, seconds: float) -> None:
        super().__init__()
        self.seconds = seconds
