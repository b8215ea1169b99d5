"""HTTP, blob and timer triggers of a real host process on real storage."""

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
    """A container of the test's own."""
    with ContainerClient.from_connection_string(storage, f"inbox-{uuid.uuid4().hex}") as made:
        made.create_container()
        yield made


def settings(storage: str, container: ContainerClient | None = None, every: str = NEVER) -> dict[str, str]:
    """The app's settings."""
    name = container.container_name if container else f"inbox-{uuid.uuid4().hex}"
    return {"DataStorage": storage, "AzureWebJobsStorage": storage, "INBOX": name, "EVERY": every}


def test_each_version_of_a_blob_runs_once(
    make_host: MakeHost, storage: str, container: ContainerClient
) -> None:
    """A blob runs once, also over a restart; its next version runs again; one that matches no path does not."""
    container.upload_blob("usmf/sub/a.txt", b"one")
    container.upload_blob("loose.txt", b"no company")
    host = make_host("triggers", **settings(storage, container))
    wait_for(lambda: len(host.noted("content")) == 1)
    host.part.stop()
    host.start()
    container.upload_blob("usmf/sub/a.txt", b"second", overwrite=True)
    wait_for(lambda: len(host.noted("content")) == 2)
    name = f"{container.container_name}/usmf/sub/a.txt"
    assert host.noted("content") == [[name, "one", 3], [name, "second", 6]]


def test_sdk_types_get_a_reference(make_host: MakeHost, storage: str, container: ContainerClient) -> None:
    """A BlobClient parameter, also with source EventGrid, points at the blob; no content is loaded."""
    host = make_host("triggers", **settings(storage, container))
    container.upload_blob("x.big", b"12345")
    wait_for(lambda: bool(host.noted("reference")))
    assert host.noted("reference") == [[container.container_name, "x.big", 5]]


def test_a_poisonous_blob_is_put_aside(make_host: MakeHost, storage: str, container: ContainerClient) -> None:
    """A blob whose function fails is tried five times; then a message names it in the poison queue."""
    host = make_host("triggers", **settings(storage, container))
    container.upload_blob("x.bad", b"12345")
    wait_for(lambda: "it is put aside" in host.log.read_text())
    with QueueClient.from_connection_string(storage, "webjobs-blobtrigger-poison") as poison:
        assert any(
            container.container_name in base64.b64decode(message.content).decode()
            for message in poison.peek_messages(32)
        )
    assert len(host.noted("failing")) == 5


def test_an_unfinished_blob_is_delivered_again(
    make_host: MakeHost, storage: str, container: ContainerClient
) -> None:
    """A blob whose function was killed in the middle runs again after the restart."""
    host = make_host("triggers", **settings(storage, container))
    container.upload_blob("x.slow", b"1")
    wait_for(lambda: len(host.noted("begun")) == 1)
    host.part.kill()
    host.start()
    wait_for(lambda: len(host.noted("ended")) == 1)
    assert len(host.noted("begun")) == 2


def test_timers_tick_and_catch_up(make_host: MakeHost, storage: str) -> None:
    """A timer runs by its schedule; occurrences missed while the host was down are made up for by one run, past due."""
    host = make_host("triggers", **settings(storage, every="*/1 * * * * *"))
    wait_for(lambda: len(host.noted("tick")) >= 2)
    assert host.noted("tick")[:2] == [[False], [False]]


def test_routes_bind_parameters(make_host: MakeHost, storage: str) -> None:
    """Constraints, the rest of a path and query values reach the function; what fits no route is 404 or 405."""
    host = make_host("triggers", **settings(storage))
    status, body, _ = host.request("PATCH", "/api/open/7?a=1&empty=")
    assert (status, json.loads(body)) == (201, ["PATCH", {"number": "7"}, {"a": "1"}])
    assert host.request("GET", "/api/open/seven")[0] == 404
    assert host.request("GET", "/api/rest/a/b")[1] == b"a/b"
    assert host.request("POST", "/api/guarded")[0] == 405


def test_keys_open_only_their_doors(make_host: MakeHost, storage: str) -> None:
    """With --enable-auth a function key opens FUNCTION routes by header or query, not ADMIN ones; without a key it is 401."""
    host = make_host("triggers", "--enable-auth", **settings(storage))
    assert host.key is not None
    assert host.request("GET", "/api/open/1")[0] == 201
    assert host.request("GET", "/api/guarded")[0] == 401
    assert host.request("GET", "/api/guarded", headers={"x-functions-key": "wrong"})[0] == 401
    assert host.request("GET", "/api/guarded", headers={"x-functions-key": host.key})[0] == 200
    assert host.request("GET", f"/api/guarded?code={host.key}")[0] == 200
    assert host.request("GET", f"/api/admins?code={host.key}")[0] == 401
    assert host.request("GET", "/runtime/webhooks/durabletask/instances")[0] == 401


def test_exceptions_are_logged_without_secrets(make_host: MakeHost, storage: str) -> None:
    """A function that raises answers 500 with an empty body; its trace is on stderr, URLs in it without their query."""
    host = make_host("triggers", **settings(storage))
    assert host.request("GET", "/api/broken")[:2] == (500, b"")
    log = host.log.read_text()
    assert "ValueError: GET https://account/container/blob?…" in log
    assert "sig=" not in log
