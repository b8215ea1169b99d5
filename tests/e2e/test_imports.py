"""Files dropped into landing, all the way to the archive."""

import hashlib
import itertools
import json
from pathlib import PurePosixPath

from samples.build import package
from tests.e2e.site import CUSTOMER_GROUPS, GROUP_COLUMNS, Site, customer_groups


def test_a_good_package_is_imported(site: Site) -> None:
    """Its rows are in F&O, the file is in the archive once and nowhere else, the receipt says what happened."""
    content = customer_groups("Good groups", ("G1", "First, with a comma"), ("G2", "Zweite Gruppe für Übergrößen"))
    etag = site.drop("packages/USMF/good.zip", content)

    run = site.run_of("packages/USMF/good.zip")

    assert run["outcome"] == "Succeeded"
    target = {
        row["CustomerGroupId"]: row["Description"] for row in site.fno("rows/CustomerGroups?company=USMF")["rows"]
    }
    assert target["G1"] == "First, with a comma"
    assert target["G2"] == "Zweite Gruppe für Übergrößen"
    day = run["times"]["Landed"][:10].replace("-", "/")
    place = f"Succeeded/{day}/{run['run_id']}/good.zip"
    assert [name for name in site.names("archive") if name.endswith("/good.zip")] == [place]
    assert site.read(f"archive/{place}") == content
    assert "packages/USMF/good.zip" not in site.names("landing")
    receipt = json.loads(site.read(f"reports/{run['run_id']}/receipt.json"))
    assert receipt == {name: run[name] for name in receipt}
    assert receipt["source"] == {
        "container": "landing",
        "name": "packages/USMF/good.zip",
        "etag": etag,
        "size": len(content),
        "sha256": hashlib.sha256(content).hexdigest(),
    }
    assert receipt["entities"] == [
        {"entity": CUSTOMER_GROUPS, "staged": 2, "created": 2, "updated": 0, "failed": 0, "size": None}
    ]
    assert (
        receipt["kind"],
        receipt["route"],
        receipt["company"],
        receipt["data_project"],
        receipt["attempt"],
    ) == (
        "import",
        "packages",
        "USMF",
        "Good groups",
        1,
    )
    assert set(receipt["times"]) >= {
        "Landed",
        "Claimed",
        "Intake",
        "Submitting",
        "Running",
        "Archiving",
        "Done",
    }


def test_a_run_has_one_execution_under_our_id(site: Site) -> None:
    """F&O's Job history shows the id that the receipt names, once."""
    site.drop("packages/DEMF/once.zip", customer_groups("Once", ("ONE", "One")))
    run = site.run_of("packages/DEMF/once.zip")

    executions = [each for each in site.fno("executions")["executions"] if each["project"] == "Once"]
    assert [each["id"] for each in executions] == [run["execution_id"]]
    assert executions[0]["company"] == "DEMF"


def test_refused_rows_are_named_with_their_messages(site: Site) -> None:
    """errors.csv has a line per refused row: entity, line, key, field, F&O's words, and where it was refused."""
    rows = [
        [
            "CUSTOMERACCOUNT",
            "ORGANIZATIONNAME",
            "CUSTOMERGROUPID",
            "SALESCURRENCYCODE",
            "CREDMANCUSTOMERSINCE",
        ],
        ["E-1", "Good", "10", "USD", "2020-01-31"],
        ["E-2", "", "10", "USD", "2020-01-31"],
        ["E-3", "Name over\ntwo lines", "NONE", "USD", "2020-01-31"],
        ["E-4", "Bad date", "10", "USD", "31.31.2020"],
    ]
    content = package(
        {"data_project": "Errors", "entities": [{"entity": "Customers V3", "format": "CSV", "rows": rows}]}
    )
    site.drop("packages/USMF/errors.zip", content)

    run = site.run_of("packages/USMF/errors.zip")

    assert run["outcome"] == "PartiallySucceeded"
    assert run["reason"] == "F&O refused 3 rows (listed in errors.csv)."
    assert run["entities"] == [
        {"entity": "Customers V3", "staged": 3, "created": 1, "updated": 0, "failed": 3, "size": None}
    ]
    lines = [(line["line"], line["key"], line["field"], line["stage"]) for line in site.errors(run)]
    assert lines == [
        ("3", "E-2", "ORGANIZATIONNAME", "target"),
        ("4", "E-3", "CUSTOMERGROUPID", "target"),
        ("6", "E-4", "CREDMANCUSTOMERSINCE", "staging"),
    ]
    assert "'NONE'" in site.errors(run)[1]["message"]
    kept = {PurePosixPath(name).name for name in site.names("reports", f"{run['run_id']}/")}
    assert kept == {
        "receipt.json",
        "errors.csv",
        "repair.zip",
        "execution-errors.json",
        "staging-errors-Customers-V3.txt",
        "error-keys-Customers-V3.txt",
    }


