"""A version is its content: what changes the ETag alone changes nothing about a run."""

from collections.abc import Callable
from contextlib import suppress
from uuid import uuid4

import pytest
from azure.core.exceptions import ResourceModifiedError
from azure.storage.blob import ContentSettings, StandardBlobTier

from activities.archiving import Ending, end_run
from activities.counting import count_entities
from activities.explaining import write_explanation
from activities.intake import Admission, intake
from activities.roads import IMPORT
from activities.run_files import open_package
from activities.submission import submit
from landfall.claims import claim_file
from landfall.fno import EntityResult, WriteUrl
from landfall.records import Finding, Outcome, Run, Step
from landfall.services import Services
from landfall.storage.account import LANDING
from landfall.storage.landing import FileTouchedError
from landfall.storage.pinned import SourceChangedError
from tests.integration.conftest import Crash, CrashError, Drop, FakeFno
from tests.integration.test_archiving import archived, has_landed, place_of
from tests.integration.test_parts import Land, batches, land, marked, whole  # noqa: F401  fixtures
from tests.unit.made_packages import package

SUCCEEDED = Finding(Outcome.SUCCEEDED)


def touch(services: Services, name: str) -> Run:
    """Change the ETag of a landed file and nothing of its content; the run of the new ETag."""
    blob = services.account.blob(f"{LANDING}/{name}")
    blob.set_blob_metadata({"mtime": uuid4().hex})
    run = claim_file(services, blob)
    assert run
    return run


def admit(services: Services, run: Run) -> Finding | None:
    """Take intake's step; how the run ends there, if it does."""
    admission = intake(services, Step(run.run_id, run.attempt))
    assert isinstance(admission, Admission)
    return admission.refusal


def send(services: Services, run: Run) -> None:
    """Take the submission's step."""
    assert submit(services, Step(run.run_id), lambda _: IMPORT).execution_id


def test_a_touched_file_is_imported_once(services: Services, fno: FakeFno, drop: Drop, name: str) -> None:
    """The first run goes on and moves the file; the run of the new ETag imports nothing and says why."""
    run = drop()
    assert admit(services, run) is None
    second = touch(services, name)
    skipped = admit(services, second)
    assert skipped
    assert skipped.outcome == Outcome.SUPERSEDED
    assert f"the same content as run {run.run_id}, which is under way" in str(skipped.reason)
    end_run(services, Ending(second.run_id, 1, skipped))
    assert has_landed(services, name)
    send(services, run)
    assert fno.received == [package()]
    end_run(services, Ending(run.run_id, 1, SUCCEEDED))
    assert (archived(services, run), archived(services, second)) == ([place_of(run, Outcome.SUCCEEDED)], [])
    assert not has_landed(services, name)
    assert services.ledger.get(second.run_id).same_as == run.run_id


def test_a_file_that_goes_offline_while_fno_works_is_counted(services: Services, fno: FakeFno, drop: Drop) -> None:
    """F&O has imported it: its counts and errors are told without the package, which nobody can read any more."""
    run = drop()
    assert admit(services, run) is None
    send(services, run)
    assert run.source
    services.account.blob(f"{LANDING}/{run.source.name}").set_standard_blob_tier(StandardBlobTier.ARCHIVE)
    fno.results = [EntityResult("Customer groups", "Finished", "Finished", 2, 2, 0)]
    assert count_entities(services, Step(run.run_id)) is None
    (counts,) = services.ledger.get(run.run_id).entities
    assert (counts.staged, counts.created) == (2, 2)
    assert "F&O named neither" in write_explanation(services, run)
    end_run(services, Ending(run.run_id, 1, SUCCEEDED))
    ended = services.ledger.get(run.run_id)
    assert (ended.outcome, "archive access tier" in str(ended.left_behind)) == (Outcome.SUCCEEDED, True)


def test_headers_are_no_content(
    services: Services, crashing: Callable[[Crash], Services], drop: Drop, name: str
) -> None:
    """A file whose media type changes between copy and delete is deleted all the same."""
    run = drop()
    assert admit(services, run) is None
    crash = Crash(1)
    while not services.ledger.get(run.run_id).files.get("archive"):
        with suppress(CrashError):
            end_run(crashing(crash), Ending(run.run_id, 1, SUCCEEDED))
        crash = Crash(crash.at + 1)
    blob = services.account.blob(f"{LANDING}/{name}")
    blob.set_http_headers(ContentSettings(content_type="application/x-other"))
    end_run(services, Ending(run.run_id, 1, SUCCEEDED))
    assert archived(services, run) == [place_of(run, Outcome.SUCCEEDED)]
    assert not has_landed(services, name)


def test_a_transfer_that_breaks_off_is_taken_again(services: Services, fno: FakeFno, drop: Drop, name: str) -> None:
    """The file is touched after it was located and before it was read: F&O is not asked, and the next try sends it."""
    run = drop()
    admit(services, run)

    def touched(file: str) -> WriteUrl:
        fno.write = None
        touch(services, name)
        return fno.write_url(file)

    fno.write = touched
    with pytest.raises(FileTouchedError):
        submit(services, Step(run.run_id), lambda _: IMPORT)
    send(services, run)
    assert (len(fno.started), fno.received) == (1, [package()])


