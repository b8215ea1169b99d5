"""What a person can do about a run as it stands: what the page offers is what the API would not refuse."""

from dataclasses import dataclass
from typing import Literal

from landfall.file_labels import FileLabel
from landfall.records import Outcome, Run, State

OURS = {State.COLLECTING, State.ARCHIVING}
"""F&O is through with the run, and we soon are: nothing to cancel."""


@dataclass(frozen=True)
class Offers:
    """`again` says how: as it is, by `force` since it succeeded, or by taking up what F&O may have (`take_over`)."""

    again: Literal["plain", "force", "take_over"] | None = None
    repair: bool = False
    cancel: bool = False
    resolve: bool = False

    @property
    def any(self) -> bool:
        """Whether there is anything to be done."""
        return bool(self.again or self.repair or self.cancel or self.resolve)


def offers(run: Run) -> Offers:
    """What can be done about a run."""
    if run.outcome is None:
        return Offers(cancel=run.state not in OURS and not run.unwanted)
    attention = run.outcome == Outcome.NEEDS_ATTENTION
    return Offers(
        again=_again(run),
        repair=run.kind == "import" and FileLabel.REPAIR in run.files,
        resolve=attention and run.ending is None,
    )


def _again(run: Run) -> Literal["plain", "force", "take_over"] | None:
    if run.outcome == Outcome.NEEDS_ATTENTION and run.submission.calls:
        return "take_over"
    if run.kind == "export" or run.outcome == Outcome.SUPERSEDED:
        return None
    return "force" if run.outcome == Outcome.SUCCEEDED else "plain"
