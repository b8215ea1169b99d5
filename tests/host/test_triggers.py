"""HTTP, blob and timer triggers of a real host process with real storage."""

import base64
import json
import uuid
from collections.abc import Iterator

import pytest
from azure.storage.blob import ContainerClient
from azure.storage.queue import QueueClient

from tests.host.running_host import MakeHost, wait_for

NEVER = "0 0 0 1 1 *"


@pytest.fixture
def container(storage: str) -> Iterator[ContainerClient]:
    """A container for one test."""
    with ContainerClient.from_connection_string(storage, f"inbox-{uuid.uuid4().hex}") as made:
        made.create_container()
        yield made


def settings(storage: str, container: ContainerClient | None = None, every: str = NEVER) -> dict[str, str]:
    """The app's settings."""
    name = container.container_name if container else f"inbox-{uuid.uuid4().hex}"
    return {"DataStorage": storage, "AzureWebJobsStorage": storage, "INBOX": name, "EVERY": every}


def test_each_version_of_a_blob_runs_once(make_host: MakeHost, storage: str, container: ContainerClient) -> None:
    """Each version of a blob runs once, also across a restart; a blob that matches no path does not run."""
    container.upload_blob("usmf/sub/a.txt", b"one")
    container.upload_blob("loose.txt", b"no company")
    host = make_host("triggers", **settings(storage, container))
    wait_for(lambda: len(host.notes_of("content")) == 1)
    host.part.stop()
    host.start()
    container.upload_blob("usmf/sub/a.txt", b"second", overwrite=True)
    wait_for(lambda: len(host.notes_of("content")) == 2)
    name = f"{container.container_name}/usmf/sub/a.txt"
    assert host.notes_of("content") == [[name, "one", 3], [name, "second", 6]]


def test_sdk_types_get_a_reference(make_host: MakeHost, storage: str, container: ContainerClient) -> None:
    """A BlobClient parameter refers to the blob without loading it, also with source EventGrid."""
    host = make_host("triggers", **settings(storage, container))
    container.upload_blob("x.big", b"12345")
    wait_for(lambda: bool(host.notes_of("reference")))
    assert host.notes_of("reference") == [[container.container_name, "x.big", 5]]


def test_a_poison_blob_goes_to_the_poison_queue(make_host: MakeHost, storage: str, container: ContainerClient) -> None:
    """After five failed runs a message in the poison queue names the blob."""
    host = make_host("triggers", **settings(storage, container))
    container.upload_blob("x.bad", b"12345")
    wait_for(lambda: "goes to the poison queue" in host.log.read_text())
    with QueueClient.from_connection_string(storage, "webjobs-blobtrigger-poison") as poison:
        assert any(
            container.container_name in base64.b64decode(message.content).decode()
            for message in poison.peek_messages(32)
        )
    assert len(host.notes_of("failing")) == 5


def test_an_unfinished_blob_runs_again(make_host: MakeHost, storage: str, container: ContainerClient) -> None:
    """A blob whose function was killed runs again after the restart."""
    host = make_host("triggers", **settings(storage, container))
    container.upload_blob("x.slow", b"1")
    wait_for(lambda: len(host.notes_of("started")) == 1)
    host.part.kill()
    host.start()
    wait_for(lambda: len(host.notes_of("ended")) == 1)
    assert len(host.notes_of("started")) == 2


def test_a_timer_follows_its_schedule(make_host: MakeHost, storage: str) -> None:
    """A timer runs every second by its schedule, and not past due."""
    host = make_host("triggers", **settings(storage, every="*/1 * * * * *"))
    wait_for(lambda: len(host.notes_of("tick")) >= 2)
    assert host.notes_of("tick")[:2] == [[False], [False]]


def test_routes_bind_parameters(make_host: MakeHost, storage: str) -> None:
    """A function gets its route parameters and query values; a request that fits no route is 404."""
    host = make_host("triggers", **settings(storage))
    status, body, _ = host.request("PATCH", "/api/open/7?a=1&empty=")
    assert (status, json.loads(body)) == (201, ["PATCH", {"number": "7"}, {"a": "1"}])
    assert host.request("GET", "/api/open/seven")[0] == 404
    assert host.request("GET", "/api/rest/a/b")[1] == b"a/b"


def test_keys_open_only_their_routes(make_host: MakeHost, storage: str) -> None:
    """With --enable-auth a function key opens FUNCTION routes, but no ADMIN routes; no key is 401."""
    host = make_host("triggers", "--enable-auth", **settings(storage))
    assert host.key is not None
    assert host.request("GET", "/api/open/1")[0] == 201
    assert host.request("GET", "/api/guarded")[0] == 401
    assert host.request("GET", "/api/guarded", headers={"x-functions-key": "wrong"})[0] == 401
    assert host.request("GET", "/api/guarded", headers={"x-functions-key": host.key})[0] == 200
    assert host.request("GET", f"/api/guarded?code={host.key}")[0] == 200
    assert host.request("GET", f"/api/keepers?code={host.key}")[0] == 401
    assert host.request("GET", "/runtime/webhooks/durabletask/instances")[0] == 401


def test_exceptions_are_logged_without_secrets(make_host: MakeHost, storage: str) -> None:
    """A function that raises is 500 with an empty body, and its traceback is logged with URLs without their queries."""
    host = make_host("triggers", **settings(storage))
    assert host.request("GET", "/api/broken")[:2] == (500, b"")
    log = host.log.read_text()
    assert "ValueError: GET https://account/container/blob?…" in log
    assert "sig=" not in log
