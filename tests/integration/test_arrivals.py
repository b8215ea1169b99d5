"""Who landed before whom: what a strict run waits for before it goes."""

from dataclasses import replace
from uuid import uuid4

import pytest

from activities.gate_steps import ENTERS, find_earlier
from landfall.claims import claim_file
from landfall.ledger.ledger import Ledger
from landfall.records import Outcome, State, Step, utc_now
from landfall.services import Services
from landfall.storage.account import LANDING


@pytest.fixture
def landing(services: Services) -> Services:
    """The services with an empty landing and a ledger of their own."""
    blobs = services.account.blobs.get_container_client(LANDING)
    for blob in blobs.list_blob_names():
        blobs.delete_blob(blob)
    return replace(services, ledger=Ledger(services.account.tables.create_table(f"runs{uuid4().hex}")))


def landed(services: Services, name: str, *, claimed: bool = True) -> str:
    """Drop a file; the id of its run when it is claimed."""
    blob = services.account.blob(f"{LANDING}/{name}")
    blob.upload_blob(b"x", overwrite=True)
    run = claim_file(services, blob) if claimed else None
    return run.run_id if run else ""


def test_a_file_before_intake_comes_first(landing: Services) -> None:
    """Until it stands at the gate, later files let it pass; it waits for none of them."""
    first, second = landed(landing, "a.zip"), landed(landing, "b.zip")
    assert find_earlier(landing, Step(second))
    assert not find_earlier(landing, Step(first))
    landing.ledger.move(first, 1, State.INTAKE)
    assert find_earlier(landing, Step(second))
    landing.ledger.move(first, 1, State.WAITING)
    assert find_earlier(landing, Step(second))
    later = replace(landing, now=lambda: utc_now() + ENTERS)
    assert not find_earlier(later, Step(second))


def test_a_file_on_its_way_to_another_lane_is_no_hindrance(landing: Services) -> None:
    """Once it is known where it goes, only the files of its own data project let it pass."""
    first, second = landed(landing, "a.zip"), landed(landing, "b.zip")
    for run_id, project in ((first, "Vendors"), (second, "Customers")):
        landing.ledger.change(
            run_id, 1, lambda run, project=project: replace(run, state=State.WAITING, data_project=project)
        )
    assert not find_earlier(landing, Step(second))


def test_a_file_that_nobody_has_claimed_comes_first(landing: Services) -> None:
    """Its event is late: it is waited for all the same."""
    landed(landing, "a.zip", claimed=False)
    assert find_earlier(landing, Step(landed(landing, "b.zip")))


def test_a_run_that_is_over_is_waited_for_no_more(landing: Services) -> None:
    """Though its file may still lie there."""
    first, second = landed(landing, "a.zip"), landed(landing, "b.zip")
    landing.ledger.change(first, 1, lambda run: replace(run, state=State.DONE, outcome=Outcome.FAILED))
    assert not find_earlier(landing, Step(second))