def test_a_package_that_is_touched_while_it_is_read_is_read_again(services: Services, drop: Drop, name: str) -> None:
    """Counting and explaining start over, instead of going on as if the file were gone."""
    run = services.ledger.get(drop().run_id)
    admit(services, run)
    run = services.ledger.get(run.run_id)

    def read_late(change: Callable[[], object]) -> None:
        with open_package(services, run):
            change()
            raise ResourceModifiedError

    with pytest.raises(FileTouchedError):
        read_late(lambda: touch(services, name))
    with pytest.raises(SourceChangedError):
        read_late(lambda: services.account.blob(f"{LANDING}/{name}").upload_blob(b"newer", overwrite=True))


def test_a_file_that_is_touched_before_it_was_read_is_the_second_runs(
    services: Services, drop: Drop, name: str
) -> None:
    """Nobody knows yet what the first run's version held, so it ends unread and the second run imports the file."""
    run = drop()
    second = touch(services, name)
    unread = admit(services, run)
    assert unread
    assert unread.outcome == Outcome.SUPERSEDED
    assert admit(services, second) is None
    end_run(services, Ending(run.run_id, 1, unread))
    assert has_landed(services, name)


def test_a_batch_whose_marker_and_part_are_touched_goes_on(
    batches: Services,  # noqa: F811
    land: Land,  # noqa: F811
) -> None:
    """All parts and the marker go to the archive, and the marker's second run imports nothing."""
    run = whole(land)
    assert run.source
    assert admit(batches, run) is None
    folder = run.source.name.rpartition("/")[0]
    batches.account.blob(f"{LANDING}/{folder}/groups.csv").set_blob_metadata({"a": "b"})
    second = touch(batches, run.source.name)
    skipped = admit(batches, second)
    assert skipped
    assert skipped.outcome == Outcome.SUPERSEDED
    end_run(batches, Ending(second.run_id, 1, skipped))
    send(batches, run)
    end_run(batches, Ending(run.run_id, 1, SUCCEEDED))
    assert len(archived(batches, run)) == 3
    names = batches.account.blobs.get_container_client(LANDING).list_blob_names(name_starts_with=folder)
    assert list(names) == []


def test_a_marker_that_is_touched_before_it_is_read_keeps_its_parts(
    batches: Services,  # noqa: F811
    land: Land,  # noqa: F811
) -> None:
    """The run of the first ETag ends without the parts; that of the second one imports them."""
    run = whole(land)
    assert run.source
    second = touch(batches, run.source.name)
    skipped = admit(batches, run)
    assert skipped
    end_run(batches, Ending(run.run_id, 1, skipped))
    assert archived(batches, run) == []
    assert admit(batches, second) is None
    assert len(batches.ledger.get(second.run_id).parts) == 2


def test_a_batch_with_a_new_part_is_a_new_version(
    batches: Services,  # noqa: F811
    land: Land,  # noqa: F811
) -> None:
    """The marker is as empty as before, and what it stands for is not."""
    run = whole(land)
    admit(batches, run)
    land("customers.csv", b"ID,NAME\r\n2,b\r\n")
    second = marked(land)
    finding = submit(batches, Step(run.run_id), lambda _: IMPORT).finding
    assert finding
    assert finding.outcome == Outcome.SUPERSEDED
    assert admit(batches, second) is None


CRASHES = [Crash(at, answered) for at in range(1, 16) for answered in (False, True)]


@pytest.mark.parametrize("crash", CRASHES, ids=str)
def test_a_crash_anywhere_imports_a_touched_file_once(
    services: Services, crashing: Callable[[Crash], Services], fno: FakeFno, drop: Drop, crash: Crash
) -> None:
    """Whichever step of either run stops, the other goes its way: one execution, one place, nothing in landing."""
    run = drop()
    assert run.source
    name = run.source.name
    with suppress(CrashError):
        intake(crashing(crash), Step(run.run_id))
    second = touch(services, name)
    ends = {}
    for each in (second, run):
        with suppress(CrashError):
            intake(crashing(crash), Step(each.run_id))
        ends[each.run_id] = admit(services, each)
    imported, skipped = (run, second) if ends[run.run_id] is None else (second, run)
    finding = ends[skipped.run_id]
    assert finding
    assert ends[imported.run_id] is None
    with suppress(CrashError):
        end_run(crashing(crash), Ending(skipped.run_id, 1, finding))
    end_run(services, Ending(skipped.run_id, 1, finding))
    send(services, imported)
    with suppress(CrashError):
        end_run(crashing(crash), Ending(imported.run_id, 1, SUCCEEDED))
    end_run(services, Ending(imported.run_id, 1, SUCCEEDED))
    assert len(fno.started) == 1
    assert archived(services, run) + archived(services, second) == [place_of(imported, Outcome.SUCCEEDED)]
    assert not has_landed(services, name)
