"""Two hundred files at once: each lane in landing order, one call at a time, nothing lost."""

import itertools
import time
from collections import defaultdict
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from tests.e2e.site import Site, customer_groups, run_site

FILES = 200
PROJECTS = 8
PATIENCE_SECONDS = 1500
pytestmark = [pytest.mark.slow, pytest.mark.timeout(1800)]


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A local run without exports, whose F&O is quick."""
    with run_site(tmp_path_factory.mktemp("many")) as site:
        yield site


def test_two_hundred_files_over_eight_projects(site: Site) -> None:
    """All succeed; F&O saw each project's files one after the other as they landed, and no two calls overlap."""
    names = [f"packages/USMF/many-{number:03}.zip" for number in range(FILES)]
    contents = [customer_groups(f"Many {number % PROJECTS}", (f"M{number}", "One of many")) for number in range(FILES)]
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(site.drop, names, contents))

    end = time.monotonic() + PATIENCE_SECONDS
    while len(done := [run for run in site.runs() if run["state"] == "Done"]) < FILES:
        site.stack.check()
        assert time.monotonic() < end, f"{len(done)} of {FILES} files are settled"
        time.sleep(2)

    assert {run["outcome"] for run in done} == {"Succeeded"}
    assert site.names("landing") == []
    assert len(site.names("archive")) == FILES
    assert overlapping(site.fno("operations?operation=ImportFromPackage")["operations"]) == []
    files = {run["execution_id"]: (run["times"]["Landed"], run["source"]["name"]) for run in done}
    executions = site.fno("executions")["executions"]
    assert sorted(each["id"] for each in executions) == sorted(files)
    lanes: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for each in sorted(executions, key=lambda each: each["created"]):
        lanes[each["project"]].append(each)
    assert len(lanes) == PROJECTS
    for lane in lanes.values():
        assert [files[each["id"]] for each in lane] == sorted(files[each["id"]] for each in lane)
        assert all(later["created"] >= one["finished"] for one, later in itertools.pairwise(lane))


def overlapping(entries: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The calls that began while another had not ended."""
    open_calls: set[int] = set()
    found = []
    for entry in sorted(entries, key=lambda each: each["seq"]):
        if entry["phase"] == "end":
            open_calls.discard(entry["call"])
        else:
            found += [entry] if open_calls else []
            open_calls.add(entry["call"])
    return found
