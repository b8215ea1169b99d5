"""Starts an execution from the command line: the rules are landfall.fno.starting's, the count is kept in memory."""

from collections.abc import Callable
from typing import Literal

from landfall.cli.fno.desk import MAX_SILENT, Desk, is_unreachable
from landfall.cli.fno.ends import CannotKnowError, NotStartedError
from landfall.fno.errors import UNKNOWN_AFTER_LOST_CALL, ExecutionUnknownError, OverlapError
from landfall.fno.starting import Calls, Move, start_execution


class ConsoleStart:
    """One execution to be started; see landfall.fno.starting.Start.

    `prepare` gets ready what the call needs, starts nothing and may be repeated; `call` takes what `prepare` returns,
    makes the one call that starts the execution, and returns the id that F&O answers.
    """

    def __init__(self, desk: Desk, execution_id: str, prepare: Callable[[], str], call: Callable[[str], str]) -> None:
        self._desk = desk
        self._id = execution_id
        self._prepare = prepare
        self._call = call
        self._calls = self._before_call = (0, 0.0)

    @property
    def may_run(self) -> bool:
        """Whether F&O may have started the execution."""
        return self._calls[0] > 0

    def run(self) -> str:
        """The execution's id, once F&O has it; NotStartedError, or CannotKnowError when F&O may have it."""
        silent = 0
        while True:
            move = start_execution(self, UNKNOWN_AFTER_LOST_CALL)
            if move.do == "started":
                return move.answer or self._id
            silent = silent + 1 if move.silent else 0
            if move.do != "wait" or silent > MAX_SILENT or is_unreachable(move.error):
                if move.do == "failed":
                    self._calls = (0, 0.0)
                raise (CannotKnowError if self.may_run else NotStartedError)(move.reason or str(move.error))
            self._desk.say(_waiting(move))
            self._desk.sleep(move.seconds)

    def calls(self) -> Calls:
        """The calls made so far."""
        count, last_call = self._calls
        return Calls(count, self._desk.seconds() - last_call)

    def prepare(self) -> Callable[[], str]:
        """Get ready what the call needs."""
        prepared = self._prepare()
        return lambda: self._call(prepared)

    def count(self, change: Literal["made", "unheard", "lost"]) -> None:
        """Keep count of the calls."""
        if change == "unheard":
            self._calls = self._before_call
            return
        if change == "made":
            self._before_call = self._calls
        self._calls = (self._before_call[0] + 1, self._desk.seconds())

    def ask(self) -> str:
        """Ask F&O for the execution id."""
        self._desk.client.status(self._id)
        return ""


def _waiting(move: Move) -> str:
    if isinstance(move.error, ExecutionUnknownError):
        return "F&O's answer was lost. Checking whether F&O has the execution"
    if isinstance(move.error, OverlapError):
        return f"F&O is busy with another import or export: {move.error}"
    return str(move.error)
