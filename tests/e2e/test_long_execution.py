"""An import that F&O works on for longer than a day: hours are made by moving the clocks of F&O and of the host."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.e2e.site import customer_groups
from tests.e2e.still_site import StillSite, run_still_site

HOURS = 26
"""Longer than the 24 hours after which a route's files need attention."""
MOST_EVENTS = 500
PATIENCE_SECONDS = 800


@pytest.fixture
def slow(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StillSite]:
    """Storage, F&O and app, with clocks that stand still."""
    with run_still_site(tmp_path_factory.mktemp("slow"), LANDFALL__POLLING__CAP_SECONDS="300") as site:
        yield site


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_a_day_in_fno(slow: StillSite, capsys: pytest.CaptureFixture[str]) -> None:
    """A person is told at the deadline, the late end is taken up all the same, and no history grows with the hours."""
    project = "Two shifts"
    longest = 0

    def ended(outcome: str) -> dict[str, Any] | None:
        nonlocal longest
        sql = "SELECT max(events) FROM (SELECT count(*) events FROM history GROUP BY instance)"
        longest = max(longest, slow.host.rows(sql)[0][0] or 0)
        return next((run for run in slow.runs() if run["outcome"] == outcome), None)

    slow.switch(durations={project: HOURS * 3600})
    slow.drop("packages/USMF/day.zip", customer_groups(project, ("D", "Day")))

    overdue = slow.wait(lambda: ended("NeedsAttention"), "the deadline", PATIENCE_SECONDS)
    assert "24 hours" in overdue["reason"]
    assert overdue["files"]["archive"].startswith("archive/NeedsAttention/")

    end = slow.wait(lambda: ended("Succeeded"), "the end", PATIENCE_SECONDS)
    assert end["run_id"] == overdue["run_id"]
    assert end["entities"][0]["created"] == 1
    assert end["files"]["archive"].startswith("archive/Succeeded/")
    names = slow.account.blobs.get_container_client("archive").list_blob_names()
    assert [f"archive/{name}" for name in names] == [end["files"]["archive"]]
    looks = sum(each["phase"] == "start" for each in slow.operations("GetExecutionSummaryStatus"))
    with capsys.disabled():
        print(f"\n{HOURS} hours in F&O: {looks} looks, at most {longest} events of history")  # noqa: T201  worth seeing
    assert 100 < longest < MOST_EVENTS
