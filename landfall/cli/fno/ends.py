"""How a command ends: what it says, and its exit code."""

from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any

from landfall.fno.messages import Message
from landfall.fno.models import EntityResult, ExecutionStatus


class Outcome(StrEnum):
    """What became of an execution."""

    SUCCEEDED = "succeeded"
    FAILED = "failed"
    PARTLY = "partly"
    """Some rows or entities failed."""
    UNKNOWN = "unknown"
    """It may have ended in any way, or be running."""


USAGE = 2
EXIT_CODES = {Outcome.SUCCEEDED: 0, Outcome.FAILED: 1, Outcome.PARTLY: 3, Outcome.UNKNOWN: 4}
"""Of the process; USAGE when the command could not be understood."""
OUTCOMES = {
    ExecutionStatus.SUCCEEDED: Outcome.SUCCEEDED,
    ExecutionStatus.PARTIALLY_SUCCEEDED: Outcome.PARTLY,
    ExecutionStatus.FAILED: Outcome.FAILED,
    ExecutionStatus.CANCELED: Outcome.FAILED,
}
"""What is not here has not ended."""


class NotStartedError(Exception):
    """F&O has surely not started the execution; the message says why."""


class CannotKnowError(Exception):
    """How the execution ended cannot be known now; the message says why."""


@dataclass(frozen=True)
class End:
    """What a command says at its end; `status` in F&O's word, `package` the file that was written."""

    execution_id: str
    outcome: Outcome
    status: str | None = None
    reason: str | None = None
    entities: tuple[EntityResult, ...] = ()
    messages: tuple[Message, ...] = ()
    package: str | None = None

    @property
    def exit_code(self) -> int:
        """0 succeeded, 1 failed, 3 partly, 4 unknown."""
        return EXIT_CODES[self.outcome]

    def as_json(self) -> dict[str, Any]:
        """The same as plain data."""
        return asdict(self)
