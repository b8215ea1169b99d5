"""The end of a run: the file is in exactly one place, whatever stops us on the way."""

import json
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from typing import Any

import pytest

from activities.archiving import Ending, end_run
from landfall.fno.errors import NoAnswerError
from landfall.records import Finding, Outcome, Run, State, Submission
from landfall.services import Services
from landfall.storage.account import ARCHIVE, LANDING, REPORTS
from landfall.storage.pinned import pin, sha256
from landfall.storage.transfer import CorruptCopyError
from tests.integration.conftest import Crash, CrashError, Drop, FakeFno
from tests.unit.made_packages import package

SUCCEEDED, FAILED = Finding(Outcome.SUCCEEDED), Finding(Outcome.FAILED, "F&O refused")
OVERDUE = Finding(Outcome.NEEDS_ATTENTION, "F&O was still running it")


def archived(services: Services, run: Run) -> list[str]:
    """All places in the archive that are of this run."""
    names = services.account.blobs.get_container_client(ARCHIVE).list_blob_names()
    return [name for name in names if f"/{run.run_id}/" in name]


def has_landed(services: Services, name: str) -> bool:
    """Whether anything lies at the landing path."""
    return bool(services.account.blob(f"{LANDING}/{name}").exists())


def receipt(services: Services, run: Run) -> Any:
    """The run's receipt."""
    return json.loads(services.account.blob(f"{REPORTS}/{run.run_id}/receipt.json").download_blob().readall())


def place_of(run: Run, outcome: Outcome) -> str:
    """Where the file of a run belongs."""
    assert run.source
    return f"{outcome}/{run.times['Landed']:%Y/%m/%d}/{run.run_id}/{run.source.name.rpartition('/')[2]}"


def test_a_file_ends_in_the_archive_with_its_receipt(services: Services, drop: Drop, name: str) -> None:
    """Copied, compared, gone from landing; the receipt says all there is to say."""
    run = drop()
    assert end_run(services, Ending(run.run_id, 1, FAILED)) == FAILED
    place = place_of(run, Outcome.FAILED)
    assert archived(services, run) == [place]
    assert services.account.blob(f"{ARCHIVE}/{place}").download_blob().readall() == package()
    assert not has_landed(services, name)
    row, written = services.ledger.get(run.run_id), receipt(services, run)
    assert (row.state, row.outcome, row.reason) == (State.DONE, Outcome.FAILED, "F&O refused")
    assert written["outcome"] == "Failed"
    assert written["files"] == {
        "archive": f"{ARCHIVE}/{place}",
        "receipt": f"{REPORTS}/{run.run_id}/receipt.json",
    }
    assert written["source"]["size"] == len(package())
    assert written["source"]["sha256"] == sha256(pin(services.account.blob(f"{ARCHIVE}/{place}")))
    assert {"Landed", "Claimed", "Archiving", "Done"} <= set(written["times"])
    assert not {"submission", "request_keys"} & set(written)


def test_an_empty_file_is_archived_too(services: Services, drop: Drop, name: str) -> None:
    """What was refused for being empty is still somebody's file."""
    run = drop(b"")
    end_run(services, Ending(run.run_id, 1, Finding(Outcome.REJECTED, "the file is empty")))
    assert archived(services, run) == [place_of(run, Outcome.REJECTED)]
    assert not has_landed(services, name)


def test_ending_twice_changes_nothing(services: Services, drop: Drop) -> None:
    """The first end is the one: a repeated step, even with another finding, leaves everything as it is."""
    run = drop()
    end_run(services, Ending(run.run_id, 1, SUCCEEDED))
    before = (services.ledger.get(run.run_id), receipt(services, run), archived(services, run))
    assert end_run(services, Ending(run.run_id, 1, FAILED)) == SUCCEEDED
    assert (services.ledger.get(run.run_id), receipt(services, run), archived(services, run)) == before


def test_a_late_end_takes_the_place_of_needs_attention(services: Services, drop: Drop) -> None:
    """The deadline had passed, a person was told; then F&O ended after all: file, receipt and row say how."""
    run = drop()
    end_run(services, Ending(run.run_id, 1, OVERDUE))
    assert archived(services, run) == [place_of(run, Outcome.NEEDS_ATTENTION)]
    assert end_run(services, Ending(run.run_id, 1, SUCCEEDED)) == SUCCEEDED
    assert archived(services, run) == [place_of(run, Outcome.SUCCEEDED)]
    assert services.account.blob(f"{ARCHIVE}/{archived(services, run)[0]}").download_blob().readall() == package()
    row = services.ledger.get(run.run_id)
    assert (row.state, row.outcome, row.reason) == (State.DONE, Outcome.SUCCEEDED, None)
    assert receipt(services, run)["outcome"] == "Succeeded"
    assert end_run(services, Ending(run.run_id, 1, OVERDUE)) == SUCCEEDED


