"""landfall.yaml changes, and the host starts anew with it, while runs are under way."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.site import NEVER, Site, customer_groups, run_site

PROJECT, EXPORT_PROJECT = "Changing", "Customer groups export"
SECONDS = 8
BEFORE = f"""\
imports:
  - {{name: packages, path: "packages/{{company}}/{{name}}.zip", order: strict}}
exports:
  - {{name: groups, data_project: {EXPORT_PROJECT}, companies: [USMF], schedule: {NEVER}, target: "old/{{slot}}.zip"}}
"""
AFTER = """\
imports:
  - {name: parcels, path: "packages/{company}/{name}.zip", execute: false}
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """The landfall.yaml of the site."""
    file = tmp_path / "own.yaml"
    file.write_text(BEFORE, encoding="utf-8")
    return file


@pytest.fixture
def site(tmp_path: Path, file: Path) -> Iterator[Site]:
    """Storage, an F&O that is slow with two data projects, and an app with this file."""
    with run_site(tmp_path / "site", LANDFALL_FILE=str(file)) as site:
        site.switch(durations={PROJECT: SECONDS, EXPORT_PROJECT: SECONDS})
        yield site


def test_a_renamed_route_and_a_removed_export_harm_no_run(site: Site, file: Path) -> None:
    """What F&O works on, what waits for its turn, and the export's package all end as they began."""
    names = [f"packages/USMF/changing{index}.zip" for index in range(3)]
    for index, name in enumerate(names):
        site.drop(name, customer_groups(PROJECT, (f"CH{index}", "Changing")))
    export = site.call("POST", "exports/groups/runs", {}).json()["run_id"]

    def is_under_way() -> bool:
        states = [site.run_of(name, done=False)["state"] for name in names]
        exporting = site.call("GET", f"runs/{export}").json()["state"]
        return (sorted(states), exporting) == (["Running", "Waiting", "Waiting"], "Running")

    site.wait(is_under_way, "one import and the export at F&O, two imports behind")
    site.stack.kill_host()
    file.write_text(AFTER, encoding="utf-8")
    site.stack.start_host()

    runs = [site.run_of(name) for name in names]
    assert [(run["outcome"], run["route"]) for run in runs] == [("Succeeded", "packages")] * 3
    assert [entity["created"] for run in runs for entity in run["entities"]] == [1, 1, 1]
    ended = site.wait(lambda: (run := site.call("GET", f"runs/{export}").json())["outcome"] and run, "the export")
    assert ended["outcome"] == "Succeeded"
    assert ended["files"]["package"].startswith("exports/old/")
    assert site.call("POST", "exports/groups/runs", {}).status_code == 404
