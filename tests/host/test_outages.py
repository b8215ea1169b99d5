"""Storage that goes away, refuses, or loses a blob while it is wanted: no failure of the function, and no try of its."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from azure.storage.blob import BlobServiceClient

from local.azurite.server import Azurite, run_azurite
from tests.host.running_host import MakeHost, RunningHost, wait_for

NEVER = "0 0 0 1 1 *"


@pytest.fixture
def azurite(tmp_path: Path) -> Iterator[Azurite]:
    """Storage that a test may stop and start again, on the same ports and data."""
    with run_azurite(tmp_path) as azurite:
        yield azurite


def put(connection: str, container: str, **blobs: bytes) -> None:
    """Make a container and upload blobs, named with a dot for each underscore."""
    with BlobServiceClient.from_connection_string(connection) as service:
        client = service.get_container_client(container)
        if not client.exists():
            client.create_container()
        for name, content in blobs.items():
            client.upload_blob(name.replace("_", "."), content)


def watching(make_host: MakeHost, connection: str, wait: float = 0.05) -> RunningHost:
    """A host whose triggers watch the container `inbox`."""
    return make_host(
        "triggers",
        DataStorage=connection,
        AzureWebJobsStorage=connection,
        INBOX="inbox",
        EVERY=NEVER,
        LOCAL_HOST_POLL_SECONDS=str(wait),
    )


def kinds(host: RunningHost) -> list[str]:
    """What the app noted, in order."""
    return [json.loads(line)[0] for line in host.lines()]


def receipts(host: RunningHost) -> list[tuple[str, str, int]]:
    """Blob, status and tries of every receipt."""
    return host.rows("SELECT blob, status, tries FROM blob_receipts ORDER BY blob")  # type: ignore[return-value]


def test_storage_may_go_away_and_come_back(make_host: MakeHost, azurite: Azurite) -> None:
    """Said once per outage, not once per look; what landed before runs after, without a try lost."""
    host = watching(make_host, azurite.connection_string)
    put(azurite.connection_string, "inbox", first_big=b"1")
    wait_for(lambda: kinds(host) == ["reference"])
    azurite.part.stop()
    wait_for(lambda: host.log.read_text().count("cannot be listed") == 4, 60)
    azurite.part.start()
    azurite.wait()
    put(azurite.connection_string, "inbox", second_big=b"22")
    wait_for(lambda: kinds(host) == ["reference", "reference"], 60)
    wait_for(lambda: receipts(host) == [("first.big", "done", 0), ("second.big", "done", 0)])
    assert host.log.read_text().count("cannot be listed") == 4, "one line for each of the app's four triggers"


def test_a_blob_that_goes_before_its_turn_is_no_failure(make_host: MakeHost, azurite: Azurite) -> None:
    """A version that was seen, and is deleted before a host comes to it, is written off without running the function."""
    put(azurite.connection_string, "inbox", x_slow=b"30")
    host = watching(make_host, azurite.connection_string)
    wait_for(lambda: kinds(host) == ["begun"])
    host.part.kill()
    with BlobServiceClient.from_connection_string(azurite.connection_string) as service:
        service.get_blob_client("inbox", "x.slow").delete_blob()
    host.start()
    wait_for(lambda: receipts(host) == [("x.slow", "gone", 0)])
    assert kinds(host) == ["begun"]


def test_a_container_may_come_later(make_host: MakeHost, azurite: Azurite) -> None:
    """A container that is not there is waited for in silence."""
    host = watching(make_host, azurite.connection_string)
    put(azurite.connection_string, "inbox", x_big=b"1")
    wait_for(lambda: kinds(host) == ["reference"])
    assert "cannot be listed" not in host.log.read_text()


def test_refused_access_is_waited_out(make_host: MakeHost, azurite: Azurite) -> None:
    """Storage that refuses the host's key is named in the log; the next start with the right one runs the blob."""
    put(azurite.connection_string, "inbox", x_big=b"1")
    wrong = azurite.connection_string.replace("AccountKey=E", "AccountKey=F")
    host = watching(make_host, wrong)
    wait_for(lambda: "Container 'inbox' cannot be listed: AuthorizationFailure" in host.log.read_text())
    assert kinds(host) == []
    host.part.stop()
    host = watching(make_host, azurite.connection_string)
    wait_for(lambda: kinds(host) == ["reference"])
