"""Durable's HTTP API: what each request does and which code it answers with."""

import json
from typing import Any

import pytest

from tests.host.running_host import MakeHost, RunningHost, wait_for

ROOT = "/runtime/webhooks/durabletask"


def waiting(host: RunningHost, instance: str = "") -> str:
    """An instance that waits for an event; its id."""
    started = host.start_instance("approval", 600, instance)
    wait_for(lambda: host.status(started)["runtimeStatus"] == "Running")
    return started


def post(host: RunningHost, path: str, body: Any = None) -> int:
    """The code a POST below the API's root answers with."""
    return host.request("POST", ROOT + path, body)[0]


def test_start_and_links(host: RunningHost) -> None:
    """A start answers 202 with links, Location and Retry-After; the links work as they are."""
    code, body, headers = host.request("POST", f"{ROOT}/orchestrators/CHAIN/mine")
    links = json.loads(body)
    assert (code, links["id"], headers["location"], headers["retry-after"]) == (
        202,
        "mine",
        links["statusQueryGetUri"],
        "10",
    )
    assert host.finished("mine")["output"] == ["Hello Tokyo!", "Hello Seattle!"]
    assert host.request("DELETE", links["purgeHistoryDeleteUri"])[1] == b'{"instancesDeleted": 1}'
    assert host.request("GET", links["statusQueryGetUri"])[0] == 404


def test_bad_starts(host: RunningHost) -> None:
    """An unknown function or a malformed id is 400 with the message that the SDK raises; a running id is 500."""
    code, body, _ = host.request("POST", f"{ROOT}/orchestrators/nothing")
    assert (code, "doesn't exist" in json.loads(body)["ExceptionMessage"]) == (400, True)
    assert post(host, "/orchestrators/chain/%40mine") == 400
    assert post(host, f"/orchestrators/chain/{'x' * 257}") == 400
    waiting(host, "busy")
    assert post(host, "/orchestrators/chain/busy") == 500
    assert host.status("busy")["name"] == "approval"


def test_an_ended_id_can_be_used_again(host: RunningHost) -> None:
    """A new instance replaces the ended one of its id, with a history of its own."""
    assert host.finished(host.start_instance("fan_out", 2, "twice"))["output"] == 2
    assert host.finished(host.start_instance("fan_out", 3, "twice"))["output"] == 3
    assert host.rows("SELECT count(*) FROM history WHERE instance = 'twice' AND seq = 1") == [(1,)]


def test_waiting_for_completion(host: RunningHost) -> None:
    """A start with a timeout answers 200 with the output when it is done in time, else 202."""
    code, body, _ = host.request("POST", f"{ROOT}/orchestrators/chain?timeout=10&pollingInterval=0.1")
    assert (code, json.loads(body)) == (200, ["Hello Tokyo!", "Hello Seattle!"])
    assert post(host, "/orchestrators/approval?timeout=0.1&pollingInterval=0.1", "600") == 202


def test_a_raw_number_is_no_input(host: RunningHost) -> None:
    """Started over HTTP with a bare number, get_input() raises, as on Azure; waiting for it answers 500."""
    code, body, _ = host.request("POST", f"{ROOT}/orchestrators/approval?timeout=9&pollingInterval=0.1", 600)
    assert (code, "the JSON object must be str" in json.loads(body)["output"]) == (500, True)


def test_status_codes_follow_the_instance(host: RunningHost) -> None:
    """Running is 202, ended 200, also when failed, unless asked otherwise; unknown is 404 with an empty body."""
    running, failed = waiting(host), host.start_instance("broken")
    assert host.request("GET", f"{ROOT}/instances/{running}")[0] == 202
    assert host.finished(failed)["output"] == "Orchestrator function 'broken' failed: on purpose"
    assert host.request("GET", f"{ROOT}/instances/{failed}")[0] == 200
    assert host.request("GET", f"{ROOT}/instances/{failed}?returnInternalServerErrorOnFailure=true")[0] == 500
    assert host.request("GET", f"{ROOT}/instances/nobody")[:2] == (404, b"")


def test_history_is_shown_when_asked_for(host: RunningHost) -> None:
    """Event types by name; results only with showHistoryOutput; the input can be left out."""
    instance = host.start_instance("chain", "given")
    assert "historyEvents" not in host.finished(instance)
    shown = host.status(instance, "?showHistory=true&showInput=false")
    kinds = [each["EventType"] for each in shown["historyEvents"]]
    assert kinds[0] == "ExecutionStarted"
    assert kinds[-1] == "ExecutionCompleted"
    assert kinds.count("TaskCompleted") == 2
    assert (shown["input"], "Hello" in json.dumps(shown["historyEvents"])) == (None, False)
    with_results = host.status(instance, "?showHistory=True&showHistoryOutput=True")
    assert "Hello Seattle!" in json.dumps(with_results["historyEvents"])


def test_lists_are_filtered_and_paged(host: RunningHost) -> None:
    """Filters by status and id prefix hold; a page has `top` entries and a token for the next until all were shown."""
    for number in range(5):
        host.finished(host.start_instance("chain", None, f"a-{number}"))
    waiting(host, "b-1")
    seen: list[str] = []
    token: str | None = ""
    while token is not None:
        url = f"{ROOT}/instances?top=2&instanceIdPrefix=a-&runtimeStatus=Completed,Failed"
        _, body, headers = host.request("GET", url, headers={"x-ms-continuation-token": token})
        page = [each["instanceId"] for each in json.loads(body)]
        assert len(page) <= 2
        seen += page
        token = headers.get("x-ms-continuation-token")
    assert seen == [f"a-{number}" for number in range(5)]
    assert host.request("GET", f"{ROOT}/instances?instanceIdPrefix=a-&runtimeStatus=Failed")[1] == b"[]"


