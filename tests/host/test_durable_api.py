"""Durable's HTTP API: the effect and status code of each request."""

import json
from typing import Any

import pytest

from tests.host.running_host import MakeHost, RunningHost, wait_for

ROOT = "/runtime/webhooks/durabletask"


def start_waiting(host: RunningHost, instance: str = "") -> str:
    """Start an instance that waits for an event; its id."""
    started = host.start_instance("approval", 600, instance)
    wait_for(lambda: host.status(started)["runtimeStatus"] == "Running")
    return started


def post(host: RunningHost, path: str, body: Any = None) -> int:
    """The status code of a POST below the API's root."""
    return host.request("POST", ROOT + path, body)[0]


def test_start_and_links(host: RunningHost) -> None:
    """A start is 202 with links, Location and Retry-After, and the links work."""
    code, body, headers = host.request("POST", f"{ROOT}/orchestrators/CHAIN/mine")
    links = json.loads(body)
    assert (code, links["id"], headers["location"], headers["retry-after"]) == (
        202,
        "mine",
        links["statusQueryGetUri"],
        "10",
    )
    assert host.wait_for_end("mine")["output"] == ["Hello Tokyo!", "Hello Seattle!"]
    assert host.request("DELETE", links["purgeHistoryDeleteUri"])[1] == b'{"instancesDeleted": 1}'
    assert host.request("GET", links["statusQueryGetUri"])[0] == 404


def test_bad_starts(host: RunningHost) -> None:
    """A malformed id is 400 with the message that the SDK raises, one with a slash 404; a running id is 500."""
    code, body, _ = host.request("POST", f"{ROOT}/orchestrators/chain/%40mine")
    assert (code, "not valid" in json.loads(body)["ExceptionMessage"]) == (400, True)
    assert post(host, "/orchestrators/chain/a%2Fb") == 404
    assert post(host, "/orchestrators/chain/a%23b") == 202
    assert post(host, f"/orchestrators/chain/{'x' * 257}") == 400
    start_waiting(host, "busy")
    assert post(host, "/orchestrators/chain/busy") == 500
    assert host.status("busy")["name"] == "approval"


def test_an_unknown_orchestrator_fails(host: RunningHost) -> None:
    """As on Azure, the start is 202, and the instance ends with the reason."""
    code, body, _ = host.request("POST", f"{ROOT}/orchestrators/nothing")
    assert code == 202
    ended = host.wait_for_end(json.loads(body)["id"])
    assert (ended["runtimeStatus"], "The function 'nothing' doesn't exist" in ended["output"]) == ("Failed", True)


def test_an_ended_id_can_be_used_again(host: RunningHost) -> None:
    """A new instance with the id of an ended one replaces it and its history."""
    assert host.wait_for_end(host.start_instance("fan_out", 2, "twice"))["output"] == 2
    assert host.wait_for_end(host.start_instance("fan_out", 3, "twice"))["output"] == 3
    assert host.rows("SELECT count(*) FROM history WHERE instance = 'twice' AND seq = 1") == [(1,)]


def test_waiting_for_completion(host: RunningHost) -> None:
    """A start with a timeout is 200 with the output if the instance ends in time, else 202."""
    code, body, _ = host.request("POST", f"{ROOT}/orchestrators/chain?timeout=10&pollingInterval=0.1")
    assert (code, json.loads(body)) == (200, ["Hello Tokyo!", "Hello Seattle!"])
    assert post(host, "/orchestrators/approval?timeout=0.1&pollingInterval=0.1", "600") == 202


def test_a_raw_number_is_not_an_input(host: RunningHost) -> None:
    """As on Azure, get_input() raises after a start over HTTP with a bare number, and the instance fails."""
    code, body, _ = host.request("POST", f"{ROOT}/orchestrators/approval?timeout=9&pollingInterval=0.1", 600)
    assert (code, "the JSON object must be str" in json.loads(body)["output"]) == (500, True)


def test_status_codes_follow_the_instance(host: RunningHost) -> None:
    """A running instance is 202, an ended one 200 (a failed one 500 on request), an unknown one an empty 404."""
    running, failed = start_waiting(host), host.start_instance("broken")
    assert host.request("GET", f"{ROOT}/instances/{running}")[0] == 202
    assert host.wait_for_end(failed)["output"] == "Orchestrator function 'broken' failed: on purpose"
    assert host.request("GET", f"{ROOT}/instances/{failed}")[0] == 200
    assert host.request("GET", f"{ROOT}/instances/{failed}?returnInternalServerErrorOnFailure=true")[0] == 500
    assert host.request("GET", f"{ROOT}/instances/nobody")[:2] == (404, b"")


def test_history_is_shown_on_request(host: RunningHost) -> None:
    """The history names its event types, and has results only with showHistoryOutput; the input can be left out."""
    instance = host.start_instance("chain", "given")
    assert "historyEvents" not in host.wait_for_end(instance)
    shown = host.status(instance, "?showHistory=true&showInput=false")
    kinds = [each["EventType"] for each in shown["historyEvents"]]
    assert kinds[0] == "ExecutionStarted"
    assert kinds[-1] == "ExecutionCompleted"
    assert kinds.count("TaskCompleted") == 2
    assert (shown["input"], "Hello" in json.dumps(shown["historyEvents"])) == (None, False)
    with_results = host.status(instance, "?showHistory=True&showHistoryOutput=True")
    assert "Hello Seattle!" in json.dumps(with_results["historyEvents"])


