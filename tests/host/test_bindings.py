"""Queue triggers, storage inputs and outputs, retry policies, timeouts, CORS and admin endpoints."""

import json
import uuid

from azure.storage.queue import QueueClient

from tests.host.running_host import MakeHost, wait_for


def settings_for(storage: str) -> dict[str, str]:
    """App settings with a container and queue for one test."""
    return {"AzureWebJobsStorage": storage, "PLACE": f"p-{uuid.uuid4().hex}"}


def test_outputs_reach_storage_and_queues_start_functions(make_host: MakeHost, storage: str) -> None:
    """A function writes a blob and two messages; each message starts a function, which reads the blob that it names."""
    settings = settings_for(storage)
    host = make_host("bindings", **settings)
    assert host.request("POST", "/put/one")[:2] == (200, b"put")
    wait_for(lambda: bool(host.notes_of("took")))
    assert host.notes_of("took") == [['{"name": "one"}', 1, "hello"]]


def test_a_poison_message_goes_to_the_poison_queue(make_host: MakeHost, storage: str) -> None:
    """A message that fails as often as host.json allows moves from its queue to the poison queue."""
    settings = settings_for(storage)
    host = make_host("bindings", **settings)
    host.request("POST", "/put/one")
    wait_for(lambda: "goes to the poison queue" in host.log.read_text(), 60)
    with QueueClient.from_connection_string(storage, f"{settings['PLACE']}-poison") as poison:
        assert [message.content for message in poison.peek_messages()] == ["YmFk"]
    with QueueClient.from_connection_string(storage, settings["PLACE"]) as queue:
        assert queue.get_queue_properties().approximate_message_count == 0


def test_a_retry_policy_repeats_a_timer_function(make_host: MakeHost, storage: str) -> None:
    """A failing timer function runs three times and sees the number of its run."""
    host = make_host("bindings", **settings_for(storage))
    assert host.request("POST", "/admin/functions/flaky", {"input": ""})[0] == 202
    wait_for(lambda: len(host.notes_of("tried")) == 3)
    assert host.notes_of("tried") == [[0, False], [1, False], [2, False]]


def test_functions_time_out(make_host: MakeHost, storage: str) -> None:
    """A function that exceeds functionTimeout fails; a shorter one succeeds."""
    host = make_host("bindings", "--no-recycle", **settings_for(storage))
    assert host.request("GET", "/sleep?seconds=0.1")[:2] == (200, b"rested")
    assert host.request("GET", "/sleep?seconds=4")[0] == 500
    assert "Timeout value of 0:00:02 exceeded by function 'Functions.sleep'" in host.log.read_text()
    assert host.request("GET", "/sleep?seconds=0.1")[:2] == (200, b"rested")
    assert "Restarting worker process" not in host.log.read_text()


def test_cors_allows_the_configured_origins(make_host: MakeHost, storage: str) -> None:
    """A configured origin is allowed, also in a preflight request; another origin is not."""
    host = make_host("bindings", **settings_for(storage))
    asked = {"Access-Control-Request-Method": "GET", "Access-Control-Request-Headers": "x-functions-key"}
    status, _, headers = host.request("OPTIONS", "/sleep", headers={"Origin": "https://pages.example", **asked})
    assert status == 204
    assert headers["access-control-allow-origin"] == "https://pages.example"
    assert headers["access-control-allow-headers"] == "x-functions-key"
    _, _, headers = host.request("GET", "/sleep?seconds=0", headers={"Origin": "https://pages.example"})
    assert headers["access-control-allow-credentials"] == "true"
    _, _, headers = host.request("GET", "/sleep?seconds=0", headers={"Origin": "https://other.example"})
    assert "access-control-allow-origin" not in headers


def test_admin_endpoints_list_and_run(make_host: MakeHost, storage: str) -> None:
    """Admin endpoints list and run functions; an unknown function is 404; only the master key opens them."""
    host = make_host("bindings", "--enable-auth", **settings_for(storage))
    master = {"x-functions-key": json.loads((host.state / "keys.json").read_text())["master"]}
    assert host.request("GET", "/admin/host/status", headers={"x-functions-key": host.key or ""})[0] == 401
    assert json.loads(host.request("GET", "/admin/host/status", headers=master)[1])["state"] == "Running"
    listed = json.loads(host.request("GET", "/admin/functions", headers=master)[1])
    assert [each["name"] for each in listed] == ["put", "take", "flaky", "sleep"]
    shown = json.loads(host.request("GET", "/admin/functions/TAKE", headers=master)[1])
    assert {each["type"] for each in shown["config"]["bindings"]} == {"queueTrigger", "blob"}
    assert host.request("GET", "/admin/functions/nothing", headers=master)[0] == 404
    assert host.request("POST", "/admin/functions/take", {"input": "by hand"}, master)[0] == 202
