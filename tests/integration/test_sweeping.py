"""What lost events, dead hosts and terminated orchestrations leave lying is taken up."""

import asyncio
import json
import logging
from dataclasses import replace
from datetime import timedelta
from uuid import uuid4

import pytest

from activities.archiving import Ending, end_run
from activities.sweeping import MAX_RESTARTS, sweep
from landfall.config.plan import Plan
from landfall.gate_queue import Queue
from landfall.ids import import_run_id
from landfall.ledger.ledger import Ledger
from landfall.records import Finding, Outcome, Run, State, to_json, utc_now
from landfall.services import Services
from landfall.storage.account import LANDING
from landfall.telemetry import Sweep
from tests.integration.durable_client import FakeClient


@pytest.fixture
def swept(services: Services) -> Services:
    """The services with a ledger and landing of their own and no patience."""
    blobs = services.account.blobs.get_container_client(LANDING)
    for blob in blobs.list_blob_names():
        blobs.delete_blob(blob, delete_snapshots="include")
    plan = Plan.model_validate(
        {
            "imports": [{"name": "packages", "path": "packages/{company}/{name}.zip"}],
            "sweeper": {"patience_seconds": 0.001},
        }
    )
    return replace(services, plan=plan, ledger=Ledger(services.account.tables.create_table(f"runs{uuid4().hex}")))


def sweep_once(services: Services, client: FakeClient) -> Sweep:
    """One sweep."""
    return asyncio.run(sweep(services, client))


def put(services: Services, name: str) -> str:
    """A file in landing without an event; the id of its run to be."""
    etag = services.account.blob(f"{LANDING}/{name}").upload_blob(b"anything", overwrite=True)["etag"]
    return import_run_id(LANDING, name, str(etag))


def test_a_file_without_a_claim_is_claimed_and_started(swept: Services, name: str) -> None:
    """Its event was lost: it becomes a run all the same, once."""
    run_id, client = put(swept, name), FakeClient()
    patient = replace(swept, plan=swept.plan.model_copy(update={"sweeper": Plan().sweeper}))
    assert sweep_once(patient, client).unclaimed == 0
    assert sweep_once(swept, client).unclaimed == 1
    assert client.started == [("import_file", run_id, {"run_id": run_id, "attempt": 1})]
    client.living.add(run_id)
    assert sweep_once(swept, client) == replace(Sweep(landed=1), oldest_landing_seconds=pytest.approx(0, abs=60))
    assert len(client.started) == 1


def test_a_folder_is_no_file(swept: Services, name: str) -> None:
    """Accounts with a hierarchical namespace list folders as blobs: they are not claimed, and not archived."""
    folder = swept.account.blob(f"{LANDING}/{name}")
    folder.upload_blob(b"", metadata={"hdi_isfolder": "true"})
    assert sweep_once(swept, FakeClient()) == Sweep()


def test_a_run_without_a_living_orchestration_is_started_again(swept: Services, name: str) -> None:
    """Terminated, failed or never started: it carries on under its own id, and one that lives is let alone."""
    dead, lives = put(swept, name), put(swept, f"{name}.2")
    client = FakeClient(living={lives})
    sweep_once(swept, client)
    for run_id in (dead, lives):
        swept.ledger.move(run_id, 1, State.RUNNING)
    client.started.clear()
    assert sweep_once(swept, client).restarted == 1
    assert client.started == [("import_file", dead, {"run_id": dead, "attempt": 1})]
    assert swept.ledger.get(dead).state == State.CLAIMED
    assert swept.ledger.get(lives).state == State.RUNNING


def test_a_run_that_no_orchestration_ends_is_settled(swept: Services, name: str) -> None:
    """After three restarts the file goes to the archive as NeedsAttention, and nothing is started any more."""
    run_id, client = put(swept, name), FakeClient()
    for _ in range(MAX_RESTARTS + 1):
        sweep_once(swept, client)
    assert len(client.started) == MAX_RESTARTS + 1
    assert sweep_once(swept, client).settled == 1
    run = swept.ledger.get(run_id)
    assert (run.state, run.outcome) == (State.DONE, Outcome.NEEDS_ATTENTION)
    assert swept.account.blob(run.files["archive"]).download_blob().readall() == b"anything"
    assert not swept.account.blob(f"{LANDING}/{name}").exists()
    assert sweep_once(swept, client) == Sweep()


