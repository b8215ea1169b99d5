"""Killed, paused and several hosts: every instance ends as if nothing had happened."""

import json
import os
import random
import signal
import time
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest

from tests.host.running_host import MakeHost, RunningHost, wait_for


def settled(host: RunningHost) -> bool:
    """Whether every instance has ended; read from the file, since the host may be down."""
    running = "SELECT count(*) FROM instances WHERE status NOT IN ('Completed', 'Failed', 'Terminated')"
    return host.rows(running) == [(0,)]


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_forty_kills_change_nothing(make_host: MakeHost) -> None:
    """Twenty instances with activities, timers, children and an entity survive forty kills: right outputs, an exact entity."""
    dice = random.Random(20260131)  # noqa: S311 - the same kills each time
    host = make_host("steps")
    instances = [host.start_instance("everything", number, f"run-{number}") for number in range(20)]
    kills = 0
    while kills < 40 or not settled(host):
        time.sleep(dice.uniform(0.05, 0.6))
        if kills < 40:
            host.part.kill()
            kills += 1
            host.start()
            if settled(host):
                more = [host.start_instance("everything", number) for number in range(5)]
                instances += more
    outputs = {host.finished(instance)["output"] for instance in instances[:20]}
    assert outputs == {f"{number}: 0+1+2+3, child {number}, timers 4" for number in range(20)}
    wait_for(lambda: host.rows("SELECT count(*) FROM inbox") == [(0,)])
    assert json.loads(host.request("GET", "/api/count/all")[1])["state"] == len(instances)
    left = [host.rows(f"SELECT count(*) FROM {table}") for table in ("inbox", "work", "claims")]  # noqa: S608
    assert left == [[(0,)]] * 3
    assert host.rows("PRAGMA integrity_check") == [("ok",)]
    # A step that was running when its host was killed runs again; one that had finished never does.
    runs = [line for line in host.lines() if line.startswith("run-")]
    assert len(runs) - len(set(runs)) <= kills * 20
    assert len(set(runs)) == 80


def two(make_host: MakeHost) -> tuple[RunningHost, RunningHost]:
    """Two hosts on one state folder."""
    first = make_host("steps")
    second = make_host("steps")
    wait_for(lambda: first.rows("SELECT count(*) FROM hosts") == [(2,)])
    return first, second


def test_two_hosts_share_the_work_and_repeat_none(make_host: MakeHost) -> None:
    """Started on either, instances are carried on by both, every step runs once and the entity is exact."""
    hosts = two(make_host)
    instances = [
        hosts[number % 2].start_instance("everything", number, f"run-{number}") for number in range(20)
    ]
    for number, instance in enumerate(instances):
        assert hosts[1].finished(instance)["output"].startswith(f"{number}: 0+1+2+3")
    wait_for(lambda: hosts[0].rows("SELECT count(*) FROM inbox") == [(0,)])
    assert json.loads(hosts[0].request("GET", "/api/count/all")[1])["state"] == 20
    assert sorted(hosts[0].lines()) == sorted(
        {f"run-{number}:{step}" for number in range(20) for step in range(4)}
    )


def test_of_two_starts_of_one_id_one_wins(make_host: MakeHost) -> None:
    """Asked at the same moment, one host starts the instance and the other says that it is there; its step runs once."""
    hosts = two(make_host)
    path = "/runtime/webhooks/durabletask/orchestrators/noted"
    order = {"steps": 1, "seconds": 0.5}
    with ThreadPoolExecutor(8) as threads:
        for number in range(10):
            gate = Barrier(8)

            def start(place: int, instance: str = f"same-{number}", gate: Barrier = gate) -> int:
                gate.wait()
                return hosts[place % 2].request("POST", f"{path}/{instance}", order)[0]

            assert sorted(threads.map(start, range(8))) == [202] + 7 * [500]
    for number in range(10):
        assert hosts[0].finished(f"same-{number}")["runtimeStatus"] == "Completed"
    assert len(hosts[0].lines()) == 10


def test_a_killed_host_is_replaced_by_the_other(make_host: MakeHost) -> None:
    """What the killed host was doing is done again by the one that is left, without a restart."""
    first, second = two(make_host)
    order = {"steps": 2, "seconds": 1}
    instances = [host.start_instance("noted", order) for host in (first, second) for _ in range(4)]
    wait_for(lambda: first.rows("SELECT count(DISTINCT owner) FROM work WHERE owner IS NOT NULL") == [(2,)])
    first.part.kill()
    assert {second.finished(instance)["output"] for instance in instances} == {1}
    assert second.rows("SELECT count(*) FROM hosts") == [(1,)]


@pytest.mark.slow
def test_a_paused_host_does_no_harm_when_it_wakes(make_host: MakeHost) -> None:
    """A host that hangs loses its work after the lease; when it goes on, what it finishes is not counted, and it joins again."""
    first, second = two(make_host)
    order = {"steps": 2, "seconds": 1}
    instances = [host.start_instance("noted", order) for host in (first, second) for _ in range(4)]
    wait_for(lambda: first.rows("SELECT count(DISTINCT owner) FROM work WHERE owner IS NOT NULL") == [(2,)])
    os.kill(first.part.pid, signal.SIGSTOP)
    assert {second.finished(instance, 60)["output"] for instance in instances} == {1}
    os.kill(first.part.pid, signal.SIGCONT)
    wait_for(lambda: second.rows("SELECT count(*) FROM hosts") == [(2,)])
    results = "SELECT count(*) FROM history WHERE json_extract(event, '$.EventType') = 5"
    assert second.rows(results) == [(16,)]
    assert first.finished(first.start_instance("chain"))["runtimeStatus"] == "Completed"