CRASHES = [Crash(at, answered) for at in range(1, 19) for answered in (False, True)]


@pytest.mark.parametrize("crash", CRASHES, ids=str)
def test_a_crash_anywhere_costs_nothing(
    services: Services, crashing: Callable[[Crash], Services], drop: Drop, name: str, crash: Crash
) -> None:
    """Stopped before or after any request to storage, the next try ends with the file in one place."""
    run = drop()
    with suppress(CrashError):
        end_run(crashing(crash), Ending(run.run_id, 1, SUCCEEDED))
    assert has_landed(services, name) or archived(services, run)
    end_run(services, Ending(run.run_id, 1, SUCCEEDED))
    assert archived(services, run) == [place_of(run, Outcome.SUCCEEDED)]
    assert not has_landed(services, name)
    assert receipt(services, run)["files"]["archive"] == f"{ARCHIVE}/{place_of(run, Outcome.SUCCEEDED)}"
    assert services.ledger.get(run.run_id).outcome == Outcome.SUCCEEDED


@pytest.mark.parametrize("crash", CRASHES, ids=str)
def test_a_crash_during_a_late_end_costs_nothing(
    services: Services, crashing: Callable[[Crash], Services], drop: Drop, crash: Crash
) -> None:
    """The file is always somewhere, and in one place when the step was taken again."""
    run = drop()
    end_run(services, Ending(run.run_id, 1, OVERDUE))
    with suppress(CrashError):
        end_run(crashing(crash), Ending(run.run_id, 1, SUCCEEDED))
    assert archived(services, run)
    end_run(services, Ending(run.run_id, 1, SUCCEEDED))
    assert archived(services, run) == [place_of(run, Outcome.SUCCEEDED)]
    assert services.ledger.get(run.run_id).outcome == Outcome.SUCCEEDED


def test_the_crashes_reach_the_end(services: Services, crashing: Callable[[Crash], Services], drop: Drop) -> None:
    """The crash points above cover every request: one more would come after the end."""
    run, never = drop(), Crash(10_000)
    end_run(crashing(never), Ending(run.run_id, 1, SUCCEEDED))
    assert 8 < never.count <= max(each.at for each in CRASHES)
    assert services.ledger.get(run.run_id).outcome == Outcome.SUCCEEDED


def again(services: Services, run: Run) -> Run:
    """The run with its second attempt under way."""
    return services.ledger.change(
        run.run_id,
        1,
        lambda row: replace(row, attempt=2, state=State.RUNNING, outcome=None, reason=None),
    )


def test_a_rerun_moves_the_file(services: Services, drop: Drop) -> None:
    """What failed first and succeeded then lies with what succeeded, and nowhere else."""
    run = drop()
    end_run(services, Ending(run.run_id, 1, FAILED))
    again(services, run)
    end_run(services, Ending(run.run_id, 2, SUCCEEDED))
    assert archived(services, run) == [place_of(run, Outcome.SUCCEEDED)]
    assert receipt(services, run)["attempt"] == 2


def test_a_rerun_that_fails_again_leaves_the_file(services: Services, drop: Drop) -> None:
    """It is where it belongs already."""
    run = drop()
    end_run(services, Ending(run.run_id, 1, FAILED))
    again(services, run)
    end_run(services, Ending(run.run_id, 2, FAILED))
    assert archived(services, run) == [place_of(run, Outcome.FAILED)]
    assert services.ledger.get(run.run_id).outcome == Outcome.FAILED


@pytest.mark.slow
@pytest.mark.parametrize("crash", CRASHES, ids=str)
def test_a_crash_during_a_reruns_end_costs_nothing(
    services: Services, crashing: Callable[[Crash], Services], drop: Drop, crash: Crash
) -> None:
    """From one place of the archive to another, the file is never in none and ends in one."""
    run = drop()
    end_run(services, Ending(run.run_id, 1, FAILED))
    again(services, run)
    with suppress(CrashError):
        end_run(crashing(crash), Ending(run.run_id, 2, SUCCEEDED))
    assert archived(services, run)
    end_run(services, Ending(run.run_id, 2, SUCCEEDED))
    assert archived(services, run) == [place_of(run, Outcome.SUCCEEDED)]


