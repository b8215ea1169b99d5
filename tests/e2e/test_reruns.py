"""Running a failed file again over HTTP."""

from concurrent.futures import ThreadPoolExecutor

from samples.build import package
from tests.e2e.site import Site, customer_groups


def needs_group(project: str, account: str, group: str) -> bytes:
    """A package of one customer in a group."""
    rows = [
        ["CUSTOMERACCOUNT", "ORGANIZATIONNAME", "CUSTOMERGROUPID", "SALESCURRENCYCODE"],
        [account, "In need of a group", group, "USD"],
    ]
    return package({"data_project": project, "entities": [{"entity": "Customers V3", "format": "CSV", "rows": rows}]})


def test_a_failed_file_succeeds_when_run_again(site: Site) -> None:
    """The second attempt has an execution of its own, and moves the file in the archive; the first's reports stay."""
    name = "packages/USMF/again.zip"
    site.drop(name, needs_group("Again", "R-1", "LATE"))
    failed = site.run_of(name)
    assert failed["outcome"] == "Failed"
    site.drop("packages/USMF/late.zip", customer_groups("Late", ("LATE", "Comes late")))
    site.run_of("packages/USMF/late.zip")

    answer = site.call("POST", f"runs/{failed['run_id']}/attempts")
    assert (answer.status_code, answer.json()["attempt"], answer.json()["outcome"]) == (202, 2, None)

    run = site.run_of(name, attempt=2)
    assert (run["run_id"], run["outcome"]) == (failed["run_id"], "Succeeded")
    assert run["execution_id"] != failed["execution_id"]
    assert [place for place in site.names("archive") if place.endswith("/again.zip")] == [
        run["files"]["archive"].removeprefix("archive/")
    ]
    assert run["files"]["archive"].startswith("archive/Succeeded/")
    reports = {place.removeprefix(f"{run['run_id']}/") for place in site.names("reports", f"{run['run_id']}/")}
    assert "errors.csv" not in reports
    assert {"receipt.json", "attempt-1/errors.csv", "attempt-1/receipt.json"} <= reports


def test_one_request_sent_often_is_one_attempt(site: Site) -> None:
    """Twenty POSTs with one Idempotency-Key give one attempt and one execution, and twenty equal answers."""
    name = "packages/USMF/idempotent.zip"
    site.drop(name, needs_group("Idempotent", "R-2", "NEVER"))
    run = site.run_of(name)

    def post(_: int) -> tuple[int, int]:
        answer = site.call("POST", f"runs/{run['run_id']}/attempts", **{"Idempotency-Key": "one-click"})
        return answer.status_code, answer.json()["attempt"]

    with ThreadPoolExecutor(20) as pool:
        answers = list(pool.map(post, range(20)))

    assert answers == [(202, 2)] * 20
    assert site.run_of(name, attempt=2)["outcome"] == "Failed"
    executions = [each["id"] for each in site.fno("executions")["executions"] if each["project"] == "Idempotent"]
    assert len(executions) == 2
    assert (
        site.call("POST", f"runs/{run['run_id']}/attempts", **{"Idempotency-Key": "one-click"}).json()["attempt"] == 2
    )


def test_what_must_not_run_again_is_refused_with_the_reason(site: Site) -> None:
    """A run that succeeded is a conflict, an unknown one is not found: both as problem details."""
    name = "packages/USMF/done.zip"
    site.drop(name, customer_groups("Done", ("DONE", "Done")))
    run = site.run_of(name)

    conflict = site.call("POST", f"runs/{run['run_id']}/attempts")
    unknown = site.call("POST", "runs/imp-nothing/attempts")

    assert (conflict.status_code, conflict.headers["Content-Type"]) == (409, "application/problem+json")
    assert "ended Succeeded" in conflict.json()["detail"]
    assert (unknown.status_code, unknown.json()["status"]) == (404, 404)
    assert site.call("GET", f"runs/{run['run_id']}").json() == run


def test_wrong_input_is_a_problem_not_a_failure(site: Site) -> None:
    """A limit that is no number and a key without end are answered 400 with what to do."""
    answers = [
        site.call("GET", "runs?limit=all"),
        site.call("GET", f"runs?limit={'9' * 5000}"),
        site.call("POST", "runs/imp-nothing/attempts", **{"Idempotency-Key": "k" * 1000}),
    ]
    assert [answer.status_code for answer in answers] == [400] * 3
    details = [answer.json()["detail"] for answer in answers]
    assert [each.partition(" ")[0] for each in details] == ["limit:", "limit:", "Idempotency-Key"]


def test_every_route_wants_the_key(site: Site) -> None:
    """Without the function key nobody reads or runs anything."""
    for method, path in (("GET", "runs"), ("GET", "runs/x"), ("POST", "runs/x/attempts")):
        assert site.call(method, path, **{"x-functions-key": "wrong"}).status_code == 401