def test_events_need_json_and_a_running_instance(host: RunningHost) -> None:
    """An event is 202; no JSON is 400, an unknown instance 404, an ended one 410."""
    instance = waiting(host)
    event = f"{ROOT}/instances/{instance}/raiseEvent"
    assert host.request("POST", f"{event}/answer", headers={"Content-Type": "text/plain"})[0] == 400
    assert post(host, "/instances/nobody/raiseEvent/answer", 1) == 404
    assert post(host, f"/instances/{instance}/raiseEvent/answer", "yes") == 202
    assert host.finished(instance)["output"] == "yes"
    assert post(host, f"/instances/{instance}/raiseEvent/answer", "yes") == 410


def test_terminate(host: RunningHost) -> None:
    """A terminated instance says why and stays so; terminating it again is 410."""
    instance = waiting(host)
    assert post(host, f"/instances/{instance}/terminate?reason=enough") == 202
    ended = host.finished(instance)
    assert (ended["runtimeStatus"], ended["output"]) == ("Terminated", "enough")
    assert post(host, f"/instances/{instance}/terminate?reason=more") == 410
    assert post(host, "/instances/nobody/terminate") == 404
    assert host.rows("SELECT count(*) FROM inbox WHERE instance = ?", instance) == [(0,)]


def test_suspend_holds_everything_back_until_resume(host: RunningHost) -> None:
    """A suspended instance takes no event in; resumed, it takes all of them in their order."""
    instance = waiting(host)
    assert post(host, f"/instances/{instance}/suspend?reason=wait") == 202
    wait_for(lambda: host.status(instance)["runtimeStatus"] == "Suspended")
    post(host, f"/instances/{instance}/raiseEvent/answer", "held")
    host.finished(host.start_instance("chain"))
    assert host.status(instance)["runtimeStatus"] == "Suspended"
    assert post(host, f"/instances/{instance}/resume?reason=go") == 202
    assert host.finished(instance)["output"] == "held"


@pytest.mark.parametrize("nested", [False, True])
def test_rewind_repeats_only_what_failed(host: RunningHost, *, nested: bool) -> None:
    """A rewound instance completes without its finished steps running again, down to a failed child."""
    key = f"rewind-{nested}"
    order = {"key": key, "failures": 1, "nested": nested}
    instance = host.start_instance("fragile", order)
    assert post(host, f"/instances/{waiting(host)}/rewind") == 500
    assert host.finished(instance)["runtimeStatus"] == "Failed"
    assert post(host, f"/instances/{instance}/rewind?reason=mended") == 202
    assert host.finished(instance)["output"] == "at last"
    assert host.lines().count(f"{instance}:first") == 1
    assert host.lines().count(key) == 2
    assert post(host, f"/instances/{instance}/rewind") == 410


def test_restart(host: RunningHost) -> None:
    """A restart has the same input, and a new id unless told otherwise; of nobody it is 400."""
    host.finished(host.start_instance("fan_out", 4, "first"))
    _, body, _ = host.request("POST", f"{ROOT}/instances/first/restart")
    second = json.loads(body)["id"]
    assert second != "first"
    assert host.finished(second)["output"] == 4
    assert post(host, "/instances/first/restart?restartWithNewInstanceId=false") == 202
    assert post(host, "/instances/nobody/restart") == 400


def test_purge_by_filter(make_host: MakeHost) -> None:
    """Only ended instances of the asked-for time and status go, with all their rows; no time is 400, none found 404."""
    host = make_host("steps")
    host.finished(host.start_instance("chain"))
    running = waiting(host)
    url = f"{ROOT}/instances?createdTimeFrom=2020-01-01T00:00:00Z&runtimeStatus=Completed"
    assert host.request("DELETE", f"{ROOT}/instances")[0] == 400
    assert host.request("DELETE", url)[1] == b'{"instancesDeleted": 1}'
    assert host.request("DELETE", url)[0] == 404
    assert host.rows("SELECT DISTINCT instance FROM history") == [(running,)]


def test_entities_over_http(host: RunningHost) -> None:
    """A signal is 202, the state can be read, an entity that is not there is 404."""
    assert post(host, "/entities/Counter/web?op=add", "5") == 202
    wait_for(lambda: host.request("GET", f"{ROOT}/entities/counter/web")[:2] == (200, b"5"))
    assert host.request("GET", f"{ROOT}/entities/counter/nobody")[0] == 404


def test_call_http(host: RunningHost) -> None:
    """An orchestrator's call_http gets status, headers and content."""
    answer = host.finished(host.start_instance("caller", f"{host.url}/api/count/untouched"))["output"]
    assert (answer["statusCode"], json.loads(answer["content"])["exists"]) == (200, False)


def test_a_changed_orchestrator_is_found_out(make_host: MakeHost) -> None:
    """Code that asks for other steps than its history fails the instance, with the step named."""
    host = make_host("steps")
    instance = host.start_instance("changed")
    completed = "SELECT count(*) FROM history WHERE json_extract(event, '$.EventType') = 5"
    wait_for(lambda: host.rows(completed) == [(1,)])
    host.notes.write_text("changed\n", encoding="utf-8")
    post(host, f"/instances/{instance}/raiseEvent/go", 1)
    output = host.finished(instance)["output"]
    assert "Non-Deterministic workflow detected" in output
    assert "hello" in output