def test_a_stale_end_changes_nothing(services: Services, drop: Drop) -> None:
    """The end of an attempt that was replaced moves no file."""
    run = drop()
    end_run(services, Ending(run.run_id, 1, FAILED))
    again(services, run)
    before = services.ledger.get(run.run_id)
    end_run(services, Ending(run.run_id, 1, SUCCEEDED))
    assert services.ledger.get(run.run_id) == before
    assert archived(services, run) == [place_of(run, Outcome.FAILED)]


def test_a_newer_version_in_landing_is_left_alone(services: Services, drop: Drop, name: str) -> None:
    """Another version has a run of its own: ours ends without a place, and deletes nothing."""
    run = drop()
    newer = services.account.blob(f"{LANDING}/{name}")
    newer.upload_blob(b"newer", overwrite=True)
    end_run(services, Ending(run.run_id, 1, Finding(Outcome.SUPERSEDED, "replaced")))
    assert newer.download_blob().readall() == b"newer"
    assert archived(services, run) == []
    assert "archive" not in receipt(services, run)["files"]
    assert services.ledger.get(run.run_id).outcome == Outcome.SUPERSEDED


def test_a_version_that_lands_between_copy_and_delete_is_left_alone(
    services: Services, crashing: Callable[[Crash], Services], drop: Drop, name: str
) -> None:
    """However late the newer version comes, it is not deleted for the older one."""
    run, newer = drop(), services.account.blob(f"{LANDING}/{name}")
    crash = Crash(1)
    while not services.ledger.get(run.run_id).files.get("archive"):
        with suppress(CrashError):
            end_run(crashing(crash), Ending(run.run_id, 1, SUCCEEDED))
        crash = Crash(crash.at + 1)
    assert has_landed(services, name)
    newer.upload_blob(b"newer", overwrite=True)
    end_run(services, Ending(run.run_id, 1, SUCCEEDED))
    assert newer.download_blob().readall() == b"newer"
    assert archived(services, run) == [place_of(run, Outcome.SUCCEEDED)]


def test_a_file_that_is_gone_ends_without_a_place(services: Services, drop: Drop, name: str) -> None:
    """Somebody deleted it: the run still ends, and its receipt says that there is no file."""
    run = drop()
    services.account.blob(f"{LANDING}/{name}").delete_blob()
    end_run(services, Ending(run.run_id, 1, Finding(Outcome.SUPERSEDED, "removed")))
    assert receipt(services, run)["outcome"] == "Superseded"
    assert archived(services, run) == []


def test_a_copy_that_differs_deletes_nothing(services: Services, drop: Drop, name: str) -> None:
    """The file leaves landing only when its copy has the hash that intake read."""
    run = drop()
    assert run.source
    wrong = replace(run.source, sha256="0" * 64)
    services.ledger.change(run.run_id, 1, lambda row: replace(row, source=wrong))
    with pytest.raises(CorruptCopyError):
        end_run(services, Ending(run.run_id, 1, SUCCEEDED))
    assert has_landed(services, name)
    assert services.ledger.get(run.run_id).outcome is None


def test_an_exports_receipt_lies_beside_its_package(services: Services) -> None:
    """Whoever takes the package finds the receipt next to it."""
    run = services.ledger.claim(
        Run(
            f"exp-{id(services)}",
            "export",
            State.COLLECTING,
            export="groups",
            files={"package": f"exports/t/{id(services)}.zip"},
        )
    )
    assert run
    end_run(services, Ending(run.run_id, 1, SUCCEEDED))
    beside = services.account.blob(f"exports/t/{id(services)}.zip.receipt.json").download_blob().readall()
    assert json.loads(beside) == receipt(services, run)


@pytest.mark.parametrize(
    ("page", "link"),
    [
        pytest.param("https://fno/?id={}", "https://fno/?id=ex-1", id="executed"),
        pytest.param(None, None, id="no page"),
        pytest.param(NoAnswerError("no answer"), None, id="F&O away"),
    ],
)
def test_a_person_is_led_to_the_execution(
    services: Services, drop: Drop, fno: FakeFno, page: Any, link: str | None
) -> None:
    """Ledger and receipt link to the execution's page in F&O, if there is one; F&O being away costs only the link."""
    fno.page = page
    run = drop()
    sent = replace(run, execution_id="ex-1", submission=Submission(calls=1))
    services.ledger.change(run.run_id, 1, lambda _: sent)
    assert end_run(services, Ending(run.run_id, 1, FAILED)) == FAILED
    assert services.ledger.get(run.run_id).execution_page == link
    assert receipt(services, run)["execution_page"] == link
