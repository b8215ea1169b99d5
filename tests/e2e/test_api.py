"""The HTTP API from outside: read a run and its rejected rows, correct them, decide about a run."""

import csv
import io
from concurrent.futures import ThreadPoolExecutor

import pytest

from samples.build import package
from tests.e2e.site import Site, customer_groups
from tests.e2e.test_repairs import CUSTOMERS, corrected

ENTITY = {"entity": "Customers V3", "format": "CSV-Unicode", "rows": CUSTOMERS}


def test_rejected_rows_are_read_and_repaired(site: Site) -> None:
    """A run has a receipt, rows with messages and a repair package; the corrected package is one run per key."""
    name = "packages/USMF/api-repair.zip"
    site.drop(name, package({"data_project": "ApiRepair", "entities": [ENTITY]}))
    run = site.run_of(name)
    about = f"runs/{run['run_id']}"
    assert run["outcome"] == "PartiallySucceeded"
    assert run["counts"]["failed"] == 2
    assert [each["state"] for each in run["timeline"]][-1] == "Done"

    receipt = site.call("GET", f"{about}/receipt").json()
    assert {key: run[key] for key in receipt} == receipt
    first = site.call("GET", f"{about}/errors?limit=1").json()
    second = site.call("GET", f"{about}/errors?limit=5&next={first['next']}").json()
    assert [row["line"] for row in (*first["rows"], *second["rows"])] == [3, 5]
    assert first["rows"][0]["values"]["ORGANIZATIONNAME"] == CUSTOMERS[2][1]
    table = site.call("GET", f"{about}/errors", Accept="text/csv")
    assert table.headers["Content-Type"].startswith("text/csv")
    assert len(list(csv.reader(io.StringIO(table.content.decode("utf-8-sig"))))) == 3
    part = site.call("GET", f"{about}/errors?format=csv", Range="bytes=3-8")
    assert (part.status_code, part.content) == (206, table.content[3:9])

    repair = site.call("GET", f"{about}/repair").content
    right = corrected(repair, {"Customers V3.csv": ("utf-16-le", "NONE", "10")})
    right = corrected(right, {"Customers V3.csv": ("utf-16-le", "31.31.2020", "2020-12-31")})
    sending = {"Content-Type": "application/zip", "Idempotency-Key": "corrected"}
    with ThreadPoolExecutor(6) as pool:
        answers = list(pool.map(lambda _: site.call("POST", f"{about}/repairs", right, **sending), range(6)))
    assert {answer.status_code for answer in answers} == {202}
    (repaired,) = {answer.json()["run_id"] for answer in answers}
    done = site.wait(lambda: ended(site, repaired), "the repair's end")
    assert (done["outcome"], done["repairs"]) == ("Succeeded", run["run_id"])
    assert done["counts"]["created"] + done["counts"]["updated"] == 2
    assert site.call("POST", f"{about}/repairs", right, **sending).json()["run_id"] == repaired
    (action,) = site.call("GET", about).json()["history"]
    assert (action["who"], repaired in action["what"]) == ("function key", True)


def ended(site: Site, run_id: str) -> dict[str, object] | None:
    """The run once it has ended."""
    run: dict[str, object] = site.call("GET", f"runs/{run_id}").json()
    return run if run["outcome"] else None


def test_content_that_is_no_package_is_refused(site: Site) -> None:
    """The API refuses it, and nothing is put into landing."""
    site.drop("packages/USMF/api-wrong.zip", package({"data_project": "ApiWrong", "entities": [ENTITY]}))
    about = f"runs/{site.run_of('packages/USMF/api-wrong.zip')['run_id']}/repairs"
    zipped = {"Content-Type": "application/zip"}
    assert site.call("POST", about, b"no zip", **zipped).status_code == 422
    assert site.call("POST", about, b"{}", **{"Content-Type": "application/json"}).status_code == 415
    assert not [each for each in site.names("landing") if "api-wrong" in each]


def waiting_run(site: Site, name: str) -> dict[str, object] | None:
    """The run of the file while it waits."""
    runs = site.call("GET", f"runs?state=Waiting&file={name}").json()["runs"]
    return next(iter(runs), None)


