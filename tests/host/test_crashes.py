"""Hosts that are killed or paused, and several hosts on one folder: every instance still ends correctly."""

import json
import os
import random
import signal
import time
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest

from tests.host.running_host import MakeHost, RunningHost, wait_for


def all_ended(host: RunningHost) -> bool:
    """Whether every instance has ended, read from the file since the host may be down."""
    running = "SELECT count(*) FROM instances WHERE status NOT IN ('Completed', 'Failed', 'Terminated')"
    return host.rows(running) == [(0,)]


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_forty_kills_change_nothing(make_host: MakeHost) -> None:
    """Instances with activities, timers, children and an entity survive forty kills with correct outputs and state."""
    dice = random.Random(20260131)  # noqa: S311 - the same kills in each run
    host = make_host("steps")
    instances = [host.start_instance("everything", number, f"run-{number}") for number in range(20)]
    kills = 0
    while kills < 40 or not all_ended(host):
        time.sleep(dice.uniform(0.05, 0.6))
        if kills < 40:
            host.part.kill()
            kills += 1
            host.start()
            if all_ended(host):
                more = [host.start_instance("everything", number) for number in range(5)]
                instances += more
    outputs = {host.wait_for_end(instance)["output"] for instance in instances[:20]}
    assert outputs == {f"{number}: 0+1+2+3, child {number}, timers 4" for number in range(20)}
    wait_for(lambda: host.rows("SELECT count(*) FROM inbox") == [(0,)])
    assert json.loads(host.request("GET", "/api/count/all")[1])["state"] == len(instances)
    left = [host.rows(f"SELECT count(*) FROM {table}") for table in ("inbox", "work", "claims")]  # noqa: S608
    assert left == [[(0,)]] * 3
    assert host.rows("PRAGMA integrity_check") == [("ok",)]
    # A step that ran when its host was killed runs again; a finished step never does.
    runs = [line for line in host.lines() if line.startswith("run-")]
    assert len(runs) - len(set(runs)) <= kills * 20
    assert len(set(runs)) == 80


def two(make_host: MakeHost) -> tuple[RunningHost, RunningHost]:
    """Two hosts on one state folder."""
    first = make_host("steps")
    second = make_host("steps")
    wait_for(lambda: first.rows("SELECT count(*) FROM hosts") == [(2,)])
    return first, second


def test_two_hosts_share_the_work_without_repeating_it(make_host: MakeHost) -> None:
    """Both hosts run instances that either one started; every step runs once and the entity is exact."""
    hosts = two(make_host)
    instances = [hosts[number % 2].start_instance("everything", number, f"run-{number}") for number in range(20)]
    for number, instance in enumerate(instances):
        assert hosts[1].wait_for_end(instance)["output"].startswith(f"{number}: 0+1+2+3")
    wait_for(lambda: hosts[0].rows("SELECT count(*) FROM inbox") == [(0,)])
    assert json.loads(hosts[0].request("GET", "/api/count/all")[1])["state"] == 20
    assert sorted(hosts[0].lines()) == sorted({f"run-{number}:{step}" for number in range(20) for step in range(4)})


def test_one_of_two_starts_with_the_same_id_wins(make_host: MakeHost) -> None:
    """Of simultaneous starts on two hosts one succeeds, the others are refused, and the step runs once."""
    hosts = two(make_host)
    path = "/runtime/webhooks/durabletask/orchestrators/take_notes"
    order = {"steps": 1, "seconds": 0.5}
    with ThreadPoolExecutor(8) as threads:
        for number in range(10):
            gate = Barrier(8)

            def start(number: int, instance: str = f"same-{number}", gate: Barrier = gate) -> int:
                gate.wait()
                return hosts[number % 2].request("POST", f"{path}/{instance}", order)[0]

            assert sorted(threads.map(start, range(8))) == [202] + 7 * [500]
    for number in range(10):
        assert hosts[0].wait_for_end(f"same-{number}")["runtimeStatus"] == "Completed"
    assert len(hosts[0].lines()) == 10


def test_a_killed_host_is_replaced_by_the_other(make_host: MakeHost) -> None:
    """The remaining host repeats the work of the killed one without a restart."""
    first, second = two(make_host)
    order = {"steps": 2, "seconds": 1}
    instances = [host.start_instance("take_notes", order) for host in (first, second) for _ in range(4)]
    wait_for(lambda: first.rows("SELECT count(DISTINCT owner) FROM work WHERE owner IS NOT NULL") == [(2,)])
    first.part.kill()
    assert {second.wait_for_end(instance)["output"] for instance in instances} == {1}
    assert second.rows("SELECT count(*) FROM hosts") == [(1,)]


@pytest.mark.slow
def test_a_paused_host_does_no_harm_when_it_wakes(make_host: MakeHost) -> None:
    """A host that hangs loses its work after the lease; when it wakes, its results do not count and it joins again."""
    first, second = two(make_host)
    order = {"steps": 2, "seconds": 1}
    instances = [host.start_instance("take_notes", order) for host in (first, second) for _ in range(4)]
    wait_for(lambda: first.rows("SELECT count(DISTINCT owner) FROM work WHERE owner IS NOT NULL") == [(2,)])
    os.kill(first.part.pid, signal.SIGSTOP)
    assert {second.wait_for_end(instance, 60)["output"] for instance in instances} == {1}
    os.kill(first.part.pid, signal.SIGCONT)
    wait_for(lambda: second.rows("SELECT count(*) FROM hosts") == [(2,)])
    results = "SELECT count(*) FROM history WHERE json_extract(event, '$.EventType') = 5"
    assert second.rows(results) == [(16,)]
    assert first.wait_for_end(first.start_instance("chain"))["runtimeStatus"] == "Completed"


def test_what_a_killed_host_had_taken_lies_still(make_host: MakeHost) -> None:
    """For five minutes, as on Azure: what is new goes past it, and then it goes on."""
    host = make_host("steps", "--clock", "manual", "--redelivery-seconds", "300")
    first = host.start_instance("take_notes", {"steps": 1, "seconds": 2})
    wait_for(lambda: host.rows("SELECT count(*) FROM work WHERE owner IS NOT NULL") == [(1,)])
    host.part.kill()
    host.start()
    assert host.wait_for_end(host.start_instance("take_notes", {"steps": 1}))["runtimeStatus"] == "Completed"
    host.request("POST", "/admin/host/clock", {"seconds": 290})
    assert host.wait_for_end(host.start_instance("chain"))["runtimeStatus"] == "Completed"
    assert host.status(first)["runtimeStatus"] == "Running"
    assert host.rows("SELECT count(*) FROM work WHERE owner IS NULL") == [(1,)]
    host.request("POST", "/admin/host/clock", {"seconds": 10})
    assert host.wait_for_end(first)["runtimeStatus"] == "Completed"


def test_a_host_that_stops_gives_back_what_it_had_taken(make_host: MakeHost) -> None:
    """A stop is no kill: the next host runs the step at once."""
    host = make_host("steps", "--clock", "manual", "--redelivery-seconds", "300")
    instance = host.start_instance("take_notes", {"steps": 1, "seconds": 7})
    wait_for(lambda: host.rows("SELECT count(*) FROM work WHERE owner IS NOT NULL") == [(1,)])
    host.part.stop()
    host.start()
    assert host.wait_for_end(instance)["runtimeStatus"] == "Completed"
