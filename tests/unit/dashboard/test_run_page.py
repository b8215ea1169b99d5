"""The page of a run."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from landfall.records import Action, Dealt, Outcome, Run, Source, State
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


@pytest.mark.parametrize(
    ("dealt", "words"),
    [
        (Dealt(NOW, "Kim", "by hand"), "Dealt with by Kim at 00:00:00: by hand"),
        (Dealt(NOW, run_id="imp-3"), "Dealt with by a repair at 00:00:00: run imp-3 has its rows."),
    ],
)
def test_a_failure_that_is_dealt_with_asks_for_nothing(dealt: Dealt, words: str) -> None:
    """Its page says who or what dealt with it, links its repairs and what it repairs, and advises nothing."""
    run = Run("imp-2", "import", State.DONE, outcome=Outcome.FAILED, repairs="imp-1", repaired_by=("imp-3",))

    page = run_page(replace(run, dealt_with=dealt), NOW)

    assert (page.dealt_with, page.advice.do, page.advice.tone) == (words, "Nothing.", "quiet")
    assert page.related == (("Repairs", "imp-1"), ("Repaired by", "imp-3"))
    assert (run_page(run, NOW).dealt_with, run_page(run, NOW).advice.tone) == ("", "bad")


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
