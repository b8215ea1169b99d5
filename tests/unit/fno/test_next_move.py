"""What may be done after each event of a start, whatever happens in whatever order."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from landfall.fno.errors import (
    AuthError,
    ExecutionUnknownError,
    FnoError,
    NoAnswerError,
    NotSentError,
    OverlapError,
    RefusedError,
    ServerError,
    ThrottledError,
    WrongAddressError,
)
from landfall.fno.starting import MAX_CALLS, Calls, Event, next_move, start_execution

GRACE = 60.0
UNKNOWN = ExecutionUnknownError("unknown", said="unknown")
REFUSED = RefusedError("refused", said="refused")
ERRORS: tuple[FnoError | None, ...] = (
    None,
    NoAnswerError("lost"),
    ServerError("502"),
    NotSentError("away"),
    ThrottledError("busy", retry_after=40),
    AuthError("403"),
    REFUSED,
    OverlapError("deadlock", said="deadlock"),
)


@dataclass
class Fno:
    """An F&O that answers as a script says, and who keeps count of the calls."""

    calls_end: list[FnoError | None]
    asks_end: list[FnoError | None]
    now: float = 0
    counted: list[tuple[int, float]] = field(default_factory=lambda: [(0, 0.0)])
    did: list[str] = field(default_factory=list)

    def calls(self) -> Calls:
        """The calls made so far."""
        count, at = self.counted[-1]
        return Calls(count, self.now - at)

    def prepare(self) -> Callable[[], str]:
        """Nothing needs to be got ready."""
        return self._call

    def count(self, change: Literal["made", "unheard", "lost"]) -> None:
        """Keep count."""
        self.did.append(change)
        if change == "made":
            self.counted.append((self.counted[-1][0] + 1, self.now))
        elif change == "unheard":
            self.counted.pop()
        else:
            self.counted[-1] = (self.counted[-1][0], self.now)

    def ask(self) -> str:
        """Answer as the script says."""
        self.did.append("ask")
        if error := self.asks_end.pop(0) if self.asks_end else UNKNOWN:
            raise error
        return ""

    def _call(self) -> str:
        self.did.append("call")
        if error := self.calls_end.pop(0) if self.calls_end else None:
            raise error
        return "id"


@given(
    st.lists(st.sampled_from(ERRORS), max_size=6),
    st.lists(st.sampled_from((*ERRORS, UNKNOWN, UNKNOWN, UNKNOWN)), max_size=12),
)
def test_no_call_is_made_on_a_guess(calls_end: list[FnoError | None], asks_end: list[FnoError | None]) -> None:
    """After a lost answer F&O is asked before it is called again, not before the grace time is over, twice at most."""
    fno = Fno(calls_end, asks_end)
    while (move := start_execution(fno, GRACE)).do in {"wait", "blocked"}:
        assert move.seconds > 0
        fno.did.append(f"wait {move.seconds}")
        fno.now += move.seconds
    heard, waited, asked = 0, 0.0, True
    for did in fno.did:
        if did == "call":
            assert asked
            assert not heard or waited >= GRACE
            heard += 1
        elif did == "unheard":
            heard -= 1
        elif did == "lost":
            waited, asked = 0.0, False
        elif did == "ask":
            asked = True
        elif did.startswith("wait"):
            waited += float(did.split()[1])
        assert heard <= MAX_CALLS
    if move.do == "failed":
        assert heard == 0 or isinstance(move.error, RefusedError)


def test_an_accepted_execution_is_only_asked_for() -> None:
    """F&O took it and forgot it: nobody can tell what became of it, and it is not started again."""
    accepted = Calls(1, 10 * GRACE, accepted=True)
    assert next_move(accepted, Event(), GRACE).do == "ask"
    assert next_move(accepted, Event("ask", UNKNOWN), GRACE).do == "unknown"


def test_a_failure_after_a_lost_call_is_no_failure_of_the_execution() -> None:
    """F&O may be running it, so the end must not invite to run it again."""
    assert next_move(Calls(1, GRACE), Event("prepare", REFUSED), GRACE).do == "unknown"
    assert next_move(Calls(0), Event("prepare", REFUSED), GRACE).do == "failed"


@pytest.mark.parametrize("error", [AuthError("403"), WrongAddressError("302")])
@pytest.mark.parametrize("step", ["prepare", "call", "ask"])
def test_an_environment_that_lets_nothing_in_fails_nothing(error: FnoError, step: Literal["prepare", "call"]) -> None:
    """It is the end for now, whether or not F&O may have an earlier call, and the refused call does not count."""
    for count in (0, 1, 2):
        move = next_move(Calls(max(count, step == "call"), GRACE), Event(step, error), GRACE)
        assert (move.do, move.error) == ("blocked", error)
        assert move.heard is (step != "call")
