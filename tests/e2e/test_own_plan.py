"""A landfall.yaml of one's own: two environments, two companies, unpacked packages, and exports with mistakes."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import requests

from fno_emulator.server import Emulator
from local.stack import FNO_VARIABLES, run_stack
from tests.e2e.site import Site, customer_groups

PLAN = """\
environments: [uat, old]
imports:
  - {name: packages, path: "packages/{company}/{name}.zip"}
  - {name: uat, path: "uat/{company}/{name}.zip", environment: uat}
  - {name: torn, path: "torn/{company}/{name}.zip", colour: red}
  - {name: rest, path: "{folder}/{company}/{name}.zip"}
exports:
  - name: everywhere
    data_project: Customer groups export
    companies: [USMF, DEMF]
    schedule: "*/10 * * * * *"
    unpack: besides
  - {name: broken, data_project: Groups, companies: [USMF], schedule: 0 0 25 * * *}
  - {name: unset, data_project: Groups, companies: [USMF], schedule: "%NOWHERE%"}
notices: {webhook: "%NOWHERE%", secret: "%NOWHERE%"}
"""


@dataclass
class Two:
    """A running app, and the second F&O environment that it goes to."""

    site: Site
    uat: str


@pytest.fixture(scope="module")
def two(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Two]:
    """The app with that file, and an emulator for each environment."""
    folder: Path = tmp_path_factory.mktemp("own")
    file = folder / "own.yaml"
    file.write_text(PLAN, encoding="utf-8")
    with Emulator() as uat:
        named = {variable.replace("FNO_", "FNO_UAT_"): uat.ready[key] for key, variable in FNO_VARIABLES.items()}
        with run_stack(folder / "site", settings={"LANDFALL_FILE": str(file), **named}) as stack:
            yield Two(Site(stack, folder / "site"), uat.ready["url"])


def test_each_file_goes_to_its_environment(two: Two) -> None:
    """The same package by two routes is two imports in two environments, in lanes of their own."""
    for folder in ("packages", "uat"):
        two.site.drop(f"{folder}/USMF/both.zip", customer_groups("Both", (folder[:4].upper(), "Here only")))
    here, there = two.site.run_of("packages/USMF/both.zip"), two.site.run_of("uat/USMF/both.zip")
    assert (here["outcome"], there["outcome"]) == ("Succeeded", "Succeeded")
    assert (here["environment"], there["environment"]) == ("", "uat")
    asked = requests.get(f"{two.uat}/_emulator/operations?operation=ImportFromPackage", timeout=60).json()
    assert there["execution_id"] in json.dumps(asked)
    assert here["execution_id"] not in json.dumps(asked)
    assert two.site.operations("ImportFromPackage", here["execution_id"])
    assert not two.site.operations("ImportFromPackage", there["execution_id"])
    names = {check["name"] for check in two.site.call("GET", "health").json()["checks"] if check["ok"]}
    assert names >= {"fno_token", "fno_metadata", "fno_token: uat", "fno_metadata: uat"}


def test_a_slot_of_two_companies_has_files_receipts_and_a_summary(two: Two) -> None:
    """Each company's package with its data file unpacked beside it; one summary when both have ended."""

    def summarised() -> dict[str, Any] | None:
        for name in two.site.names("reports", "everywhere-"):
            summary: dict[str, Any] = json.loads(two.site.read(f"reports/{name}"))
            if all(each["outcome"] == "Succeeded" for each in summary["companies"]):
                return summary
        return None

    summary = two.site.wait(summarised, "the summary of a slot")
    assert [each["company"] for each in summary["companies"]] == ["USMF", "DEMF"]
    for each in summary["companies"]:
        package = each["package"]
        folder = package.removesuffix(".zip").removeprefix("exports/")
        assert two.site.names("exports", f"{folder}/") == [f"{folder}/Customer groups.csv"]
        receipt = json.loads(two.site.read(f"{package}.receipt.json"))
        (counts,) = receipt["entities"]
        assert counts["staged"] == each["rows"] > 0
        assert counts["size"] == len(two.site.read(f"exports/{folder}/Customer groups.csv"))


def test_what_is_bad_is_named_and_the_rest_runs(two: Two) -> None:
    """By each sweep in the log, and over HTTP; the good export and the imports above run all the same."""
    two.site.drop("torn/USMF/waits.zip", customer_groups("Waits", ("WAITS", "Waits")))
    listed = two.site.call("GET", "exports").json()
    assert [each["name"] for each in listed["exports"]] == ["everywhere"]
    assert [line.split(": ")[:2] for line in listed["mistakes"]] == [
        ["own.yaml:5", "imports.torn.colour"],
        ["own.yaml:13", "exports.broken.schedule"],
        ["own.yaml:14", "exports.unset.schedule"],
        ["own.yaml:15", "notices.webhook"],
        ["own.yaml:1", "environment old"],
    ]
    health = two.site.call("GET", "health")
    assert health.status_code == 503
    (settings,) = [each for each in health.json()["checks"] if not each["ok"]]
    assert settings["detail"].splitlines() == listed["mistakes"]
    keys = json.loads((two.site.folder / "host" / "keys.json").read_text(encoding="utf-8"))
    url = f"{two.site.stack.app.url}/admin/functions/sweep_due"
    requests.post(url, headers={"x-functions-key": keys["master"]}, json={}, timeout=60).raise_for_status()
    log = two.site.folder / "logs" / "host.log"
    said = [json.dumps(mistake, ensure_ascii=False)[1:-1] for mistake in listed["mistakes"]]
    two.site.wait(lambda: all(each in log.read_text(encoding="utf-8") for each in said), "a sweep that says them")
    two.site.drop("rest/USMF/goes.zip", customer_groups("Goes", ("GOES", "Goes")))
    assert two.site.run_of("rest/USMF/goes.zip")["outcome"] == "Succeeded"
    assert two.site.names("landing") == ["torn/USMF/waits.zip"]
    assert two.site.call("POST", "imports", {"name": "torn/USMF/waits.zip"}).status_code == 409
