"""Who landed before whom: what a strict run waits for before it goes."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from activities.gate_steps import PATIENCE, Asking, find_earlier
from activities.intake import intake
from landfall.claims import claim_file
from landfall.config.plan import Plan
from landfall.gate_queue import Queue
from landfall.ledger.ledger import Ledger
from landfall.records import LANDED, Outcome, State, Step, utc_now
from landfall.services import Services
from landfall.storage.account import LANDING
from tests.unit.made_packages import package
from web.lanes import show_lanes

PLAN = Plan.model_validate(
    {
        "environments": ["uat"],
        "imports": [
            {"name": "packages", "path": "packages/{company}/{name}.zip"},
            {"name": "zebra", "path": "zebra/{company}/{name}.zip", "order": "strict"},
            {"name": "customers", "path": "customers/{company}/{name}.zip", "data_project": "CUSTOMERS "},
            {"name": "vendors", "path": "vendors/{company}/{name}.zip", "data_project": "Vendors"},
            {"name": "files", "path": "files/{company}/{entity}.csv", "format": "CSV"},
            {"name": "uat", "path": "uat/{company}/{name}.zip", "environment": "uat"},
            {
                "name": "batches",
                "path": "batches/{company}/{batch}/_READY",
                "data_project": "Customers",
                "parts": [{"file": "a.csv", "entity": "Customers", "format": "CSV"}],
            },
        ],
    }
)
FIRST, LAST = "packages/USMF/a.zip", "zebra/USMF/a.zip"
"""Files of one second go by name."""
LONG_AGO = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.fixture
def landing(services: Services) -> Services:
    """The services with an empty landing and a ledger of their own."""
    blobs = services.account.blobs.get_container_client(LANDING)
    for blob in blobs.list_blob_names():
        blobs.delete_blob(blob)
    ledger = Ledger(services.account.tables.create_table(f"runs{uuid4().hex}"))
    return replace(services, plan=PLAN, ledger=ledger)


def landed(services: Services, name: str, *, content: bytes = b"x", claimed: bool = True) -> str:
    """Drop a file; the id of its run when it is claimed."""
    blob = services.account.blob(f"{LANDING}/{name}")
    blob.upload_blob(content, overwrite=True)
    run = claim_file(services, blob) if claimed else None
    return run.run_id if run else ""


def must_wait(services: Services, step: Step) -> bool:
    """Whether a run lets earlier files of its lane pass."""
    return find_earlier(services, Asking(step.run_id)).wait


def waits(services: Services, data_project: str = "Customers", environment: str = "") -> Step:
    """A strict run that landed last, and waits for its turn."""
    run_id = landed(services, LAST)
    lane = {"data_project": data_project, "environment": environment}
    services.ledger.change(run_id, 1, lambda row: replace(row, state=State.WAITING, **lane))  # type: ignore[arg-type]
    return Step(run_id)


def test_a_file_before_intake_comes_first(landing: Services) -> None:
    """Until it has had its turn, later files let it pass; it waits for none of them."""
    first, second = landed(landing, FIRST), waits(landing)
    assert must_wait(landing, second)
    assert not must_wait(landing, Step(first))
    landing.ledger.move(first, 1, State.INTAKE)
    assert must_wait(landing, second)
    landing.ledger.change(first, 1, lambda run: replace(run, state=State.WAITING, data_project="Customers"))
    assert must_wait(landing, second)
    landing.ledger.move(first, 1, State.SUBMITTING)
    assert not must_wait(landing, second)


def test_a_file_that_is_touched_keeps_its_place(landing: Services) -> None:
    """Its run goes on under the ETag and the time with which it landed, whatever storage says now."""
    first = landed(landing, FIRST)
    landing.ledger.change(first, 1, lambda row: replace(row, state=State.INTAKE, times=row.times | {LANDED: LONG_AGO}))
    second = waits(landing)
    landing.account.blob(f"{LANDING}/{FIRST}").set_blob_metadata({"mtime": "now"})
    landing.ledger.change(second.run_id, 1, lambda row: replace(row, times=row.times | {LANDED: LONG_AGO}))
    assert must_wait(landing, second)
    landing.ledger.change(first, 1, lambda row: replace(row, data_project="Vendors"))
    assert not must_wait(landing, second)


def test_a_run_never_waits_for_its_own_file(landing: Services) -> None:
    """Nor when whoever told of the file gave a time after storage's, to the microsecond."""
    step = waits(landing)
    late = landing.now() + timedelta(seconds=1)
    landing.ledger.change(step.run_id, 1, lambda row: replace(row, times=row.times | {LANDED: late}))
    assert not must_wait(landing, step)


