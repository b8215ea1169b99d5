"""What the blob trigger has given up is claimed again, and only what can never be claimed becomes a Failed run."""

import asyncio
import json
from dataclasses import dataclass, replace
from typing import Any

import pytest
from azure.core.exceptions import HttpResponseError, ServiceRequestError

from activities.poison import bury
from landfall.claims import RunNotStartedError
from landfall.ids import import_run_id
from landfall.ledger.ledger import Ledger, RunNotFoundError
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


def given_up(services: Services, text: str, *living: str, client: FakeClient | None = None) -> Run | None:
    """Handle one message."""
    return asyncio.run(bury(services, text, client or FakeClient(living=set(living))))  # type: ignore[arg-type]


@dataclass
class RefusingLedger:
    """The ledger's table, which refuses every claim at first."""

    table: Ledger
    error: Exception

    def claim_or_get(self, run: Run) -> Run:  # noqa: ARG002 - as the ledger
        """Fail."""
        raise self.error

    def __getattr__(self, name: str) -> Any:
        """As the ledger."""
        return getattr(self.table, name)


def test_a_file_whose_event_was_given_up_gets_its_run(services: Services, name: str) -> None:
    """Storage was away while the trigger tried: now it is there, and the file is imported."""
    etag = services.account.blob(f"{LANDING}/{name}").upload_blob(b"content")["etag"]
    client = FakeClient()
    assert given_up(services, message(name, etag), client=client) is None
    run_id = import_run_id(LANDING, name, str(etag))
    assert [(each[0], each[1]) for each in client.started] == [("import_file", run_id)]
    assert services.ledger.get(run_id).outcome is None


@pytest.mark.parametrize("error", [ServiceRequestError("away"), HttpResponseError("busy"), RunNotStartedError("no")])
def test_what_is_no_fault_of_the_file_waits_for_the_sweeper(services: Services, name: str, error: Exception) -> None:
    """Storage is still away: the file stays in landing without a row, where the sweeper finds it."""
    etag = services.account.blob(f"{LANDING}/{name}").upload_blob(b"content")["etag"]
    away = replace(services, ledger=RefusingLedger(services.ledger, error))  # type: ignore[arg-type]
    assert given_up(away, message(name, etag)) is None
    with pytest.raises(RunNotFoundError):
        services.ledger.get(import_run_id(LANDING, name, str(etag)))
    assert services.account.blob(f"{LANDING}/{name}").exists()


def test_a_file_that_cannot_be_claimed_is_a_failed_run(services: Services, name: str) -> None:
    """It has a row with the reason, can be run again, and its file lies in the archive."""
    etag = services.account.blob(f"{LANDING}/{name}").upload_blob(b"content")["etag"]
    odd = replace(services, ledger=RefusingLedger(services.ledger, LookupError("such a name")))  # type: ignore[arg-type]
    run = given_up(odd, message(name, etag))
    assert run
    assert (run.state, run.outcome) == (State.DONE, Outcome.FAILED)
    assert "failed five times, and again now: LookupError: such a name" in str(run.reason)
    assert run.files["archive"].startswith("archive/Failed/")
    assert services.account.blob(run.files["archive"]).download_blob().readall() == b"content"


def test_a_claim_without_a_start_is_started(services: Services, drop: Drop, name: str) -> None:
    """The usual case: the row was written, the orchestration could not be started."""
    run = drop()
    assert run.source
    client = FakeClient()
    assert given_up(services, message(name, run.source.etag), client=client) is None
    assert [each[1] for each in client.started] == [run.run_id]


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
