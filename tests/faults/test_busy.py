"""F&O is too busy for one run: all runs of the environment wait."""

from datetime import datetime, timedelta

from tests.e2e.site import Site, customer_groups

PAUSE_SECONDS = 6


def test_one_429_stops_every_run(site: Site) -> None:
    """From the 429 of one run until Retry-After is over nobody asks F&O anything, then both runs go on."""
    names = ["busy-a", "busy-b"]
    site.switch(durations={name.upper(): 4 for name in names})
    try:
        for name in names:
            site.drop(f"packages/USMF/{name}.zip", customer_groups(name.upper(), (name[-1].upper(), "One group")))
        running = site.wait(
            lambda: all(site.operations("GetExecutionSummaryStatus", name.upper()) for name in names),
            "looks at both",
        )
        assert running
        refusal = {"status": 429, "headers": {"Retry-After": str(PAUSE_SECONDS)}}
        site.plan_fault({"operation": "GetExecutionSummaryStatus", "when": "before", "do": refusal})
        runs = [site.run_of(f"packages/USMF/{name}.zip") for name in names]
    finally:
        site.switch(durations={})

    assert [run["outcome"] for run in runs] == ["Succeeded"] * 2
    log = site.fno("operations")["operations"]
    refused = datetime.fromisoformat(next(each["time"] for each in log if each.get("status") == 429))
    over = refused + timedelta(seconds=PAUSE_SECONDS)
    starts = [datetime.fromisoformat(each["time"]) for each in log if each["phase"] == "start"]
    assert [time for time in starts if refused < time < over - timedelta(seconds=0.5)] == []
    assert any(time > over for time in starts)