def test_a_waiting_file_is_canceled_and_the_next_goes_on(site: Site) -> None:
    """It ends Canceled in the archive, without an execution, and the next file does not wait for it."""
    site.switch(durations={"ApiCancel": 6})
    try:
        names = [f"packages/USMF/api-cancel-{number}.zip" for number in range(3)]
        for number, name in enumerate(names):
            site.drop(name, customer_groups("ApiCancel", (f"C{number}", "Canceled")))
        waiting = site.wait(lambda: waiting_run(site, names[1]), "a waiting run")
        answer = site.call("POST", f"runs/{waiting['run_id']}/cancel", {"reason": "not this one"})
        assert answer.status_code == 202
        canceled = site.run_of(names[1])
        assert (canceled["outcome"], canceled["history"][0]["why"]) == ("Canceled", "not this one")
        assert canceled["files"]["archive"].startswith("archive/Canceled/")
        assert [site.run_of(name)["outcome"] for name in (names[0], names[2])] == ["Succeeded"] * 2
    finally:
        site.switch(durations={})
    assert not site.operations("ImportFromPackage", waiting["run_id"])
    assert site.call("POST", f"runs/{canceled['run_id']}/cancel").status_code == 202
    assert site.call("POST", f"runs/{site.run_of(names[0])['run_id']}/cancel").status_code == 409


def test_a_success_is_run_again_when_forced(site: Site) -> None:
    """This needs a reason, which the history keeps."""
    name = "packages/USMF/api-force.zip"
    site.drop(name, customer_groups("ApiForce", ("FORCE", "Forced")))
    about = f"runs/{site.run_of(name)['run_id']}/attempts"
    assert site.call("POST", about, {"force": True}).status_code == 409
    assert site.call("POST", about, {"force": True, "reason": "deleted by mistake"}).status_code == 202
    again = site.run_of(name, attempt=2)
    assert (again["outcome"], again["history"][0]["why"]) == ("Succeeded", "deleted by mistake")


def test_a_landed_file_is_imported_by_name(site: Site) -> None:
    """It is one run with or without its event; a missing file is 404, and no name leads out of landing."""
    name = "packages/USMF/api-named.zip"
    site.drop(name, customer_groups("ApiNamed", ("NAMED", "Named")))
    answer = site.call("POST", "imports", {"name": name})
    assert answer.status_code in {202, 404}  # 404 when its event was faster than we were
    run = site.run_of(name)
    assert run["outcome"] == "Succeeded"
    assert answer.status_code == 404 or answer.json()["run_id"] == run["run_id"]
    assert site.call("POST", "imports", {"name": "packages/USMF/none.zip"}).status_code == 404
    for wrong in ("../reports/x", "/x", "a//b", "a\\b", "", ".", "https://example.com/x"):
        assert site.call("POST", "imports", {"name": wrong}).status_code == 400, wrong


def test_the_health_names_every_check(site: Site) -> None:
    """Storage, token, metadata and sweep are separate checks."""
    answer = site.call("GET", "health")
    assert answer.status_code == 200
    names = {each["name"] for each in answer.json()["checks"]}
    assert names == {"settings", "storage", "fno_circuit", "fno_token", "fno_metadata", "sweep", "functions"}
    assert all(each["ok"] for each in answer.json()["checks"])


@pytest.mark.parametrize("action", ["hold", "release"])
def test_an_action_on_a_lane_is_recorded(site: Site, action: str) -> None:
    """The history has who, what and why, the newest first."""
    assert site.call("POST", f"lanes/ApiLane/{action}", {"reason": f"{action} it"}).status_code == 202
    site.wait(lambda: held(site) == (action == "hold"), f"the lane's {action}")
    latest = site.call("GET", "lanes").json()["history"][0]
    assert (latest["lane"], latest["who"], latest["what"], latest["why"]) == (
        "apilane",
        "function key",
        action,
        f"{action} it",
    )


def held(site: Site) -> bool:
    """Whether the lane of this test is held."""
    return any(each["lane"] == "apilane" and each["held"] for each in site.call("GET", "lanes").json()["lanes"])


def test_another_sites_page_may_do_nothing(site: Site) -> None:
    """Its requests are refused even with the key, because a browser would send the cookies of a sign-in."""
    answer = site.call("POST", "runs/imp-none/cancel", **{"Sec-Fetch-Site": "cross-site"})
    assert (answer.status_code, answer.headers["Content-Type"]) == (403, "application/problem+json")
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
