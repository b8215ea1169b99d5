"""What a run's page offers."""

from datetime import UTC, datetime

from landfall.records import Outcome, Run, Source, State
from web.dashboard.run_page import run_page

NOW = datetime(2026, 6, 1, tzinfo=UTC)


def test_only_known_files_and_web_addresses_are_offered() -> None:
    """Downloads are receipt, errors and repair, as far as they are there; a link that is no web address is none."""
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
    assert (page.folder, page.name) == ("packages/USMF/", "a.zip")
    assert ("Archived", "archive/x") in page.details
