"""Queue triggers, storage inputs and outputs, retry policies, timeouts, CORS and admin endpoints."""

import json
import uuid

from azure.storage.queue import QueueClient

from tests.host.running_host import MakeHost, wait_for


def place(storage: str) -> dict[str, str]:
    """A container and queue of the test's own."""
    return {"AzureWebJobsStorage": storage, "PLACE": f"p-{uuid.uuid4().hex}"}


def test_outputs_reach_storage_and_queues_start_functions(make_host: MakeHost, storage: str) -> None:
    """A blob and two messages go out; each message starts its function, with the blob that its own field names."""
    settings = place(storage)
    host = make_host("bindings", **settings)
    assert host.request("POST", "/put/one")[:2] == (200, b"put")
    wait_for(lambda: bool(host.noted("took")))
    assert host.noted("took") == [['{"name": "one"}', 1, "hello"]]


def test_a_poisonous_message_is_put_aside(make_host: MakeHost, storage: str) -> None:
    """A message that fails as often as host.json allows goes to the poison queue and out of its own."""
    settings = place(storage)
    host = make_host("bindings", **settings)
    host.request("POST", "/put/one")
    wait_for(lambda: "it is put aside" in host.log.read_text(), 60)
    with QueueClient.from_connection_string(storage, f"{settings['PLACE']}-poison") as poison:
        assert [message.content for message in poison.peek_messages()] == ["YmFk"]
    with QueueClient.from_connection_string(storage, settings["PLACE"]) as queue:
        assert queue.get_queue_properties().approximate_message_count == 0


def test_a_retry_policy_repeats_a_timers_run(make_host: MakeHost, storage: str) -> None:
    """Asked for over the admin endpoint, a failing timer function runs three times and knows which time it is."""
    host = make_host("bindings", **place(storage))
    assert host.request("POST", "/admin/functions/flaky", {"input": ""})[0] == 202
    wait_for(lambda: len(host.noted("tried")) == 3)
    assert host.noted("tried") == [[0, False], [1, False], [2, False]]


def test_a_function_may_only_run_so_long(make_host: MakeHost, storage: str) -> None:
    """Longer than functionTimeout is a failure; shorter is not."""
    host = make_host("bindings", **place(storage))
    assert host.request("GET", "/sleep?seconds=0.1")[:2] == (200, b"rested")
    assert host.request("GET", "/sleep?seconds=4")[0] == 500
    assert "Timeout value of 0:00:02 exceeded by function 'Functions.sleep'" in host.log.read_text()


def test_cors_is_answered_as_configured(make_host: MakeHost, storage: str) -> None:
    """A named origin is allowed, also in a preflight; another is not."""
    host = make_host("bindings", **place(storage))
    asked = {"Access-Control-Request-Method": "GET", "Access-Control-Request-Headers": "x-functions-key"}
    status, _, headers = host.request(
        "OPTIONS", "/sleep", headers={"Origin": "https://pages.example", **asked}
    )
    assert status == 204
    assert headers["access-control-allow-origin"] == "https://pages.example"
    assert headers["access-control-allow-headers"] == "x-functions-key"
    _, _, headers = host.request("GET", "/sleep?seconds=0", headers={"Origin": "https://pages.example"})
    assert headers["access-control-allow-credentials"] == "true"
    _, _, headers = host.request("GET", "/sleep?seconds=0", headers={"Origin": "https://other.example"})
    assert "access-control-allow-origin" not in headers


def test_admin_endpoints_list_and_run(make_host: MakeHost, storage: str) -> None:
    """Status, functions with their bindings, one by name; an unknown one is 404; with keys only the master key opens them."""
    host = make_host("bindings", "--enable-auth", **place(storage))
    master = {"x-functions-key": json.loads((host.state / "keys.json").read_text())["master"]}
    assert host.request("GET", "/admin/host/status", headers={"x-functions-key": host.key or ""})[0] == 401
    assert json.loads(host.request("GET", "/admin/host/status", headers=master)[1])["state"] == "Running"
    listed = json.loads(host.request("GET", "/admin/functions", headers=master)[1])
    assert [each["name"] for each in listed] == ["put", "take", "flaky", "sleep"]
    shown = json.loads(host.request("GET", "/admin/functions/TAKE", headers=master)[1])
    assert {each["type"] for each in shown["config"]["bindings"]} == {"queueTrigger", "blob"}
    assert host.request("GET", "/admin/functions/nothing", headers=master)[0] == 404
    assert host.request("POST", "/admin/functions/take", {"input": "by hand"}, master)[0] == 202
