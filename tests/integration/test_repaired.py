"""A failure is dealt with once a repair has all its rows, and never while rows of it are lost."""

import io
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest

from activities.archiving import Ending, end_run
from landfall.claims import claim_file
from landfall.ledger.file_labels import FileLabel
from landfall.ledger.lists import RunFilter
from landfall.records import LANDED, Dealt, EntityCounts, Finding, Outcome, Run, State, Terms
from landfall.services import Services
from landfall.storage.account import LANDING
from landfall.storage.landing import REPAIRS
from tests.integration.conftest import Crash, CrashError, Drop
from tests.integration.test_reopen import reopen
from tests.unit.made_packages import package
from web.imports import Repair, land

SUCCEEDED, PARTLY = Finding(Outcome.SUCCEEDED), Finding(Outcome.PARTIALLY_SUCCEEDED, "F&O refused 1 row")
REFUSED = (EntityCounts("Groups", 9, 5, 2, 2), EntityCounts("Terms", 3, 3, 0, 0))
"""Counts of a run with two refused rows."""


def repaired(services: Services, run_id: str, *rows: EntityCounts, **about: Any) -> Run:
    """A repair of a run that has landed and has these counts, before its end."""
    blob = services.account.blob(f"{LANDING}/packages/USMF/{uuid4().hex}.zip")
    blob.upload_blob(io.BytesIO(package()), metadata={REPAIRS: run_id})
    run = claim_file(services, blob)
    assert run
    assert run.repairs == run_id
    return services.ledger.change(run.run_id, 1, lambda row: replace(row, entities=rows, **about))


@pytest.fixture
def failed(services: Services, drop: Drop) -> Run:
    """A run that ended with refused rows."""
    run = services.ledger.change(drop().run_id, 1, lambda row: replace(row, entities=REFUSED, company="USMF"))
    end_run(services, Ending(run.run_id, 1, PARTLY))
    files = {FileLabel.REPAIR: f"reports/{run.run_id}/repair.zip"}
    return services.ledger.change(run.run_id, 1, lambda row: replace(row, files={**row.files, **files}))


def open_failures(services: Services, *runs: Run) -> set[str]:
    """Those of the runs that are listed as open failures."""
    listed = {run.run_id for run in services.ledger.lists.page(RunFilter(open_failure=True), 1000).runs}
    return listed & {run.run_id for run in runs}


def test_a_repair_that_succeeds_deals_with_the_failure(services: Services, failed: Run) -> None:
    """The failure leaves the list and names the repair, which names it; ending the repair again changes nothing."""
    assert open_failures(services, failed) == {failed.run_id}
    repair = repaired(services, failed.run_id, EntityCounts("groups", 2, 2, 0, 0))
    end_run(services, Ending(repair.run_id, 1, SUCCEEDED))
    row = services.ledger.get(failed.run_id)
    assert row.dealt_with
    assert (row.repaired_by, row.dealt_with.run_id, row.dealt_with.who) == ((repair.run_id,), repair.run_id, None)
    assert open_failures(services, failed, repair) == set()
    end_run(services, Ending(repair.run_id, 1, SUCCEEDED))
    assert services.ledger.get(failed.run_id) == row


def test_a_repair_has_its_link_while_it_is_under_way(services: Services, failed: Run) -> None:
    """Whoever opens the failed run sees that its rows were sent again; the failure is still open."""
    made = land(services, Repair(failed.run_id, "Kim", "key", package()))
    row = services.ledger.get(failed.run_id)
    assert (row.repaired_by, row.dealt_with) == ((made.run_id,), None)


@pytest.mark.parametrize(
    ("finding", "rows", "open_ones"),
    [
        pytest.param(PARTLY, [EntityCounts("Groups", 2, 1, 0, 1)], "repair", id="one row refused again"),
        pytest.param(
            Finding(Outcome.FAILED), [EntityCounts("Groups", 2, 0, 0, 2)], "repair", id="all rows refused again"
        ),
        pytest.param(SUCCEEDED, [EntityCounts("Groups", 1, 1, 0, 0)], "failed", id="a row left out"),
        pytest.param(SUCCEEDED, [EntityCounts("Terms", 5, 5, 0, 0)], "failed", id="rows of another entity"),
        pytest.param(SUCCEEDED, [], "failed", id="rows that nobody counted"),
        pytest.param(PARTLY, [EntityCounts("Groups", 1, 0, 0, 1)], "failed repair", id="left out and refused"),
        pytest.param(Finding(Outcome.REJECTED, "no zip"), [], "failed repair", id="refused as a file"),
        pytest.param(
            Finding(Outcome.CANCELED), [EntityCounts("Groups", 2, 0, 0, 2)], "failed", id="canceled by a person"
        ),
    ],
)
def test_rows_are_always_in_an_open_failure(
    services: Services, failed: Run, finding: Finding, rows: list[EntityCounts], open_ones: str
) -> None:
    """Rows that did not go in are the repair's failure where it had all of them, and else keep the first one open."""
    repair = repaired(services, failed.run_id, *rows)
    end_run(services, Ending(repair.run_id, 1, finding))
    named = {"failed": failed.run_id, "repair": repair.run_id}
    assert open_failures(services, failed, repair) == {named[name] for name in open_ones.split()}
    assert services.ledger.get(failed.run_id).repaired_by == (repair.run_id,)


