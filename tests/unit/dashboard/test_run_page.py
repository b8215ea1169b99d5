"""The page of a run."""

from datetime import UTC, datetime

from landfall.records import Action, Outcome, Run, Source, State
from web.dashboard.run_page import run_page

NOW = datetime(2026, 6, 1, tzinfo=UTC)


def test_only_known_files_and_web_addresses_are_offered() -> None:
    """Downloads are the receipt, errors and repair that exist; a link that is not a web address is left out."""
    run = Run(
        "imp-1",
        "import",
        State.DONE,
        outcome=Outcome.FAILED,
        source=Source("landing", "packages/USMF/a.zip", "1"),
        execution_page="javascript:alert(1)",
        files={
            "receipt": "reports/imp-1/receipt.json",
            "archive": "archive/x",
            "errors": "reports/imp-1/errors.csv",
        },
    )

    page = run_page(run, NOW)

    assert page.downloads == (("receipt", "Receipt"), ("errors", "errors.csv"))
    assert page.execution_page is None
    assert page.title == ("packages/USMF/", "a.zip")
    assert ("Archived", "archive/x") in page.details


def test_the_history_is_told_in_sentences() -> None:
    """A person is named, a holder of the function key is described, and a reason is quoted."""
    actions = (
        Action(NOW, "function key", "stopped waiting", "takes too long"),
        Action(NOW, "Kim", "ran it again"),
    )
    run = Run("imp-1", "import", State.DONE, outcome=Outcome.FAILED, history=actions)

    assert [sentence for _, _, sentence in run_page(run, NOW).history] == [
        'Someone with the function key stopped waiting: "takes too long"',
        "Kim ran it again",
    ]
