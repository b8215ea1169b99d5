"""What happens to a file while F&O takes its time with another one of the same data project."""

import pytest

from tests.e2e.site import Site, customer_groups

PROJECT = "Slow groups"
SECONDS = 8


def state_of(site: Site, name: str) -> str | None:
    """Where the run of a file stands; None when it has none yet."""
    return next((run["state"] for run in site.runs(file=name)), None)


@pytest.fixture
def busy(site: Site) -> str:
    """A file that F&O works on, for seconds; its landing path."""
    site.switch(durations={PROJECT: SECONDS})
    name = "packages/USMF/slow-first.zip"
    site.drop(name, customer_groups(PROJECT, ("S1", "First")))
    site.wait(lambda: state_of(site, name) == "Running", "the slow import")
    return name


def test_a_file_replaced_while_it_waits_is_superseded(site: Site, busy: str) -> None:
    """Its newer version runs instead; nothing of the older one reaches F&O."""
    name = "packages/USMF/slow-second.zip"
    older = site.drop(name, customer_groups(PROJECT, ("S2", "Older")))
    site.wait(lambda: state_of(site, name) == "Waiting", "the older version")
    newer = site.drop(name, customer_groups(PROJECT, ("S2", "Newer")))

    runs = [site.run_of(name, etag=etag) for etag in (older, newer)]

    assert site.run_of(busy)["outcome"] == "Succeeded"
    assert [run["outcome"] for run in runs] == ["Superseded", "Succeeded"]
    assert "archive" not in runs[0]["files"]
    assert site.operations("ImportFromPackage", runs[0]["run_id"]) == []
    groups = site.fno("rows/CustomerGroups?company=USMF")["rows"]
    assert [row["Description"] for row in groups if row["CustomerGroupId"] == "S2"] == ["Newer"]
