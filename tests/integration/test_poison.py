"""What the blob trigger has given up becomes a Failed run, and nothing else does."""

import asyncio
import json

import pytest

from activities.poison import bury
from landfall.records import Outcome, Run, State
from landfall.services import Services
from landfall.storage.account import LANDING
from tests.integration.conftest import Drop
from tests.integration.durable_client import FakeClient


def message(name: str, etag: str, container: str = LANDING) -> str:
    """As the Functions host writes it (functions-bindings-storage-blob-trigger, poison blobs)."""
    return json.dumps(
        {
            "Type": "BlobTrigger",
            "FunctionId": "Host.Functions.file_landed",
            "BlobType": "BlockBlob",
            "ContainerName": container,
            "BlobName": name,
            "ETag": etag,
        }
    )


def given_up(services: Services, text: str, *living: str) -> Run | None:
    """Handle one message."""
    return asyncio.run(bury(services, text, FakeClient(living=set(living))))


def test_a_file_that_was_given_up_is_a_failed_run(services: Services, name: str) -> None:
    """It has a row with the reason, can be run again, and its file lies in the archive."""
    etag = services.account.blob(f"{LANDING}/{name}").upload_blob(b"content")["etag"]
    run = given_up(services, message(name, etag))
    assert run
    assert (run.state, run.outcome) == (State.DONE, Outcome.FAILED)
    assert "failed five times" in str(run.reason)
    assert run.files["archive"].startswith("archive/Failed/")
    assert services.account.blob(run.files["archive"]).download_blob().readall() == b"content"


def test_a_claim_without_a_start_is_ended(services: Services, drop: Drop, name: str) -> None:
    """The usual case: the row was written, the orchestration could not be started."""
    run = drop()
    assert run.source
    ended = given_up(services, message(name, run.source.etag))
    assert ended
    assert (ended.run_id, ended.outcome) == (run.run_id, Outcome.FAILED)


def test_a_run_that_lives_or_is_over_is_let_alone(services: Services, drop: Drop, name: str) -> None:
    """A late message about a file that was started after all changes nothing."""
    run = drop()
    assert run.source
    text = message(name, run.source.etag)
    assert given_up(services, text, run.run_id) is None
    services.ledger.move(run.run_id, 1, State.RUNNING)
    assert given_up(services, text) is None
    assert services.ledger.get(run.run_id).outcome is None


def test_a_file_that_is_gone_has_a_row_all_the_same(services: Services, name: str) -> None:
    """Nothing that landed is forgotten."""
    run = given_up(services, message(name, '"0x1"'))
    assert run
    assert (run.outcome, "archive" in run.files) == (Outcome.FAILED, False)


def test_another_container_is_none_of_ours(services: Services, name: str) -> None:
    """The queue belongs to the whole storage account."""
    assert given_up(services, message(name, "0x1", "elsewhere")) is None


@pytest.mark.parametrize("text", ["no json", "[]", "{}"])
def test_what_is_no_such_message_is_an_error(services: Services, text: str) -> None:
    """The queue keeps it for a person."""
    with pytest.raises(ValueError, match=r"not a blob trigger's message|Expecting"):
        given_up(services, text)
