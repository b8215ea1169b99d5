"""The actions that a run's page offers: those that the API would not refuse."""

from dataclasses import dataclass
from typing import Literal

from landfall.ledger.file_labels import FileLabel
from landfall.records import Outcome, Run
from web.attempts import may_be_in_fno
from web.dealing import can_deal_with
from web.decisions import can_cancel

Again = Literal["plain", "force", "take_over"]


@dataclass(frozen=True)
class Offers:
    """The actions. `again` repeats it: plainly, by `force` after a success, or resuming its execution (`take_over`)."""

    again: Again | None = None
    repair: bool = False
    cancel: bool = False
    resolve: bool = False
    deal: bool = False
    open_again: bool = False

    @property
    def any(self) -> bool:
        """Whether there is any action."""
        return any(vars(self).values())


def offers(run: Run) -> Offers:
    """The actions that a run allows at present."""
    if run.outcome is None:
        return Offers(cancel=can_cancel(run) and not run.unwanted)
    return Offers(
        again=_again(run),
        repair=run.kind == "import" and FileLabel.REPAIR in run.files,
        resolve=run.outcome == Outcome.NEEDS_ATTENTION and run.ending is None,
        deal=can_deal_with(run),
        open_again=run.dealt_with is not None,
    )


def _again(run: Run) -> Again | None:
    if may_be_in_fno(run):
        return "take_over"
    if run.kind == "export" or run.outcome == Outcome.SUPERSEDED:
        return None
    return "force" if run.outcome == Outcome.SUCCEEDED else "plain"
