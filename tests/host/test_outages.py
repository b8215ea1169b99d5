"""Storage that is unavailable, refuses requests or loses a blob."""

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
    """Storage that a test may stop and start again with the same ports and data."""
    with run_azurite(tmp_path) as azurite:
        yield azurite


def put(connection: str, container: str, **blobs: bytes) -> None:
    """Create a container and upload blobs; an underscore in a keyword becomes a dot."""
    with BlobServiceClient.from_connection_string(connection) as service:
        client = service.get_container_client(container)
        if not client.exists():
            client.create_container()
        for name, content in blobs.items():
            client.upload_blob(name.replace("_", "."), content)


def start_host(make_host: MakeHost, connection: str, wait: float = 0.05) -> RunningHost:
    """Start a host whose triggers poll the container `inbox`."""
    return make_host(
        "triggers",
        DataStorage=connection,
        AzureWebJobsStorage=connection,
        INBOX="inbox",
        EVERY=NEVER,
        LOCAL_HOST_POLL_SECONDS=str(wait),
    )


def kinds(host: RunningHost) -> list[str]:
    """The first element of each note of the app, in order."""
    return [json.loads(line)[0] for line in host.lines()]


def receipts(host: RunningHost) -> list[tuple[str, str, int]]:
    """The blob, status and tries of every receipt."""
    return host.rows("SELECT blob, status, tries FROM blob_receipts ORDER BY blob")  # type: ignore[return-value]


def test_a_host_waits_for_unavailable_storage(make_host: MakeHost, azurite: Azurite) -> None:
    """An outage is logged once per trigger, and blobs run after it without a counted try."""
    host = start_host(make_host, azurite.connection_string)
    put(azurite.connection_string, "inbox", first_big=b"1")
    wait_for(lambda: kinds(host) == ["reference"])
    azurite.part.stop()
    wait_for(lambda: host.log.read_text().count("Cannot list container") == 4, 60)
    azurite.part.start()
    azurite.wait()
    put(azurite.connection_string, "inbox", second_big=b"22")
    wait_for(lambda: kinds(host) == ["reference", "reference"], 60)
    wait_for(lambda: receipts(host) == [("first.big", "done", 0), ("second.big", "done", 0)])
    assert host.log.read_text().count("Cannot list container") == 4, "one line per trigger"


def test_a_deleted_blob_is_not_a_failure(make_host: MakeHost, azurite: Azurite) -> None:
    """A blob that is deleted between the poll and its run gets the receipt `gone`, and its function does not run."""
    put(azurite.connection_string, "inbox", x_slow=b"30")
    host = start_host(make_host, azurite.connection_string)
    wait_for(lambda: kinds(host) == ["started"])
    host.part.kill()
    with BlobServiceClient.from_connection_string(azurite.connection_string) as service:
        service.get_blob_client("inbox", "x.slow").delete_blob()
    host.start()
    wait_for(lambda: receipts(host) == [("x.slow", "gone", 0)])
    assert kinds(host) == ["started"]


def test_a_missing_container_is_not_an_error(make_host: MakeHost, azurite: Azurite) -> None:
    """The host polls a missing container without a log line until it exists."""
    host = start_host(make_host, azurite.connection_string)
    put(azurite.connection_string, "inbox", x_big=b"1")
    wait_for(lambda: kinds(host) == ["reference"])
    assert "Cannot list container" not in host.log.read_text()


def test_refused_access_is_logged(make_host: MakeHost, azurite: Azurite) -> None:
    """The log names a container that refuses the host's key; the blob runs after a start with the right key."""
    put(azurite.connection_string, "inbox", x_big=b"1")
    wrong = azurite.connection_string.replace("AccountKey=E", "AccountKey=F")
    host = start_host(make_host, wrong)
    wait_for(lambda: "Cannot list container 'inbox': AuthorizationFailure" in host.log.read_text())
    assert kinds(host) == []
    host.part.stop()
    host = start_host(make_host, azurite.connection_string)
    wait_for(lambda: kinds(host) == ["reference"])


def test_storage_that_is_away_uses_up_the_five_tries(make_host: MakeHost, azurite: Azurite) -> None:
    """As on Azure, the tries follow each other at once; the poison queue gets the blob when storage is back."""
    put(azurite.connection_string, "inbox", x_slow=b"3")
    host = start_host(make_host, azurite.connection_string)
    wait_for(lambda: kinds(host) == ["started"])
    host.part.kill()
    azurite.part.stop()
    host.start()
    wait_for(lambda: host.log.read_text().count("Cannot read blob 'inbox/x.slow'") == 5, 60)
    azurite.part.start()
    azurite.wait()
    wait_for(lambda: receipts(host) == [("x.slow", "poison", 5)], 60)
    assert kinds(host) == ["started"]