def test_a_run_says_which_file_it_waits_for(landing: Services) -> None:
    """Its row names the file, and no longer once the run may go."""
    first, second = landed(landing, FIRST), waits(landing)
    assert must_wait(landing, second)
    assert f"Waits for {FIRST}, which landed before it" in str(landing.ledger.get(second.run_id).reason)
    landing.ledger.change(first, 1, lambda run: replace(run, state=State.DONE, outcome=Outcome.FAILED))
    assert not must_wait(landing, second)
    assert landing.ledger.get(second.run_id).reason is None


@pytest.mark.parametrize(
    ("name", "shares"),
    [
        ("customers/USMF/a.zip", True),
        ("files/DEMF/customers.csv", True),
        ("batches/USMF/june/_READY", True),
        ("packages/DEMF/a.zip", True),
        ("vendors/USMF/a.zip", False),
        ("files/USMF/Vendors.csv", False),
        ("uat/USMF/a.zip", False),
        ("batches/USMF/june/a.csv", False),
        ("elsewhere/a.zip", False),
    ],
)
def test_only_files_that_may_share_the_lane_come_first(
    landing: Services,
    name: str,
    shares: bool,  # noqa: FBT001  the case's value
) -> None:
    """Route and path tell where a file goes; a package that only its manifest places may go to any lane."""
    landed(landing, name, claimed=False)
    assert must_wait(landing, waits(landing)) is shares


def test_a_file_of_the_same_environment_comes_first(landing: Services) -> None:
    """The others do not, though their data project has the same name."""
    landed(landing, "customers/USMF/a.zip", claimed=False)
    assert not must_wait(landing, waits(landing, environment="uat"))
    landed(landing, "uat/USMF/a.zip", claimed=False)
    assert must_wait(landing, waits(landing, environment="uat"))


@pytest.mark.parametrize(("project", "shares"), [("customers", True), ("Vendors", False)])
def test_a_package_in_intake_waits_for_its_manifest_only(
    landing: Services,
    project: str,
    shares: bool,  # noqa: FBT001  the case's value
) -> None:
    """Once intake has read where a package goes, other lanes go on, whatever its data files cost and how it ends."""
    first, second = landed(landing, FIRST, content=package(project=project, data=b"")), waits(landing)
    assert must_wait(landing, second)
    assert intake(landing, Step(first)).refusal
    assert landing.ledger.get(first).state == State.INTAKE
    assert must_wait(landing, second) is shares


def test_nobody_waits_for_ever(landing: Services) -> None:
    """A run waits for a while after it began to, however often the sweeper restarts the file before it."""
    first, second = landed(landing, FIRST), waits(landing)
    later = replace(landing, now=lambda: utc_now() + PATIENCE)
    landing.ledger.change(first, 1, lambda run: replace(run, restarts=run.restarts + 1))
    assert must_wait(landing, second)
    assert not must_wait(later, second)


def test_a_file_on_its_way_to_another_lane_is_no_hindrance(landing: Services) -> None:
    """Once it is known where it goes, only the files of its own data project let it pass."""
    first, second = landed(landing, FIRST), waits(landing)
    landing.ledger.change(first, 1, lambda run: replace(run, state=State.WAITING, data_project="Vendors"))
    assert not must_wait(landing, second)


def test_a_file_that_nobody_has_claimed_comes_first(landing: Services) -> None:
    """Its event is late: it is waited for all the same."""
    landed(landing, FIRST, claimed=False)
    assert must_wait(landing, waits(landing))


def test_a_run_that_is_over_is_waited_for_no_more(landing: Services) -> None:
    """Though its file may still lie there."""
    first, second = landed(landing, FIRST), waits(landing)
    landing.ledger.change(first, 1, lambda run: replace(run, state=State.DONE, outcome=Outcome.FAILED))
    assert not must_wait(landing, second)


def test_the_lanes_show_who_stepped_aside(landing: Services) -> None:
    """A run that lets an earlier file pass stands in no queue, but its lane names it and the file it waits for."""
    landed(landing, FIRST)
    second = waits(landing)
    assert must_wait(landing, second)
    (lane,) = show_lanes(landing.ledger, Queue()).lanes
    assert (lane.lane, [each.run_id for each in lane.aside]) == ("customers", [second.run_id])
    assert FIRST in str(lane.aside[0].reason)
    (lane,) = show_lanes(landing.ledger, Queue(holders={"customers": second.run_id})).lanes
    assert (lane.holder, lane.aside) == (second.run_id, ())


@pytest.mark.parametrize("state", [State.INTAKE, State.WAITING])
def test_a_file_that_was_read_and_had_no_turn_comes_first(landing: Services, state: State) -> None:
    """However long ago: its message to the gate may lie with a host that was killed, or have come a moment too late."""
    first, second = landed(landing, FIRST), waits(landing)
    landing.ledger.change(first, 1, lambda run: replace(run, state=state, data_project="Customers"))
    later = replace(landing, now=lambda: utc_now() + timedelta(minutes=10))
    assert must_wait(later, second)
