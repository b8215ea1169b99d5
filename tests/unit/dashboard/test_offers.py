"""The actions that a run's page offers."""

from datetime import UTC, datetime

import pytest

from landfall.records import Action, Dealt, Finding, Outcome, Run, State, Submission
from web.dashboard.offers import Offers, offers

REPAIR = {"repair": "reports/imp-1/repair.zip"}
ASKED = Submission(calls=1)
NOW = datetime(2026, 6, 1, tzinfo=UTC)


def run(state: State = State.DONE, outcome: Outcome | None = None, **values: object) -> Run:
    """An import in this state."""
    return Run(**{"run_id": "imp-1", "kind": "import", "state": state, "outcome": outcome, **values})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("given", "wanted"),
    [
        (run(State.WAITING), Offers(cancel=True)),
        (run(State.RUNNING), Offers(cancel=True)),
        (run(State.ARCHIVING), Offers()),
        (run(State.RUNNING, unwanted=Action(NOW, "a", "b")), Offers()),
        (run(outcome=Outcome.SUCCEEDED), Offers(again="force")),
        (run(outcome=Outcome.FAILED), Offers(again="plain", deal=True)),
        (run(outcome=Outcome.PARTIALLY_SUCCEEDED, files=REPAIR), Offers(again="plain", repair=True, deal=True)),
        (run(outcome=Outcome.FAILED, dealt_with=Dealt(NOW, "Kim", "by hand")), Offers(again="plain", open_again=True)),
        (run(outcome=Outcome.SUPERSEDED), Offers()),
        (run(outcome=Outcome.NEEDS_ATTENTION, submission=ASKED), Offers(again="take_over", resolve=True)),
        (run(outcome=Outcome.NEEDS_ATTENTION), Offers(again="plain", resolve=True)),
        (
            run(outcome=Outcome.NEEDS_ATTENTION, submission=ASKED, ending=Finding(Outcome.FAILED)),
            Offers(again="take_over"),
        ),
        (run(outcome=Outcome.SUCCEEDED, kind="export"), Offers()),
        (
            run(outcome=Outcome.NEEDS_ATTENTION, kind="export", submission=ASKED),
            Offers(again="take_over", resolve=True),
        ),
    ],
)
def test_nothing_is_offered_that_would_be_refused(given: Run, wanted: Offers) -> None:
    """Each state and outcome offers exactly the actions that the API would carry out."""
    assert offers(given) == wanted