def test_lists_are_filtered_and_paged(host: RunningHost) -> None:
    """Lists filter by status and id prefix; a page has `top` entries and, except for the last, a token for the next."""
    for number in range(5):
        host.wait_for_end(host.start_instance("chain", None, f"a-{number}"))
    start_waiting(host, "b-1")
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
    """An event is 202; without JSON it is 400, for an unknown instance 404, for an ended one 410."""
    instance = start_waiting(host)
    event = f"{ROOT}/instances/{instance}/raiseEvent"
    assert host.request("POST", f"{event}/answer", headers={"Content-Type": "text/plain"})[0] == 400
    assert post(host, "/instances/nobody/raiseEvent/answer", 1) == 404
    assert post(host, f"/instances/{instance}/raiseEvent/answer", "yes") == 202
    assert host.wait_for_end(instance)["output"] == "yes"
    assert post(host, f"/instances/{instance}/raiseEvent/answer", "yes") == 410


def test_terminate(host: RunningHost) -> None:
    """A terminated instance has the reason as its output; terminating it again is 410."""
    instance = start_waiting(host)
    assert post(host, f"/instances/{instance}/terminate?reason=enough") == 202
    ended = host.wait_for_end(instance)
    assert (ended["runtimeStatus"], ended["output"]) == ("Terminated", "enough")
    assert post(host, f"/instances/{instance}/terminate?reason=more") == 410
    assert post(host, "/instances/nobody/terminate") == 404
    assert host.rows("SELECT count(*) FROM inbox WHERE instance = ?", instance) == [(0,)]


def test_suspend_holds_back_events_until_resume(host: RunningHost) -> None:
    """A suspended instance takes no event; after resume it takes all of them in order."""
    instance = start_waiting(host)
    assert post(host, f"/instances/{instance}/suspend?reason=wait") == 202
    wait_for(lambda: host.status(instance)["runtimeStatus"] == "Suspended")
    post(host, f"/instances/{instance}/raiseEvent/answer", "held")
    host.wait_for_end(host.start_instance("chain"))
    assert host.status(instance)["runtimeStatus"] == "Suspended"
    assert post(host, f"/instances/{instance}/resume?reason=go") == 202
    assert host.wait_for_end(instance)["output"] == "held"


@pytest.mark.parametrize("nested", [False, True])
def test_rewind_repeats_only_what_failed(host: RunningHost, *, nested: bool) -> None:
    """A rewound instance repeats its failed steps, also in a child, and completes without repeating finished ones."""
    key = f"rewind-{nested}"
    order = {"key": key, "failures": 1, "nested": nested}
    instance = host.start_instance("fragile", order)
    assert post(host, f"/instances/{start_waiting(host)}/rewind") == 500
    assert host.wait_for_end(instance)["runtimeStatus"] == "Failed"
    assert post(host, f"/instances/{instance}/rewind?reason=mended") == 202
    assert host.wait_for_end(instance)["output"] == "at last"
    assert host.lines().count(f"{instance}:first") == 1
    assert host.lines().count(key) == 2
    assert post(host, f"/instances/{instance}/rewind") == 412


def test_restart(host: RunningHost) -> None:
    """A restart has the same input and by default a new id; for an unknown instance it is 400."""
    host.wait_for_end(host.start_instance("fan_out", 4, "first"))
    _, body, _ = host.request("POST", f"{ROOT}/instances/first/restart")
    second = json.loads(body)["id"]
    assert second != "first"
    assert host.wait_for_end(second)["output"] == 4
    assert post(host, "/instances/first/restart?restartWithNewInstanceId=false") == 202
    assert post(host, "/instances/nobody/restart") == 400


def test_purge_by_filter(make_host: MakeHost) -> None:
    """A purge deletes ended instances by time and status; without a time it is 400, without a match 404."""
    host = make_host("steps")
    host.wait_for_end(host.start_instance("chain"))
    running = start_waiting(host)
    url = f"{ROOT}/instances?createdTimeFrom=2020-01-01T00:00:00Z&runtimeStatus=Completed"
    assert host.request("DELETE", f"{ROOT}/instances")[0] == 400
    assert host.request("DELETE", url)[1] == b'{"instancesDeleted": 1}'
    assert host.request("DELETE", url)[0] == 404
    assert host.rows("SELECT DISTINCT instance FROM history") == [(running,)]


def test_entities_over_http(host: RunningHost) -> None:
    """A signal is 202, the state can be read, and an unknown entity is 404."""
    assert post(host, "/entities/Counter/web?op=add", "5") == 202
    wait_for(lambda: host.request("GET", f"{ROOT}/entities/counter/web")[:2] == (200, b"5"))
    assert host.request("GET", f"{ROOT}/entities/counter/nobody")[0] == 404
    listed = json.loads(host.request("GET", f"{ROOT}/entities/counter?fetchState=true")[1])
    assert ({"name": "counter", "key": "web"}, 5) in [(each["entityId"], each["state"]) for each in listed]
    assert host.request("GET", f"{ROOT}/entities/nothing")[:2] == (200, b"[]")


def test_call_http(host: RunningHost) -> None:
    """An orchestrator's call_http gets the status, headers and content."""
    answer = host.wait_for_end(host.start_instance("caller", f"{host.url}/api/count/untouched"))["output"]
    assert (answer["statusCode"], json.loads(answer["content"])["exists"]) == (200, False)


def test_a_changed_orchestrator_fails(make_host: MakeHost) -> None:
    """An instance fails if its code asks for other steps than its history has, and the error names the step."""
    host = make_host("steps")
    instance = host.start_instance("changed")
    completed = "SELECT count(*) FROM history WHERE json_extract(event, '$.EventType') = 5"
    wait_for(lambda: host.rows(completed) == [(1,)])
    host.notes.write_text("changed\n", encoding="utf-8")
    post(host, f"/instances/{instance}/raiseEvent/go", 1)
    output = host.wait_for_end(instance)["output"]
    assert "Non-Deterministic workflow detected" in output
    assert "hello" in output
