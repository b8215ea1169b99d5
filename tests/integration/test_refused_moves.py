"""What storage refuses for good changes nothing about a run's outcome, is said in words, and is not tried for ever."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest
from azure.core.exceptions import HttpResponseError
from azure.storage.blob import BlobClient, StandardBlobTier

from activities.archiving import Ending, end_run, settle
from activities.roads import IMPORT
from activities.submission import submit
from landfall.claims import claim_file
from landfall.config.settings import Storage
from landfall.records import ComeBack, Finding, Outcome, Run, State, Step, utc_now
from landfall.services import Services
from landfall.storage.account import ARCHIVE, LANDING, REPORTS, DataAccount
from tests.integration.conftest import Drop, FakeFno
from tests.integration.policies import Policy
from tests.integration.test_archiving import FAILED, OVERDUE, archived, has_landed, place_of, receipt
from tests.integration.test_parts import Land, batches, land, whole  # noqa: F401  fixtures
from tests.integration.test_touched_files import SUCCEEDED, admit, touch
from tests.unit.dashboard.test_templates import text_of
from web.decisions import decide
from web.models import Resolution


@pytest.fixture(autouse=True)
def clean(account: DataAccount) -> Iterator[None]:
    """Leave nothing behind in landing that other tests could not delete."""
    yield
    landing = account.blobs.get_container_client(LANDING)
    for name in landing.list_blob_names():
        landing.delete_blob(name, delete_snapshots="include")


def left(services: Services, run: Run) -> str:
    """What the run says about files that could not be moved; its receipt says the same."""
    said = services.ledger.get(run.run_id).left_behind
    assert receipt(services, run)["left_behind"] == said
    return str(said)


def test_a_snapshot_leaves_the_file_and_the_outcome(services: Services, drop: Drop, name: str) -> None:
    """Somebody made the snapshot on purpose, so it stays, and the file with it; the import has succeeded."""
    run, blob = drop(), services.account.blob(f"{LANDING}/{name}")
    snapshot = blob.create_snapshot()["snapshot"]
    assert end_run(services, Ending(run.run_id, 1, SUCCEEDED)) == SUCCEEDED
    assert services.ledger.get(run.run_id).outcome == Outcome.SUCCEEDED
    assert left(services, run) == (
        f"{name} is archived and could not be removed from landing: it has snapshots. Delete them first."
    )
    assert "it has snapshots" in text_of(services.ledger.get(run.run_id))
    assert archived(services, run) == [place_of(run, Outcome.SUCCEEDED)]
    assert BlobClient.from_blob_url(f"{blob.url}?snapshot={snapshot}", services.account.blobs.credential).exists()
    assert end_run(services, Ending(run.run_id, 1, FAILED)) == SUCCEEDED


@pytest.mark.parametrize("finding", [SUCCEEDED, FAILED, OVERDUE], ids=lambda finding: finding.outcome)
def test_a_file_left_behind_is_not_imported_again(services: Services, drop: Drop, name: str, finding: Finding) -> None:
    """Its version has its run; and a change of its metadata is nobody's wish to try again, whatever the outcome."""
    run, blob = drop(), services.account.blob(f"{LANDING}/{name}")
    admit(services, run)
    blob.create_snapshot()
    end_run(services, Ending(run.run_id, 1, finding))
    known = claim_file(services, blob)
    assert known
    assert (known.run_id, known.outcome) == (run.run_id, finding.outcome)
    skipped = admit(services, touch(services, name))
    assert skipped
    assert skipped.outcome == Outcome.SUPERSEDED
    assert run.run_id in str(skipped.reason)


def test_a_lease_is_waited_for_and_not_for_ever(services: Services, drop: Drop, name: str) -> None:
    """Most leases end within a minute; one that does not is somebody's, and only named."""
    run = drop()
    lease = services.account.blob(f"{LANDING}/{name}").acquire_lease()
    ending = Ending(run.run_id, 1, SUCCEEDED)
    assert isinstance(settle(services, ending), ComeBack)
    assert services.ledger.get(run.run_id).outcome is None
    later = replace(services, now=lambda: utc_now() + timedelta(minutes=3))
    assert settle(later, ending) == replace(settle(later, ending), outcome=Outcome.SUCCEEDED)
    assert "somebody holds a lease on it" in left(services, run)
    lease.release()


def test_a_lease_that_ends_costs_only_time(services: Services, drop: Drop, name: str) -> None:
    """The file is moved when the lease is over, and nothing is left to say."""
    run = drop()
    lease = services.account.blob(f"{LANDING}/{name}").acquire_lease()
    assert isinstance(settle(services, Ending(run.run_id, 1, SUCCEEDED)), ComeBack)
    lease.release()
    settle(services, Ending(run.run_id, 1, SUCCEEDED))
    assert services.ledger.get(run.run_id).left_behind is None
    assert not has_landed(services, name)