def test_messages_survive_broken_json(site: Site) -> None:
    """F&O's error list is read even when its JSON is not valid, as it sometimes is not."""
    rows = [
        ["CUSTOMERACCOUNT", "ORGANIZATIONNAME", "CUSTOMERGROUPID", "SALESCURRENCYCODE"],
        ["B-1", "B", 'X"Y', "USD"],
    ]
    content = package(
        {"data_project": "Broken", "entities": [{"entity": "Customers V3", "format": "CSV", "rows": rows}]}
    )
    site.switch(broken_error_json=True)
    try:
        site.drop("packages/USMF/broken.zip", content)
        run = site.run_of("packages/USMF/broken.zip")
    finally:
        site.switch(broken_error_json=False)

    assert run["outcome"] == "Failed"
    assert [(line["key"], line["field"]) for line in site.errors(run)] == [("B-1", "CUSTOMERGROUPID")]


def test_what_fno_would_ignore_is_refused_before_it_sees_it(site: Site) -> None:
    """A file that is no package is rejected in plain words, kept, and nothing is sent."""
    site.drop("packages/USMF/no-package.zip", b"account;amount\n1;2\n")

    run = site.run_of("packages/USMF/no-package.zip")

    assert run["outcome"] == "Rejected"
    assert "not a zip archive" in run["reason"]
    assert run["execution_id"] is None
    assert site.read(run["files"]["archive"]) == b"account;amount\n1;2\n"
    assert site.operations("ImportFromPackage", run["run_id"]) == []


def test_a_path_without_a_route_is_refused_with_the_routes(site: Site) -> None:
    """Who drops a file in the wrong place is told the right ones."""
    site.drop("customers.zip", customer_groups("Nowhere", ("N", "N")))

    run = site.run_of("customers.zip")

    assert run["outcome"] == "Rejected"
    assert "packages/{company}/{name}.zip" in run["reason"]


def test_a_newer_version_has_a_run_of_its_own(site: Site) -> None:
    """The same name twice is two versions, two runs, two files in the archive."""
    name = "packages/USMF/version.zip"
    contents = [customer_groups("Versions", ("V", text)) for text in ("first", "second")]
    runs = [site.run_of(name, etag=site.drop(name, content)) for content in contents]

    assert len({run["run_id"] for run in runs}) == 2
    assert [site.read(run["files"]["archive"]) for run in runs] == contents


def test_many_files_at_once_go_one_at_a_time(site: Site) -> None:
    """ImportFromPackage calls never overlap, and no project has two executions at once."""
    count = 12
    names = [f"packages/USMF/many-{index}.zip" for index in range(count)]
    for index, name in enumerate(names):
        site.drop(name, customer_groups(f"Many {index % 3}", (f"M{index}", "Many")))

    outcomes = [site.run_of(name)["outcome"] for name in names]

    assert outcomes == ["Succeeded"] * count
    calls = site.operations("ImportFromPackage", "Many ")
    assert [entry["phase"] for entry in calls] == ["start", "end"] * count
    for project in range(3):
        spans = sorted(
            (each["created"], each["finished"])
            for each in site.fno("executions")["executions"]
            if each["project"] == f"Many {project}"
        )
        assert len(spans) == count // 3
        assert all(before[1] <= after[0] for before, after in itertools.pairwise(spans))


def test_group_columns_are_those_of_the_catalogue(site: Site) -> None:
    """The tests' own packages name columns that F&O has."""
    row = site.fno("rows/CustomerGroups?company=USMF")["rows"][0]
    assert {column.upper() for column in row} >= set(GROUP_COLUMNS)
