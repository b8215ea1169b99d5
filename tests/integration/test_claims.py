"""Claims of landed files: one run per version, and a start that may be repeated."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from azure.storage.blob import BlobProperties

from landfall.claims import RunNotStartedError, claim_event, claim_file, claim_landed, start_run
from landfall.config.plan import Plan
from landfall.ids import import_run_id
from landfall.records import Run, State, utc_now
from landfall.services import Services
from landfall.storage.account import LANDING
from tests.integration.conftest import Drop
from tests.integration.durable_client import FakeClient
from web.imports import take_up


def started(run: Run, error: Exception | None = None) -> list[tuple[str, str, Any]]:
    """The orchestrations that are started for a run, by a durable client that may raise an error."""
    calls: list[tuple[str, str, Any]] = []

    async def start(orchestrator: str, instance: str, data: Any) -> str:
        calls.append((orchestrator, instance, data))
        if error:
            raise error
        return instance

    asyncio.run(start_run(run, start))
    return calls


def test_twenty_events_of_one_file_are_one_run(services: Services, drop: Drop, name: str) -> None:
    """However often storage sends the event, the version has one row, and every caller gets that run."""
    run = drop()
    blob = services.account.blob(f"{LANDING}/{name}")
    with ThreadPoolExecutor(20) as pool:
        runs = list(pool.map(lambda _: claim_file(services, blob), range(20)))
    assert {each.run_id for each in runs if each} == {run.run_id}
    assert run.source
    assert run.run_id == import_run_id(LANDING, name, run.source.etag)
    assert run.times["Landed"] == blob.get_blob_properties().last_modified


@pytest.mark.parametrize(
    ("metadata", "repairs"), [("imp-0123", "imp-0123"), ("a/b", None), ("x" * 300, None), (None, None)]
)
def test_a_file_may_say_which_run_it_repairs(
    services: Services, name: str, metadata: str | None, repairs: str | None
) -> None:
    """Its metadata says so; a value that cannot be a run id is ignored."""
    blob = services.account.blob(f"{LANDING}/{name}")
    blob.upload_blob(b"corrected", metadata={"repairs": metadata} if metadata else {})
    run = claim_file(services, blob)
    assert run
    assert run.repairs == repairs


@pytest.mark.parametrize("key", ["hdi_isfolder", "Hdi_isfolder"])
def test_a_folder_is_no_file(services: Services, name: str, key: str) -> None:
    """An empty blob that stands for a folder is neither imported nor archived."""
    blob = services.account.blob(f"{LANDING}/{name}")
    blob.upload_blob(b"", metadata={key: "true"})
    assert claim_file(services, blob) is None


def land_empty(services: Services, name: str) -> list[str]:
    """Put an empty file into landing; when it is taken up: at its event, and after the sweeper's patience."""
    blob = services.account.blob(f"{LANDING}/{name}")
    blob.upload_blob(b"", overwrite=True)
    later = replace(services, now=lambda: utc_now() + timedelta(minutes=3))
    client = FakeClient()
    counts = [asyncio.run(claim_landed(each, blob, client.start_new)) for each in (services, later)]
    return [when for when, started in zip(("now", "later"), counts, strict=True) if started]


def test_a_placeholder_is_left_alone_for_a_while(services: Services, name: str) -> None:
    """Many tools create an empty blob before they write the file; one that stays empty gets a run that refuses it."""
    assert land_empty(services, name) == ["later"]


def test_a_person_may_import_an_empty_file_at_once(services: Services, name: str) -> None:
    """Whoever asks for it wants to know what is wrong with it."""
    services.account.blob(f"{LANDING}/{name}").upload_blob(b"")
    assert take_up(services, name, "Ada").state == State.CLAIMED


def test_an_empty_marker_is_no_placeholder(services: Services) -> None:
    """It says that all parts are there, and needs no content for that."""
    parts = [{"file": "groups.csv", "entity": "Customer groups", "format": "CSV"}]
    route = {"name": "batch", "path": "batches/{company}/{batch}/_READY", "data_project": "Batch", "parts": parts}
    batches = replace(services, plan=Plan.model_validate({"imports": [route]}))
    assert land_empty(batches, f"batches/USMF/{uuid4().hex}/_READY")[0] == "now"