@pytest.mark.parametrize("finding", [SUCCEEDED, FAILED, Finding(Outcome.CANCELED)], ids=lambda each: each.outcome)
@pytest.mark.parametrize(
    ("policy", "said"),
    [
        (Policy(LANDING, 409, "BlobImmutableDueToPolicy"), "removed from landing: an immutability policy protects it"),
        (Policy(LANDING, 409, "BlobImmutableDueToLegalHold"), "a legal hold protects it"),
        (Policy(LANDING, 403, "AuthorizationPermissionMismatch"), "Landfall is not allowed to"),
        (Policy(LANDING, 409, "SomethingNew"), "storage refuses it (SomethingNew)"),
        (Policy(ARCHIVE, 403, "AuthorizationFailure"), "could not be archived: Landfall is not allowed to"),
        (Policy(f"{REPORTS}/imp", 409, "BlobImmutableDueToPolicy"), "The receipt could not be written: an immut"),
    ],
    ids=lambda each: f"{each.prefix} {each.code}" if isinstance(each, Policy) else "",
)
def test_a_policy_changes_no_outcome(  # noqa: PLR0913, PLR0917  the cases' values
    services: Services, storage: Storage, drop: Drop, policy: Policy, said: str, finding: Finding
) -> None:
    """The run ends as it ended in F&O, and says what could not be done and why; a second call tries nothing more."""
    run, refusing = drop(), policy.on(services, storage)
    assert end_run(refusing, Ending(run.run_id, 1, finding)) == finding
    row = services.ledger.get(run.run_id)
    assert row.outcome == finding.outcome
    assert said in str(row.left_behind)
    assert ("archive" in row.files) is (policy.prefix != ARCHIVE)
    assert ("receipt" in row.files) is policy.prefix.startswith((LANDING, ARCHIVE))


def test_a_refusal_that_passes_is_tried_again(services: Services, storage: Storage, drop: Drop) -> None:
    """A disabled account is enabled some day, and the file is still there."""
    run, refusing = drop(), Policy(LANDING, 403, "AccountIsDisabled").on(services, storage)
    with pytest.raises(HttpResponseError):
        end_run(refusing, Ending(run.run_id, 1, SUCCEEDED))
    assert end_run(services, Ending(run.run_id, 1, SUCCEEDED)) == SUCCEEDED
    assert services.ledger.get(run.run_id).left_behind is None


def test_an_earlier_copy_that_is_protected_stays(services: Services, storage: Storage, drop: Drop) -> None:
    """The file was archived as one for a person to look at, under a policy, and then succeeded."""
    run = drop()
    end_run(services, Ending(run.run_id, 1, OVERDUE))
    refusing = Policy(f"{ARCHIVE}/NeedsAttention", 409, "BlobImmutableDueToPolicy").on(services, storage)
    assert end_run(refusing, Ending(run.run_id, 1, SUCCEEDED)) == SUCCEEDED
    place = place_of(run, Outcome.NEEDS_ATTENTION)
    assert left(services, run) == (
        f"The earlier copy at {ARCHIVE}/{place} could not be removed: an immutability policy protects it."
    )


def test_a_person_can_resolve_a_run_whose_file_stays(services: Services, drop: Drop, name: str) -> None:
    """What a person has found out is recorded, and the file is named as long as it stays."""
    run, blob = drop(), services.account.blob(f"{LANDING}/{name}")
    blob.create_snapshot()
    end_run(services, Ending(run.run_id, 1, OVERDUE))
    decided = decide(services.ledger, run.run_id, "Ada", Resolution(resolution="it ran"))
    assert decided.ending
    end_run(services, Ending(run.run_id, 1, decided.ending))
    assert services.ledger.get(run.run_id).outcome == Outcome.SUCCEEDED
    assert "it has snapshots" in left(services, run)


def test_one_part_left_behind_stops_no_other(
    batches: Services,  # noqa: F811
    land: Land,  # noqa: F811
) -> None:
    """The batch is archived, and the part that stays in landing is named."""
    run = whole(land)
    assert run.source
    folder = run.source.name.rpartition("/")[0]
    batches.account.blob(f"{LANDING}/{folder}/groups.csv").create_snapshot()
    admit(batches, run)
    end_run(batches, Ending(run.run_id, 1, SUCCEEDED))
    assert len(archived(batches, run)) == 3
    assert left(batches, run).startswith(f"{folder}/groups.csv is archived and could not be removed from landing")
    landing = batches.account.blobs.get_container_client(LANDING)
    assert list(landing.list_blob_names(name_starts_with=folder)) == [f"{folder}/groups.csv"]


def test_a_file_in_the_archive_tier_is_refused_in_words(
    services: Services, fno: FakeFno, drop: Drop, name: str
) -> None:
    """Nobody can read it, so it is rejected at once and stays where it is."""
    run = drop()
    services.account.blob(f"{LANDING}/{name}").set_standard_blob_tier(StandardBlobTier.ARCHIVE)
    rejected = admit(services, run)
    assert rejected == Finding(
        Outcome.REJECTED,
        "The file cannot be read: it is in the archive access tier. Move it to the hot tier, and then run it again.",
    )
    end_run(services, Ending(run.run_id, 1, rejected))
    assert services.ledger.get(run.run_id).outcome == Outcome.REJECTED
    assert f"{name} could not be archived: it is in the archive access tier" in left(services, run)
    assert has_landed(services, name)
    assert fno.asked == []


def test_a_file_that_moves_to_the_archive_tier_is_not_sent(
    services: Services, fno: FakeFno, drop: Drop, name: str
) -> None:
    """It was read and waited for its turn: the run fails in words, and F&O is not asked to import anything."""
    run = drop()
    admit(services, run)
    services.account.blob(f"{LANDING}/{name}").set_standard_blob_tier(StandardBlobTier.ARCHIVE)
    finding = submit(services, Step(run.run_id), lambda _: IMPORT).finding
    assert finding
    assert (finding.outcome, "archive access tier" in str(finding.reason)) == (Outcome.FAILED, True)
    assert fno.requests == []


def test_reports_under_a_policy_keep_no_file_from_running_again(
    services: Services, storage: Storage, drop: Drop
) -> None:
    """They stay where they are, and the new attempt goes on."""
    run = drop()
    end_run(services, Ending(run.run_id, 1, FAILED))
    again = services.ledger.change(
        run.run_id, 1, lambda row: replace(row, attempt=2, state=State.CLAIMED, outcome=None)
    )
    assert admit(Policy(REPORTS, 409, "BlobImmutableDueToPolicy").on(services, storage), again) is None