@pytest.mark.parametrize("rests", [State.WAITING, State.RUNNING])
def test_each_release_may_stop_a_run_once(swept: Services, name: str, rests: State) -> None:
    """A run that is back where it rests, or further, has not stopped in vain: it is restarted as often as needed."""
    run_id, client = put(swept, name), FakeClient()
    sweep_once(swept, client)
    for _ in range(2 * MAX_RESTARTS):
        swept.ledger.move(run_id, 1, rests)
        assert sweep_once(swept, client).restarted == 1
    swept.ledger.move(run_id, 1, State.COLLECTING)
    for _ in range(MAX_RESTARTS):
        assert sweep_once(swept, client).restarted == 1
        swept.ledger.move(run_id, 1, State.COLLECTING)
    assert sweep_once(swept, client).settled == 1


def test_an_end_that_cannot_be_carried_out_keeps_its_reason(swept: Services, name: str) -> None:
    """The row says how the run ended and why, and what became of the file; a person can go on from there."""
    run_id = put(swept, name)
    sweep_once(swept, client := FakeClient())
    source = swept.ledger.get(run_id).source
    assert source
    ending, wrong = Finding(Outcome.REJECTED, "The header has no column NAME."), replace(source, sha256="0" * 64)
    swept.ledger.change(
        run_id, 1, lambda run: replace(run, source=wrong, restarts=MAX_RESTARTS, state=State.ARCHIVING, ending=ending)
    )
    assert sweep_once(swept, client).settled == 1
    run = swept.ledger.get(run_id)
    assert (run.state, run.outcome, run.ending) == (State.DONE, Outcome.REJECTED, None)
    assert run.reason == "The header has no column NAME."
    assert "could not be archived: CorruptCopyError" in str(run.left_behind)


def test_a_run_that_cannot_be_archived_ends_too(swept: Services, name: str) -> None:
    """When settling fails for good the row is closed with the reason, and the file stays where it lies."""
    run_id = put(swept, name)
    sweep_once(swept, client := FakeClient())
    source = swept.ledger.get(run_id).source
    assert source
    wrong = replace(source, sha256="0" * 64)
    swept.ledger.change(run_id, 1, lambda run: replace(run, source=wrong, restarts=MAX_RESTARTS))
    assert sweep_once(swept, client).settled == 1
    run = swept.ledger.get(run_id)
    assert (run.state, run.outcome) == (State.DONE, Outcome.NEEDS_ATTENTION)
    assert "stopped 4 times" in str(run.reason)
    assert "could not be archived: CorruptCopyError" in str(run.left_behind)
    assert swept.account.blob(f"{LANDING}/{name}").exists()


def test_a_run_that_ended_in_fno_keeps_its_end(swept: Services, name: str) -> None:
    """However often its archiving failed: the outcome is what F&O said, and the run says where the file is."""
    run_id = put(swept, name)
    sweep_once(swept, client := FakeClient())
    source = swept.ledger.get(run_id).source
    assert source
    wrong = replace(source, sha256="0" * 64)
    ended = Finding(Outcome.PARTIALLY_SUCCEEDED, "1 row was refused")
    swept.ledger.change(run_id, 1, lambda run: replace(run, source=wrong, ending=ended, restarts=MAX_RESTARTS))
    sweep_once(swept, client)
    run = swept.ledger.get(run_id)
    assert (run.outcome, run.reason, run.ending) == (ended.outcome, ended.reason, None)
    assert "could not be archived" in str(run.left_behind)


