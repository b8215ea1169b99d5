"""Starts one execution in F&O once, whatever happens to the answers.

F&O may have heard a call whose answer is lost. So Landfall counts each call before it makes it. After a lost call it
asks F&O for the execution id before it sends anything again, and believes "not found" only after a grace time
(fno-behaviour 2.4). It makes at most one more call, under the same id. `next_move` decides all of this and does nothing
else. The app keeps count in the ledger, the command line in memory.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Literal, Protocol

from landfall.fno.concerns import Concern, concern_of
from landfall.fno.errors import (
    ExecutionUnknownError,
    FnoError,
    NoAnswerError,
    NotSentError,
    OverlapError,
    RefusedError,
    ThrottledError,
)

MAX_CALLS = 2
WAIT_SECONDS = 15.0
"""Between two questions to an F&O that does not answer, is busy with another call, or does not know the id yet."""


@dataclass(frozen=True)
class Calls:
    """The calls made for one execution: how many, seconds since the last one, and whether F&O accepted one."""

    count: int = 0
    age: float = 0
    accepted: bool = False


@dataclass(frozen=True)
class Event:
    """What happened last: nothing yet (`begin`), or a step that went well or ended in `error`.

    `answer` is the id that F&O answered to a call, `refusal` its no to the call that made us ask for the id.
    """

    step: Literal["begin", "prepare", "call", "ask"] = "begin"
    error: FnoError | None = None
    answer: str = ""
    refusal: RefusedError | None = None


@dataclass(frozen=True)
class Move:
    """What comes next: `call` F&O, `ask` it for the id, `wait` for `seconds`, or the end.

    At the end F&O has `started` the execution (`answer` is the id it answered, if any), it has surely started nothing
    (`failed`), or nobody can tell (`unknown`). `error` and `reason` say why. `blocked` is the end for now: F&O lets
    nothing of this app in, and who waits until it does may go on. `heard` is False where F&O has surely not heard the
    call that just failed.
    """

    do: Literal["call", "ask", "wait", "started", "failed", "unknown", "blocked"]
    seconds: float = 0
    error: FnoError | None = None
    reason: str = ""
    answer: str = ""
    heard: bool = True

    @property
    def silent(self) -> bool:
        """Whether F&O does not answer at all, as opposed to asking to be left alone for a while."""
        return isinstance(self.error, NoAnswerError | NotSentError)


class Start(Protocol):
    """One execution to be started, and who keeps count of its calls. Methods raise FnoError and what is their own."""

    def calls(self) -> Calls:
        """The calls made so far."""

    def prepare(self) -> Callable[[], str]:
        """Get ready what the call needs; it may be done again. Returns the call, which returns the id F&O answers."""

    def count(self, change: Literal["made", "unheard", "lost"]) -> None:
        """Note that a call is about to be made, that F&O did not hear it after all, or that its answer is lost."""

    def ask(self) -> str:
        """The id under which F&O has the execution, empty for our own; ExecutionUnknownError when it has none."""


def start_execution(start: Start, grace: float) -> Move:
    """Make moves until there is nothing to do but wait, or until the end. `grace` is in seconds."""
    event = Event()
    while True:
        move = next_move(start.calls(), event, grace)
        if event.step == "call" and not move.heard:
            start.count("unheard")
        elif event.step == "call" and isinstance(event.error, NoAnswerError):
            start.count("lost")
        if move.do == "ask":
            event = _ask(start, move.error)
        elif move.do == "call":
            event = _call(start)
        else:
            return move


def next_move(calls: Calls, event: Event, grace: float) -> Move:
    """The next move after an event, given the calls made so far (with the one that just failed)."""
    if event.step == "begin":
        return Move("ask" if calls.count or calls.accepted else "call")
    if event.error is None:
        return Move("started", answer=event.answer)
    if event.step == "call":
        return _after_call(calls, event.error)
    if isinstance(event.error, ExecutionUnknownError):
        return _after_unknown_id(calls, event, grace)
    return _after_failure(calls.count, event.error)


def _after_call(calls: Calls, error: FnoError) -> Move:
    if isinstance(error, OverlapError):  # perhaps with our own call, which a host made that died
        return Move("ask", error=error, heard=False)
    if isinstance(error, RefusedError):  # perhaps because F&O heard an earlier call
        return Move("ask", error=error) if calls.count > 1 else _failed(error)
    if isinstance(error, NoAnswerError):
        return _after_failure(calls.count, error)
    return replace(_after_failure(calls.count - 1, error), heard=False)


def _after_unknown_id(calls: Calls, event: Event, grace: float) -> Move:
    if isinstance(event.refusal, OverlapError):
        return Move("wait", WAIT_SECONDS, event.refusal)
    if event.refusal:
        return _failed(event.refusal)
    if (left := grace - calls.age) > 0:
        return Move("wait", min(left, WAIT_SECONDS), event.error)
    if calls.accepted:
        reason = "F&O accepted the execution and no longer knows it; F&O keeps its history for seven days."
        return Move("unknown", error=event.error, reason=reason)
    if calls.count >= MAX_CALLS:
        reason = (
            f"F&O was asked {calls.count} times to start the execution, answered neither time and does not know it "
            "now. Look in its Job history before you run this again."
        )
        return Move("unknown", error=event.error, reason=reason)
    return Move("call")


def _after_failure(count: int, error: FnoError) -> Move:
    """Wait where F&O is busy or away. Anything else is the end, and what it is depends on earlier calls."""
    concern = concern_of(error)
    if concern == Concern.PASSING:
        return Move("wait", error.retry_after if isinstance(error, ThrottledError) else WAIT_SECONDS, error)
    # After a lost call F&O may be running it. An outcome that invites a rerun would run it twice.
    lost = f"F&O was asked to start the execution, did not answer, and cannot be asked now: {error}"
    reason = lost if count else str(error)
    if concern == Concern.ENVIRONMENT:
        return Move("blocked", WAIT_SECONDS, error, reason)
    return Move("unknown" if count else "failed", error=error, reason=reason)


def _failed(error: FnoError) -> Move:
    return Move("failed", error=error, reason=str(error))


def _ask(start: Start, because: FnoError | None) -> Event:
    refusal = because if isinstance(because, RefusedError) else None
    try:
        return Event("ask", answer=start.ask())
    except FnoError as error:
        return Event("ask", error, refusal=refusal)


def _call(start: Start) -> Event:
    try:
        call = start.prepare()
    except FnoError as error:
        return Event("prepare", error)
    start.count("made")
    try:
        return Event("call", answer=call())
    except FnoError as error:
        return Event("call", error)
