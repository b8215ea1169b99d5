"""Orchestrations of every kind, run by a real host process."""

from tests.host.running_host import MakeHost, RunningHost, wait_for


def test_steps_run_in_order_and_results_come_back(host: RunningHost) -> None:
    """A chain of activities completes with what they returned."""
    done = host.finished(host.start_instance("chain"))
    assert (done["runtimeStatus"], done["output"]) == ("Completed", ["Hello Tokyo!", "Hello Seattle!"])


def test_fan_out_waits_for_all(host: RunningHost) -> None:
    """Fifty activities at once all come back."""
    assert host.finished(host.start_instance("fan_out", 50))["output"] == 50


def test_retries_are_counted(host: RunningHost) -> None:
    """An activity that fails twice succeeds on the third try, one that fails three times has failed."""
    good = host.finished(host.start_instance("retried", {"key": "good", "failures": 2}))
    bad = host.finished(host.start_instance("retried", {"key": "bad", "failures": 9}))
    assert (good["output"], bad["output"]) == ("at last", "gave up: True")
    assert (host.lines().count("good"), host.lines().count("bad")) == (3, 3)


def test_sub_orchestrations_answer_their_parent(host: RunningHost) -> None:
    """A child's output reaches the parent, a child's failure is raised there, the custom status shows."""
    done = host.finished(host.start_instance("parent"))
    assert done["output"] == [["Hello Tokyo!", "Hello Seattle!"], True]
    assert done["customStatus"] == "with children"


def test_event_or_deadline_whichever_is_first(host: RunningHost) -> None:
    """The first of an external event and a timer decides; the SDK's events arrive as JSON text, webhook events as values."""
    late = host.start_instance("approval", 0.3)
    told = host.start_instance("approval", 600)
    posted = host.start_instance("approval", 600)
    for each in (late, told, posted):
        wait_for(lambda each=each: host.status(each)["runtimeStatus"] == "Running")
    host.request("POST", f"/api/events/{told}/answer", {"yes": 1})
    host.request("POST", f"/runtime/webhooks/durabletask/instances/{posted}/raiseEvent/answer", {"yes": 1})
    assert host.finished(late)["output"] == "too late"
    assert host.finished(posted)["output"] == {"yes": 1}
    assert host.rows("SELECT output FROM instances WHERE id = ?", host.finished(told)["instanceId"]) == [
        ('"{\\"yes\\": 1}"',)
    ]


def test_continue_as_new_keeps_history_short(host: RunningHost) -> None:
    """Twenty generations leave one generation's history."""
    instance = host.start_instance("countdown", 20)
    assert host.finished(instance)["output"] == "lift-off"
    assert host.rows("SELECT count(*) < 12 FROM history WHERE instance = ?", instance) == [(1,)]


def test_entities_count_exactly(host: RunningHost) -> None:
    """Signals and calls of several orchestrations add up; a failed operation is raised in its caller alone."""
    for instance in [host.start_instance("counting", "k") for _ in range(5)]:
        assert host.finished(instance)["runtimeStatus"] == "Completed"
    assert host.request("GET", "/api/count/k")[1] == b'{"exists": true, "state": 35}'
    assert host.request("GET", "/api/count/other")[1] == b'{"exists": false, "state": null}'


def test_a_finished_step_never_runs_again(make_host: MakeHost) -> None:
    """After kill -9 in the middle of a step, only the step that was running runs again."""
    host = make_host("steps")
    instance = host.start_instance("noted", {"steps": 6, "seconds": 0.3})
    wait_for(lambda: len(host.lines()) == 2)
    host.part.kill()
    host.start()
    assert host.finished(instance)["output"] == 15
    runs = [host.lines().count(f"{instance}:{step}") for step in range(6)]
    assert runs[0] == 1
    assert max(runs) <= 2
    assert sum(runs) <= 7


def test_early_events_are_given_to_every_wait(host: RunningHost) -> None:
    """As on Azure (durable-python #507): of two events before their waits, the SDK shows one of them twice."""
    instance = host.start_instance("two_waits")
    wait_for(lambda: host.status(instance)["runtimeStatus"] == "Running")
    raised = f"/runtime/webhooks/durabletask/instances/{instance}/raiseEvent"
    for name, value in (("word", "first"), ("word", "second"), ("begin", "now")):
        host.request("POST", f"{raised}/{name}", value)
    output = host.finished(instance)["output"]
    assert output in (["first", "first"], ["second", "second"])


def test_what_follows_a_failed_fan_out_waits_for_the_slow_ones(host: RunningHost) -> None:
    """As on Azure: Python sees the failure at once, the next step is scheduled only when every sibling is over."""
    instance = host.start_instance("fails_fast")
    assert host.finished(instance)["runtimeStatus"] == "Completed"
    mine = [line for line in host.lines() if line.startswith(f"{instance}:")]
    assert mine == [f"{instance}:slow", f"{instance}:after"]
