"""The list of runs and its filters."""

from datetime import UTC, datetime, timedelta

import pytest

from landfall.config.plan import Plan
from landfall.ledger.lists import RunFilter
from landfall.records import EntityCounts, Outcome, Run, Source, State
from web.dashboard.listing import asked, run_filter, run_line

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
PLAN = Plan.model_validate(
    {
        "imports": [{"name": "packages", "path": "packages/{company}/{name}.zip"}],
        "exports": [
            {"name": "groups", "data_project": "Groups", "companies": ["USMF"], "schedule": "0 0 6 * * *"}
        ],
    }
)


@pytest.mark.parametrize(
    ("params", "wanted"),
    [
        ({}, RunFilter()),
        ({"status": "UnderWay"}, RunFilter(in_flight=True)),
        ({"status": "Waiting"}, RunFilter(state=State.WAITING)),
        ({"status": "Failed", "name": "packages"}, RunFilter(outcome=Outcome.FAILED, route="packages")),
        ({"name": "groups", "company": "usmf "}, RunFilter(export="groups", company="USMF")),
        ({"period": "24h"}, RunFilter(since=NOW - timedelta(hours=24))),
        ({"status": "nonsense", "period": "ever", "other": "x"}, RunFilter()),
    ],
)
def test_what_an_address_asks_for(params: dict[str, str], wanted: RunFilter) -> None:
    """Each field of the page filters by what it says; what the page does not offer filters nothing."""
    assert run_filter(asked(params), PLAN, NOW) == wanted


def test_a_line_says_what_came_of_a_run() -> None:
    """An import's rows are those created or updated; how long it took ends with it."""
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

    assert (line.folder, line.name, line.rows, line.failed) == ("packages/USMF/", "a.zip", 7, 3)
    assert (line.began, line.lasted, line.said.tone) == ("11:55:00", "2 min", "warn")


def test_an_exports_line_is_called_by_its_slot() -> None:
    """Under way it takes as long as it has taken so far; rows are shown once they are counted."""
    run = Run("exp-1", "export", State.WAITING, export="groups", times={"Slot": NOW - timedelta(seconds=20)})

    line = run_line(run, NOW)

    assert (line.folder, line.name, line.rows) == ("groups ", "2026-06-01 11:59:40", None)
    assert line.lasted == "20 s"
