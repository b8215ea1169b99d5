"""Functions share the worker's threads: long ones stop all others where host.json allows more of them than threads."""

import json
from typing import Any

from local.stack import app_settings
from tests.host.running_host import REPOSITORY, MakeHost, RunningHost, wait_for

PREFIX = "AzureFunctionsJobHost__extensions__durableTask__"
THREADS = "4"


def start_long_calls(host: RunningHost, seconds: float, running: int) -> list[str]:
    """Start twice as many long activities as threads, and wait until so many of them run."""
    calls = [host.start_instance("take_notes", {"steps": 1, "seconds": seconds}) for _ in range(2 * int(THREADS))]
    wait_for(lambda: host.rows("SELECT count(*) FROM work WHERE owner IS NOT NULL")[0][0] >= running)
    return calls


def test_limits_below_the_threads_keep_everything_going(make_host: MakeHost) -> None:
    """Twice as many long calls as threads: orchestrations, entities and requests go on, and every call is made."""
    limits = {f"{PREFIX}maxConcurrentActivityFunctions": "2", f"{PREFIX}maxConcurrentOrchestratorFunctions": "1"}
    host = make_host("steps", PYTHON_THREADPOOL_THREAD_COUNT=THREADS, **limits)
    calls = start_long_calls(host, 2, 2)
    quick = [host.start_instance("approval", 0) for _ in range(5)]
    assert [host.wait_for_end(each)["output"] for each in quick] == ["too late"] * 5
    assert "Running" in [host.status(each)["runtimeStatus"] for each in calls]
    assert {host.wait_for_end(each)["runtimeStatus"] for each in calls} == {"Completed"}


def test_without_them_long_calls_stop_all_others(make_host: MakeHost) -> None:
    """As on Azure: no orchestrator runs while every thread waits in an activity."""
    limits = {f"{PREFIX}maxConcurrentActivityFunctions": "8"}
    host = make_host("steps", PYTHON_THREADPOOL_THREAD_COUNT=THREADS, **limits)
    calls = start_long_calls(host, 3, int(THREADS))
    quick = host.start_instance("approval", 0)
    assert host.wait_for_end(quick)["output"] == "too late"
    assert [host.status(each)["runtimeStatus"] for each in calls].count("Completed") >= 1, "they were ahead of it"


def test_the_app_has_more_threads_than_steps() -> None:
    """What host.json lets run at once leaves threads for requests, here and in Azure."""
    document: dict[str, Any] = json.loads((REPOSITORY / "host.json").read_text(encoding="utf-8"))
    durable = document["extensions"]["durableTask"]
    kinds = ("Activity", "Orchestrator", "Entity")
    together = sum(durable[f"maxConcurrent{kind}Functions"] for kind in kinds)
    fno = dict.fromkeys(("url", "tenant", "client_id", "client_secret", "authority", "ca", "ca_bundle"), "x")
    assert together < int(app_settings("x", fno)["PYTHON_THREADPOOL_THREAD_COUNT"])
    assert "'PYTHON_THREADPOOL_THREAD_COUNT', value: '32'" in (REPOSITORY / "infra" / "app.bicep").read_text()
