"""How a command ends: its outcome, its reason and its exit code."""

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
    """The execution may have ended in any way, or may still run."""


USAGE = 2
EXIT_CODES = {Outcome.SUCCEEDED: 0, Outcome.FAILED: 1, Outcome.PARTLY: 3, Outcome.UNKNOWN: 4}
"""Exit codes of the process. USAGE means that the command was called wrongly."""
OUTCOMES = {
    ExecutionStatus.SUCCEEDED: Outcome.SUCCEEDED,
    ExecutionStatus.PARTIALLY_SUCCEEDED: Outcome.PARTLY,
    ExecutionStatus.FAILED: Outcome.FAILED,
    ExecutionStatus.CANCELED: Outcome.FAILED,
}
"""A status that is not listed here is not final."""


class NotStartedError(Exception):
    """F&O has certainly not started the execution; the message says why."""


class CannotKnowError(Exception):
    """It cannot be known now how the execution ended; the message says why."""


@dataclass(frozen=True)
class End:
    """How a command ended. `status` is F&O's own word, `package` the file that was written."""

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
        """Return the end as plain data."""
        return asdict(self)
