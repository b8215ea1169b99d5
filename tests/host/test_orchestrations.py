"""Orchestrations of every kind in a real host process."""

from tests.host.running_host import MakeHost, RunningHost, wait_for


def test_steps_run_in_order_and_results_come_back(host: RunningHost) -> None:
    """A chain of activities completes with their results."""
    done = host.wait_for_end(host.start_instance("chain"))
    assert (done["runtimeStatus"], done["output"]) == ("Completed", ["Hello Tokyo!", "Hello Seattle!"])


def test_fan_out_waits_for_all_activities(host: RunningHost) -> None:
    """Fifty activities in parallel all return."""
    assert host.wait_for_end(host.start_instance("fan_out", 50))["output"] == 50


def test_retries_are_counted(host: RunningHost) -> None:
    """With three attempts, an activity that fails twice succeeds and one that fails three times fails."""
    good = host.wait_for_end(host.start_instance("retried", {"key": "good", "failures": 2}))
    bad = host.wait_for_end(host.start_instance("retried", {"key": "bad", "failures": 9}))
    assert (good["output"], bad["output"]) == ("at last", "gave up: True")
    assert (host.lines().count("good"), host.lines().count("bad")) == (3, 3)


def test_sub_orchestrations_answer_their_parent(host: RunningHost) -> None:
    """A parent gets its child's output, its child's failure raises there, and the custom status shows."""
    done = host.wait_for_end(host.start_instance("parent"))
    assert done["output"] == [["Hello Tokyo!", "Hello Seattle!"], True]
    assert done["customStatus"] == "with children"


def test_the_first_of_event_and_deadline_decides(host: RunningHost) -> None:
    """The first of an event and a timer wins; events of the SDK arrive as JSON text, those of webhooks as values."""
    late = host.start_instance("approval", 3)
    sent = host.start_instance("approval", 600)
    posted = host.start_instance("approval", 600)
    for each in (late, sent, posted):
        wait_for(lambda each=each: host.status(each)["runtimeStatus"] == "Running")
    host.request("POST", f"/api/events/{sent}/answer", {"yes": 1})
    host.request("POST", f"/runtime/webhooks/durabletask/instances/{posted}/raiseEvent/answer", {"yes": 1})
    assert host.wait_for_end(late)["output"] == "too late"
    assert host.wait_for_end(posted)["output"] == {"yes": 1}
    assert host.rows("SELECT output FROM instances WHERE id = ?", host.wait_for_end(sent)["instanceId"]) == [
        ('"{\\"yes\\": 1}"',)
    ]


def test_continue_as_new_keeps_history_short(host: RunningHost) -> None:
    """Twenty generations leave the history of one."""
    instance = host.start_instance("countdown", 20)
    assert host.wait_for_end(instance)["output"] == "lift-off"
    assert host.rows("SELECT count(*) < 12 FROM history WHERE instance = ?", instance) == [(1,)]


def test_entities_count_exactly(host: RunningHost) -> None:
    """Signals and calls of several orchestrations add up; a failed operation raises only in its caller."""
    for instance in [host.start_instance("counting", "k") for _ in range(5)]:
        assert host.wait_for_end(instance)["runtimeStatus"] == "Completed"
    assert host.request("GET", "/api/count/k")[1] == b'{"exists": true, "state": 35}'
    assert host.request("GET", "/api/count/other")[1] == b'{"exists": false, "state": null}'


def test_a_finished_step_never_runs_again(make_host: MakeHost) -> None:
    """After kill -9 in the middle of a step, only that step runs again."""
    host = make_host("steps")
    instance = host.start_instance("take_notes", {"steps": 6, "seconds": 0.3})
    wait_for(lambda: len(host.lines()) == 2)
    host.part.kill()
    host.start()
    assert host.wait_for_end(instance)["output"] == 15
    runs = [host.lines().count(f"{instance}:{step}") for step in range(6)]
    assert runs[0] == 1
    assert max(runs) <= 2
    assert sum(runs) <= 7


def test_early_events_go_to_every_wait(host: RunningHost) -> None:
    """As on Azure (durable-python #507), of two events before their waits the SDK returns one twice."""
    instance = host.start_instance("two_waits")
    wait_for(lambda: host.status(instance)["runtimeStatus"] == "Running")
    raised = f"/runtime/webhooks/durabletask/instances/{instance}/raiseEvent"
    for name, value in (("word", "first"), ("word", "second"), ("begin", "now")):
        host.request("POST", f"{raised}/{name}", value)
    output = host.wait_for_end(instance)["output"]
    assert output in (["first", "first"], ["second", "second"])


def test_the_step_after_a_failed_fan_out_waits_for_slow_siblings(host: RunningHost) -> None:
    """As on Azure, Python sees the failure at once, but the next step is scheduled after the last sibling's end."""
    instance = host.start_instance("fails_fast")
    assert host.wait_for_end(instance)["runtimeStatus"] == "Completed"
    mine = [line for line in host.lines() if line.startswith(f"{instance}:")]
    assert mine == [f"{instance}:slow", f"{instance}:after"]