def test_a_file_left_behind_is_swept_by(swept: Services, name: str) -> None:
    """Its run has ended, and what storage refused is not tried at every sweep."""
    run_id = put(swept, name)
    swept.account.blob(f"{LANDING}/{name}").create_snapshot()
    sweep_once(swept, client := FakeClient())
    end_run(swept, Ending(run_id, 1, Finding(Outcome.FAILED, "F&O refused")))
    client.started.clear()
    found = sweep_once(swept, client)
    assert (found.landed, found.unclaimed, found.restarted, client.started) == (1, 0, 0, [])
    swept.account.blob(f"{LANDING}/{name}").delete_blob(delete_snapshots="include")


def test_who_waits_beyond_its_deadline_is_named(swept: Services, name: str) -> None:
    """The row says so, once its route's deadline is over; the run still waits."""
    run_id = put(swept, name)
    client = FakeClient(living={run_id})
    sweep_once(swept, client)

    def waiting(run: Run) -> Run:
        long_ago = utc_now() - timedelta(hours=25)
        return replace(run, state=State.WAITING, route="packages", times={**run.times, "Waiting": long_ago})

    swept.ledger.change(run_id, 1, waiting)
    assert sweep_once(swept, client).overdue == 1
    run = swept.ledger.get(run_id)
    assert run.outcome is None
    assert "deadline of 24 hours" in str(run.reason)


def test_a_dead_holder_is_made_to_leave(swept: Services, name: str) -> None:
    """Also when nobody waits behind it; but not while F&O may be executing it: then it is taken up first."""
    run_id = put(swept, name)
    queue = Queue(holders={"a": "imp-gone", "b": "imp-lives", "c": run_id}, callers={"imp-gone": ""})
    client = FakeClient(living={"imp-lives"}, gate=to_json(queue))
    sweep_once(swept, client)
    assert client.started.pop(0)[1] == run_id
    assert client.started == [("steer_gate", None, {"operation": "leave", "about": "imp-gone"})]
    client.started.clear()
    swept.ledger.change(run_id, 1, lambda run: replace(run, state=State.DONE, outcome=Outcome.FAILED))
    assert sweep_once(swept, client).released == 2


def test_the_log_has_the_sweep_as_data(swept: Services, name: str, caplog: pytest.LogCaptureFixture) -> None:
    """One JSON line per sweep, for alerts: how many files lie in landing, and for how long the oldest has."""
    put(swept, name)
    with caplog.at_level(logging.INFO, logger="landfall"):
        sweep_once(swept, FakeClient())
    line = next(json.loads(each.message) for each in caplog.records if '"event": "sweep"' in each.message)
    assert (line["landed"], line["unclaimed"]) == (1, 1)
    assert line["oldest_landing_seconds"] >= 0


def test_a_disabled_function_costs_no_run_its_end(swept: Services, name: str) -> None:
    """The sweep names the step that the host lacks, and starts the run again as often as it takes."""
    run_id = put(swept, name)
    said = (
        f"Orchestrator function 'import_file' failed: The function '{name}' doesn't exist, is disabled, or is not ..."
    )
    client = FakeClient(output=said)
    for _ in range(MAX_RESTARTS + 2):
        found = sweep_once(swept, client)
        assert (found.missing, found.restarted, found.settled) in [((name,), 1, 0), ((), 0, 0)]
    assert swept.ledger.sweeps.missing() == (name,)
    assert swept.ledger.get(run_id).restarts == 0
    sweep_once(swept, FakeClient(living={run_id}))
    assert swept.ledger.sweeps.missing() == ()


def test_old_history_is_purged_once_a_day(swept: Services) -> None:
    """Of orchestrations that have ended and began a month ago; one that runs is never among them."""
    client, now = FakeClient(), utc_now()
    for hours in (0, 1, 23, 25):
        sweep_once(replace(swept, now=lambda hours=hours: now + timedelta(hours=hours)), client)
    assert [now - until for _, until, _ in client.purged] == [timedelta(days=30), timedelta(days=30, hours=-25)]
    assert client.purged[0][2] == {"Completed", "Failed", "Terminated", "Canceled"}