def test_another_version_is_another_run(services: Services, drop: Drop) -> None:
    """New content under the same name is another run, and so is the same content dropped again."""
    assert services.plan
    assert len({drop(content).run_id for content in (b"one", b"two", b"two")}) == 3


def test_a_file_that_is_gone_gets_no_run(services: Services, name: str) -> None:
    """It was imported already, or somebody deleted it."""
    assert claim_file(services, services.account.blob(f"{LANDING}/{name}")) is None


@dataclass
class Copying:
    """A blob that storage fills by an asynchronous copy."""

    copied: str
    container_name: str = LANDING
    blob_name: str = "packages/USMF/copied.zip"

    def get_blob_properties(self) -> BlobProperties:
        """As the SDK's client does."""
        about = {"ETag": '"0x1"', "Content-Length": 9, "Last-Modified": utc_now(), "x-ms-copy-status": self.copied}
        return BlobProperties(**about)


def test_a_file_that_is_still_copied_gets_no_run(services: Services) -> None:
    """Storage tells of it when its copy begins; the sweeper finds it when its content is there."""
    begun, done = Copying("pending"), Copying("success")
    assert claim_file(services, begun) is None  # type: ignore[arg-type]
    assert claim_file(services, done) is not None  # type: ignore[arg-type]


def test_a_claimed_run_is_started_under_its_own_id(drop: Drop) -> None:
    """The orchestrator gets plain JSON, and the instance id contains the attempt."""
    run = drop()
    step = {"run_id": run.run_id, "attempt": 1}
    assert started(run) == [("import_file", run.run_id, step)]
    assert started(replace(run, attempt=2)) == [("import_file", f"{run.run_id}.2", {**step, "attempt": 2})]
    export = replace(run, kind="export", times={"Slot": datetime(2026, 1, 1, tzinfo=UTC)})
    assert started(export)[0][0] == "export_project"


@pytest.mark.parametrize("state", [state for state in State if state != State.CLAIMED])
def test_a_run_past_its_claim_is_not_started(drop: Drop, state: State) -> None:
    """Durable would start a finished instance anew; the ledger prevents that."""
    assert started(replace(drop(), state=state)) == []


def test_a_run_that_runs_already_is_left_alone(drop: Drop) -> None:
    """When two deliveries of an event meet, Durable refuses the second start, and that is no error."""
    assert started(drop(), Exception("An Orchestration instance with this ID already exists."))


def test_a_failed_start_is_an_error_without_secrets(drop: Drop) -> None:
    """The event is delivered again, and the error does not contain the host's key."""
    error = Exception("POST http://localhost/runtime/webhooks?code=s3cr3tkey failed")
    with pytest.raises(RunNotStartedError, match="claimed but not started") as raised:
        started(drop(), error)
    assert "s3cr3tkey" not in str(raised.value)


def test_a_refusal_without_a_reason_is_told_in_words(drop: Drop) -> None:
    """Durable's newer answers lack what its SDK reads, whose error would be a word in quotes."""
    with pytest.raises(RunNotStartedError, match="Durable refused to start import_file as imp-"):
        started(drop(), KeyError("ExceptionMessage"))


@dataclass
class Named:
    """A blob's client as the trigger binds it, of which only the names may be used."""

    container_name: str
    blob_name: str


def test_an_event_is_claimed_by_its_names(services: Services, name: str) -> None:
    """The client that the trigger binds asks nothing of storage: each would fetch a token of its own."""
    services.account.blob(f"{LANDING}/{name}").upload_blob(b"content")
    calls: list[str] = []

    async def start(_: str, instance: str, __: Any) -> str:
        calls.append(instance)
        return instance

    assert asyncio.run(claim_event(services, Named(LANDING, name), start))  # type: ignore[arg-type]
    assert len(calls) == 1