def test_a_chain_of_repairs_leaves_no_failure(services: Services, failed: Run) -> None:
    """The rows that a repair could not bring go in by a repair of the repair; then none of the runs is open."""
    first = repaired(services, failed.run_id, EntityCounts("Groups", 2, 1, 0, 1))
    end_run(services, Ending(first.run_id, 1, PARTLY))
    second = repaired(services, first.run_id, EntityCounts("Groups", 1, 1, 0, 0))
    assert open_failures(services, failed, first, second) == {first.run_id}
    end_run(services, Ending(second.run_id, 1, SUCCEEDED))
    assert open_failures(services, failed, first, second) == set()


def test_a_failure_is_open_again_when_its_repair_loses_the_rows(services: Services, failed: Run) -> None:
    """A repair had the rows and was run again, which a person then canceled: they are the first run's again."""
    repair = repaired(services, failed.run_id, EntityCounts("Groups", 2, 1, 0, 1))
    end_run(services, Ending(repair.run_id, 1, PARTLY))
    reopen(services.ledger, repair.run_id, "key")
    assert open_failures(services, failed, repair) == set()
    end_run(services, Ending(repair.run_id, 2, Finding(Outcome.CANCELED)))
    assert open_failures(services, failed, repair) == {failed.run_id}


def test_what_a_person_said_stays(services: Services, failed: Run) -> None:
    """A repair that ends changes nothing about a failure that a person has dealt with."""
    said = Dealt(services.now(), "Kim", "entered by hand")
    services.ledger.change(failed.run_id, 1, lambda row: replace(row, dealt_with=said))
    repair = repaired(services, failed.run_id)
    end_run(services, Ending(repair.run_id, 1, Finding(Outcome.REJECTED)))
    assert services.ledger.get(failed.run_id).dealt_with == said


def test_a_new_attempt_counts_anew(services: Services, failed: Run) -> None:
    """A rerun opens what was dealt with, and its rows are its own: repairs of the attempt before do not have them."""
    rows = EntityCounts("Groups", 2, 2, 0, 0)
    for minutes in (0, 1):  # the second one lands before the rerun ends, and ends after it
        repair = repaired(services, failed.run_id, rows)
        times = {**repair.times, LANDED: repair.times[LANDED] - timedelta(minutes=minutes)}
        services.ledger.change(repair.run_id, 1, lambda row, times=times: replace(row, times=times))
        end_run(services, Ending(repair.run_id, 1, SUCCEEDED))
        if not minutes:
            assert services.ledger.get(failed.run_id).dealt_with
            assert reopen(services.ledger, failed.run_id, "key").dealt_with is None
            services.ledger.change(failed.run_id, 2, lambda row: replace(row, entities=REFUSED))
            end_run(services, Ending(failed.run_id, 2, PARTLY))
    assert open_failures(services, failed) == {failed.run_id}
    assert len(services.ledger.get(failed.run_id).repaired_by) == 2


def test_a_rerun_that_succeeds_closes_the_failure(services: Services, failed: Run) -> None:
    """Only the new outcome counts."""
    reopen(services.ledger, failed.run_id, "key")
    assert open_failures(services, failed) == set()
    end_run(services, Ending(failed.run_id, 2, SUCCEEDED))
    assert open_failures(services, failed) == set()


def test_rows_that_only_go_to_staging_are_counted_there(services: Services, failed: Run) -> None:
    """A project that does not execute its imports has its rows where it wants them."""
    repair = repaired(services, failed.run_id, EntityCounts("Groups", 2, 0, 0, 0), terms=Terms(execute=False))
    end_run(services, Ending(repair.run_id, 1, SUCCEEDED))
    assert open_failures(services, failed) == set()


def test_a_repair_of_no_run_ends_like_any_file(services: Services) -> None:
    """The metadata of a file in landing may name what does not exist."""
    repair = repaired(services, "imp-nobody-knows-it")
    assert end_run(services, Ending(repair.run_id, 1, SUCCEEDED)) == SUCCEEDED


CRASHES = [Crash(at, answered) for at in range(1, 23) for answered in (False, True)]


@pytest.mark.parametrize("crash", CRASHES, ids=str)
def test_a_crash_anywhere_leaves_the_failure_dealt_with(
    services: Services, crashing: Callable[[Crash], Services], failed: Run, crash: Crash
) -> None:
    """Stopped before or after any request to storage, the next try ends the repair and deals with the failure."""
    repair = repaired(services, failed.run_id, EntityCounts("Groups", 2, 2, 0, 0))
    with suppress(CrashError):
        end_run(crashing(crash), Ending(repair.run_id, 1, SUCCEEDED))
    if services.ledger.get(repair.run_id).outcome:
        assert services.ledger.get(failed.run_id).dealt_with  # nobody calls the step again
    end_run(services, Ending(repair.run_id, 1, SUCCEEDED))
    assert services.ledger.get(repair.run_id).outcome == Outcome.SUCCEEDED
    assert open_failures(services, failed, repair) == set()
    assert services.ledger.get(failed.run_id).repaired_by == (repair.run_id,)


def test_the_crashes_reach_the_end(services: Services, crashing: Callable[[Crash], Services], failed: Run) -> None:
    """The crash points above cover every request: one more would come after the end."""
    repair, never = repaired(services, failed.run_id, EntityCounts("Groups", 2, 2, 0, 0)), Crash(10_000)
    end_run(crashing(never), Ending(repair.run_id, 1, SUCCEEDED))
    assert 8 < never.count <= max(each.at for each in CRASHES)
    assert services.ledger.get(repair.run_id).state == State.DONE
