"""Several files as one package: parts, and the marker that says that all are there."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from uuid import uuid4

import pytest

from activities.archiving import Ending, end_run
from activities.gate_steps import Asking, find_earlier
from activities.intake import Admission, intake
from activities.run_files import open_package
from landfall.claims import claim_file
from landfall.config.plan import Plan
from landfall.records import ComeBack, Finding, Outcome, Run, Step, utc_now
from landfall.services import Services
from landfall.storage.account import LANDING
from landfall.storage.landing import arrivals
from web.attempts import Retry, reopen
from web.models import AttemptRequest

PARTS = [
    {"file": "groups.csv", "entity": "Customer groups", "format": "CSV"},
    {"file": "customers.csv", "entity": "Customers V3", "format": "CSV"},
    {"file": "notes.csv", "entity": "Customer notes", "format": "CSV", "optional": True},
]
ROUTE = {"name": "batch", "path": "batches/{company}/{batch}/_READY", "data_project": "Batch", "parts": PARTS}
CSV = b"ID,NAME\r\n1,a\r\n"


@pytest.fixture
def batches(services: Services) -> Services:
    """The app's services, with a route of parts."""
    return replace(services, plan=Plan.model_validate({"imports": [ROUTE]}))


Land = Callable[..., Run | None]


@pytest.fixture
def land(batches: Services) -> Land:
    """Put a file into this test's batch and tell of it, as its event would; its run, if it gets one."""
    folder = f"batches/USMF/{uuid4().hex}"

    def landed(name: str, content: bytes = CSV, services: Services = batches) -> Run | None:
        blob = services.account.blob(f"{LANDING}/{folder}/{name}")
        blob.upload_blob(content, overwrite=True)
        return claim_file(services, blob)

    return landed


def marked(land: Land) -> Run:
    """The run of the batch's marker."""
    run = land("_READY", b"")
    assert run
    return run


def whole(land: Land) -> Run:
    """The run of a batch whose parts have both landed."""
    land("groups.csv")
    land("customers.csv")
    return marked(land)


def aged(services: Services, run: Run, minutes: float) -> None:
    """Let the marker have landed so long ago."""
    past = utc_now() - timedelta(minutes=minutes)
    services.ledger.change(run.run_id, 1, lambda row: replace(row, times={**row.times, "Landed": past}))


def test_parts_wait_for_their_marker(land: Land) -> None:
    """A part has no run of its own."""
    assert land("groups.csv") is None
    assert land("customers.csv") is None


def test_the_marker_makes_one_package_of_them(batches: Services, land: Land) -> None:
    """In the route's order, whatever order they landed in; the ledger knows each file's hash."""
    land("customers.csv")
    land("groups.csv", b"ID;NAME\n1;a\n")
    run = marked(land)
    admission = intake(batches, Step(run.run_id))
    assert isinstance(admission, Admission)
    assert (admission.refusal, admission.lane) == (None, "batch")
    row = batches.ledger.get(run.run_id)
    assert [part.name.rpartition("/")[2] for part in row.parts] == ["groups.csv", "customers.csv"]
    assert all(part.sha256 for part in row.parts)
    assert row.changes == ("groups.csv: line ends became CR LF", "groups.csv: semicolons became commas")
    with open_package(batches, row) as (_, manifest):
        assert [each.label for each in manifest.entities] == ["Customer groups", "Customers V3"]


def test_a_late_part_is_waited_for(batches: Services, land: Land) -> None:
    """Until it lands the step asks to be called again; then the package goes."""
    land("groups.csv")
    run = marked(land)
    assert isinstance(intake(batches, Step(run.run_id)), ComeBack)
    land("customers.csv")
    admission = intake(batches, Step(run.run_id))
    assert isinstance(admission, Admission)
    assert admission.refusal is None


def test_parts_are_before_nobody(batches: Services, land: Land) -> None:
    """A strict order does not wait for parts, or a batch would wait for itself."""
    run = whole(land)
    later = run.times["Landed"] + timedelta(minutes=1)
    batches.ledger.change(run.run_id, 1, lambda row: replace(row, times={**row.times, "Landed": later}))
    folder = str(run.source and run.source.name).removesuffix("_READY")
    parts = {f"{folder}groups.csv", f"{folder}customers.csv"}
    for each in arrivals(batches.account):
        if each.name not in parts:
            batches.account.blob(f"{LANDING}/{each.name}").delete_blob()
    assert not find_earlier(batches, Asking(run.run_id)).wait


def test_missing_parts_are_named(batches: Services, land: Land) -> None:
    """Whoever dropped the batch reads which parts did not come; those that came are kept with the marker."""
    land("groups.csv")
    run = marked(land)
    aged(batches, run, minutes=31)
    admission = intake(batches, Step(run.run_id))
    assert isinstance(admission, Admission)
    assert admission.refusal
    assert "did not land within 30 minutes of their marker: customers.csv" in str(admission.refusal.reason)

    end_run(batches, Ending(run.run_id, 1, admission.refusal))

    row = batches.ledger.get(run.run_id)
    kept = [row.files[label] for label in ("archive", "archive: groups.csv")]
    assert all(place.startswith("archive/Rejected/") for place in kept)
    assert batches.account.blob(kept[1]).download_blob().readall() == CSV


def test_a_part_that_is_bad_is_named(batches: Services, land: Land) -> None:
    """One bad part refuses the package, and says which."""
    land("groups.csv")
    land("customers.csv", b"ID\r\n")
    run = marked(land)
    admission = intake(batches, Step(run.run_id))
    assert isinstance(admission, Admission)
    assert admission.refusal
    assert "'customers.csv' has no data rows" in str(admission.refusal.reason)


def test_all_files_are_archived_and_can_be_run_again(batches: Services, land: Land) -> None:
    """Landing is empty after; a further attempt finds marker and parts in the archive."""
    for name in ("groups.csv", "customers.csv"):
        land(name)
    run = marked(land)
    intake(batches, Step(run.run_id))
    end_run(batches, Ending(run.run_id, 1, Finding(Outcome.FAILED, "no")))
    folder = str(run.source and run.source.name).rpartition("/")[0]
    landing = batches.account.blobs.get_container_client(LANDING)
    assert list(landing.list_blob_names(name_starts_with=folder)) == []

    reopen(batches.ledger, run.run_id, Retry("again", "Kim", AttemptRequest()))
    admission = intake(batches, Step(run.run_id, 2))
    assert isinstance(admission, Admission)
    assert admission.refusal is None
    end_run(batches, Ending(run.run_id, 2, Finding(Outcome.SUCCEEDED)))

    archived = batches.account.blobs.get_container_client("archive").list_blob_names()
    places = [name for name in archived if run.run_id in name]
    assert sorted(name.rpartition("/")[2] for name in places) == ["_READY", "customers.csv", "groups.csv"]
    assert all(name.startswith("Succeeded/") for name in places)


def test_a_part_without_a_marker_is_told_in_the_end(batches: Services, land: Land) -> None:
    """After the deadline it has a run, which ends with the marker that it waited for."""
    hasty = batches.plan.imports[0].model_copy(update={"deadline_hours": 0.0})
    impatient = replace(batches, plan=batches.plan.model_copy(update={"imports": (hasty,)}))
    run = land("groups.csv", services=impatient)
    assert run
    admission = intake(impatient, Step(run.run_id))
    assert isinstance(admission, Admission)
    assert admission.refusal
    assert "/_READY has not landed" in str(admission.refusal.reason)
