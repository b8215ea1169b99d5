"""F&O's answers get lost, or never were; nothing is imported twice, nothing is lost."""

from typing import Any

import pytest

from tests.e2e.site import Site, customer_groups


def imported(site: Site, name: str) -> dict[str, Any]:
    """Drop a package of one customer group; its run, once done."""
    site.drop(f"packages/USMF/{name}.zip", customer_groups(name.upper(), (name.upper(), "One group")))
    return site.run_of(f"packages/USMF/{name}.zip")


def calls(site: Site, name: str) -> int:
    """How often F&O was asked to import this project."""
    return len([each for each in site.operations("ImportFromPackage", name.upper()) if each["phase"] == "start"])


def executions(site: Site, name: str) -> list[str]:
    """F&O's executions of this project."""
    return [each["id"] for each in site.fno("executions")["executions"] if each["project"] == name.upper()]


def test_an_answer_lost_after_the_work(site: Site) -> None:
    """The execution is asked for by its id, found, and nothing is sent again."""
    site.plan_fault({"operation": "ImportFromPackage", "when": "after", "do": {"drop": True}})
    run = imported(site, "lost")
    assert run["outcome"] == "Succeeded"
    assert (executions(site, "lost"), calls(site, "lost")) == ([run["execution_id"]], 1)


def test_a_call_that_never_arrived(site: Site) -> None:
    """After the grace time the call is made once more, under the same id."""
    site.plan_fault({"operation": "ImportFromPackage", "when": "before", "do": {"drop": True}})
    run = imported(site, "never")
    assert run["outcome"] == "Succeeded"
    assert (executions(site, "never"), calls(site, "never")) == ([run["execution_id"]], 2)


@pytest.mark.slow
def test_two_calls_that_never_arrived_need_a_person(site: Site) -> None:
    """A third call is not made on a guess: the run needs attention, and its file is kept."""
    for nth in (1, 2):
        site.plan_fault({"operation": "ImportFromPackage", "nth": nth, "when": "before", "do": {"drop": True}})
    run = imported(site, "twice")
    assert run["outcome"] == "NeedsAttention"
    assert run["execution_id"] in run["reason"]
    assert (executions(site, "twice"), calls(site, "twice")) == ([], 2)
    assert run["files"]["archive"].startswith("archive/NeedsAttention/")


@pytest.mark.parametrize(
    ("name", "fault"),
    [
        ("busy", {"status": 429, "headers": {"Retry-After": "1"}}),
        pytest.param("gateway", {"status": 502, "body": "<html>bad gateway</html>"}, marks=pytest.mark.slow),
        pytest.param(
            "html",
            {"status": 503, "headers": {"Content-Type": "text/html"}, "body": "<html>"},
            marks=pytest.mark.slow,
        ),
    ],
)
def test_fno_is_busy_or_away_for_a_moment(site: Site, name: str, fault: dict[str, Any]) -> None:
    """429 and 5xx on any call of the road are waited out; the file is imported once."""
    for operation in ("GetAzureWriteUrl", "ImportFromPackage", "GetExecutionSummaryStatus"):
        site.plan_fault({"operation": operation, "when": "before", "do": fault})
    run = imported(site, name)
    assert run["outcome"] == "Succeeded"
    assert executions(site, name) == [run["execution_id"]]


def test_an_execution_that_is_not_known_yet(site: Site) -> None:
    """F&O does not know an execution at first, then calls it NotRun: both are waiting, not failure."""
    site.switch(registration_seconds=2.0, queue_seconds=1.0)
    try:
        run = imported(site, "young")
    finally:
        site.switch(registration_seconds=0.0, queue_seconds=0.3)
    assert run["outcome"] == "Succeeded"
    assert executions(site, "young") == [run["execution_id"]]
