"""The list of runs and its filters."""

from datetime import UTC, datetime, timedelta

import pytest

from landfall.config.plan import Plan
from landfall.ledger.lists import RunFilter
from landfall.records import EntityCounts, Outcome, Run, Source, State
from web.dashboard.runs import read_filters, run_filter, run_line, title_of

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
PLAN = Plan.model_validate(
    {
        "imports": [{"name": "packages", "path": "packages/{company}/{name}.zip"}],
        "exports": [{"name": "groups", "data_project": "Groups", "companies": ["USMF"], "schedule": "0 0 6 * * *"}],
    }
)


@pytest.mark.parametrize(
    ("params", "wanted"),
    [
        ({}, RunFilter()),
        ({"status": "UnderWay"}, RunFilter(in_flight=True)),
        ({"status": "OpenFailure"}, RunFilter(open_failure=True)),
        ({"status": "Waiting"}, RunFilter(state=State.WAITING)),
        ({"status": "Failed", "name": "packages"}, RunFilter(outcome=Outcome.FAILED, route="packages")),
        ({"name": "groups", "company": "usmf "}, RunFilter(export="groups", company="USMF")),
        ({"period": "24h"}, RunFilter(since=NOW - timedelta(hours=24))),
        ({"status": "nonsense", "period": "ever", "other": "x"}, RunFilter()),
    ],
)
def test_an_address_sets_the_filters(params: dict[str, str], wanted: RunFilter) -> None:
    """Each field of the page filters; values that the page does not offer filter nothing."""
    assert run_filter(read_filters(params), PLAN, NOW) == wanted


def test_a_line_shows_the_result_of_a_run() -> None:
    """An import's rows are the created and updated ones; its duration ends with the run."""
    run = Run(
        "imp-1",
        "import",
        State.DONE,
        outcome=Outcome.PARTIALLY_SUCCEEDED,
        source=Source("landing", "packages/USMF/a.zip", "1"),
        entities=(EntityCounts("A", 10, 5, 2, 3),),
        times={"Landed": NOW - timedelta(minutes=5), "Done": NOW - timedelta(minutes=3)},
    )

    line = run_line(run, NOW)

    assert (*line.title, line.rows, line.failed) == ("packages/USMF/", "a.zip", 7, 3)
    assert (line.began, line.lasted, line.advice.tone) == ("11:55:00", "2 min", "warn")


def test_an_exports_line_is_named_by_its_slot() -> None:
    """Until it ends its duration grows; its rows are shown once they are counted."""
    run = Run("exp-1", "export", State.WAITING, export="groups", times={"Slot": NOW - timedelta(seconds=20)})

    line = run_line(run, NOW)

    assert (*line.title, line.rows) == ("groups ", "2026-06-01 11:59:40", None)
    assert line.lasted == "20 s"


def test_a_short_title_needs_no_folder() -> None:
    """A file is named without its folder, an export's run with the name of the export."""
    file = Run("imp-1", "import", State.DONE, source=Source("landing", "packages/USMF/a.zip", "1"))
    export = Run("exp-1", "export", State.DONE, export="groups", times={"Slot": NOW})

    assert [title_of(each).short for each in (file, export)] == ["a.zip", "groups 2026-06-01 12:00:00"]
