"""Delivery of an export: only whole packages are seen, and none is lost."""

import io
import zipfile
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from azure.core.exceptions import HttpResponseError

from activities.delivery import bring
from landfall.records import Outcome, Run, State, Step
from landfall.services import Services
from landfall.storage import EXPORTS
from landfall.transfer import CorruptCopyError
from tests.integration.conftest import Crash, CrashError, FakeFno
from tests.unit.made_packages import MadeEntity, files_of, package, zipped

HEADER = b"GROUPID,NAME\r\n"


@pytest.fixture
def run(known: Services) -> Run:
    """An export that F&O has run, of a slot that no other test uses."""
    slot = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(seconds=uuid4().int % 30_000_000)
    claimed = known.ledger.claim(
        Run(
            f"exp-groups-USMF-{uuid4().hex}",
            "export",
            State.RUNNING,
            export="groups",
            company="USMF",
            data_project="Groups",
            execution_id="Groups-1",
            times={"Slot": slot},
        )
    )
    assert claimed
    return claimed


Offer = Callable[[bytes], None]


@pytest.fixture
def offer(fno: FakeFno, run: Run) -> Offer:
    """Have F&O offer these bytes as the export's package."""

    def make(content: bytes) -> None:
        blob = fno.blob(f"{run.run_id}.zip")
        blob.upload_blob(content, overwrite=True)
        fno.package = blob.url

    return make


def target(run: Run) -> str:
    """Where the package of this run belongs."""
    slot = run.times["Slot"]
    return f"groups/USMF/{slot:%Y/%m/%d}/groups-USMF-{slot:%Y%m%dT%H%M%SZ}.zip"


def visible(known: Services, run: Run) -> list[str]:
    """What the export's readers see of this run, and what lies in the folder that is not for them."""
    names = list(known.account.blobs.get_container_client(EXPORTS).list_blob_names())
    return [name for name in names if name == target(run) or run.run_id in name]


def test_a_package_arrives_whole(known: Services, run: Run, offer: Offer) -> None:
    """Byte for byte at its final place, with rows per entity in the ledger, and no sign of the delivery left."""
    offer(package())
    delivered = bring(known, Step(run.run_id))
    assert delivered.finding
    assert delivered.finding.outcome == Outcome.SUCCEEDED
    assert visible(known, run) == [target(run)]
    assert known.account.blob(f"{EXPORTS}/{target(run)}").download_blob().readall() == package()
    row = known.ledger.get(run.run_id)
    assert row.files["package"] == f"{EXPORTS}/{target(run)}"
    assert [(each.entity, each.staged) for each in row.entities] == [("Customer groups", 2)]


def test_a_package_that_is_being_packed_is_waited_for(known: Services, run: Run) -> None:
    """No URL yet is no end."""
    assert bring(known, Step(run.run_id)).finding is None
    assert visible(known, run) == []


def test_delivering_twice_is_delivering_once(known: Services, run: Run, offer: Offer) -> None:
    """The step may be taken again by Durable."""
    offer(package())
    assert bring(known, Step(run.run_id)) == bring(known, Step(run.run_id))
    assert visible(known, run) == [target(run)]


@pytest.mark.parametrize(
    "content",
    [
        package(data=HEADER),
        package(data=b""),
        zipped(
            {name: data for name, data in files_of(MadeEntity()).items() if name != "Customer groups.csv"}
        ),
        package(MadeEntity(), MadeEntity("Vendors", "vendors.csv"), data=HEADER),
    ],
    ids=["header only", "empty file", "no file", "two entities"],
)
def test_no_rows_are_a_result_and_no_file(known: Services, run: Run, offer: Offer, content: bytes) -> None:
    """Nothing changed: readers are not given an empty package."""
    offer(content)
    delivered = bring(known, Step(run.run_id))
    assert delivered.finding
    assert delivered.finding.outcome == Outcome.NO_ROWS
    assert visible(known, run) == []
    assert "package" not in known.ledger.get(run.run_id).files


def test_one_entity_with_rows_is_enough(known: Services, run: Run, offer: Offer) -> None:
    """A package is delivered when any of its entities brings something, or might."""
    files = files_of(MadeEntity(), MadeEntity("Odd", "odd.bin", "Odd-Format"), data=HEADER)
    offer(zipped(files))
    delivered = bring(known, Step(run.run_id))
    assert delivered.finding
    assert delivered.finding.outcome == Outcome.SUCCEEDED


def damaged(place: float) -> bytes:
    """A package with a bad byte in its data."""
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files_of(MadeEntity(), data=HEADER + b"10,Wholesale\r\n" * 999).items():
            archive.writestr(name, data)
    content = bytearray(held.getvalue())
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        entry = archive.getinfo("Customer groups.csv")
    at = entry.header_offset + 30 + len(entry.filename) + int(entry.compress_size * place)
    content[at] ^= 0xFF
    return bytes(content)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"<html>Service unavailable</html>",
        package()[:-40],
        zipped({"data.csv": b"x"}),
        zipped({**files_of(MadeEntity()), "Manifest.xml": b"<a"}),
        damaged(0.01),
        damaged(0.5),
        damaged(0.99),
    ],
)
def test_what_is_not_whole_is_never_seen(known: Services, run: Run, offer: Offer, content: bytes) -> None:
    """A broken package is an error to be tried again, and later the good one arrives under the same name."""
    offer(content)
    with pytest.raises(CorruptCopyError):
        bring(known, Step(run.run_id))
    assert target(run) not in visible(known, run)
    offer(package())
    assert bring(known, Step(run.run_id)).finding
    assert visible(known, run) == [target(run)]


def test_a_package_that_is_gone_is_an_error(known: Services, run: Run, fno: FakeFno) -> None:
    """F&O forgets packages after a week: that is no empty export."""
    fno.package = fno.blob(f"{uuid4().hex}.zip").url
    with pytest.raises(HttpResponseError):
        bring(known, Step(run.run_id))
    assert visible(known, run) == []


@pytest.mark.parametrize(
    "crash", [Crash(at, answered) for at in range(1, 15) for answered in (False, True)], ids=str
)
def test_a_crash_anywhere_loses_nothing(
    known: Services, crashing: Callable[[Crash], Services], run: Run, offer: Offer, crash: Crash
) -> None:
    """Stopped at any request to storage, what is visible is whole, and the next try delivers it."""
    offer(package())
    with suppress(CrashError):
        bring(crashing(crash), Step(run.run_id))
    if target(run) in visible(known, run):
        assert known.account.blob(f"{EXPORTS}/{target(run)}").download_blob().readall() == package()
    assert bring(known, Step(run.run_id)).finding
    assert visible(known, run) == [target(run)]
    assert known.ledger.get(run.run_id).files["package"] == f"{EXPORTS}/{target(run)}"


def test_each_slot_has_a_place_of_its_own(known: Services, run: Run, offer: Offer) -> None:
    """The next slot's package does not take this one's place."""
    offer(package())
    bring(known, Step(run.run_id))
    slot = run.times["Slot"] + timedelta(days=1)
    later = known.ledger.claim(replace(run, run_id=f"{run.run_id}-2", times={"Slot": slot}))
    assert later
    bring(known, Step(later.run_id))
    assert target(run) in visible(known, run)
    assert target(later) in visible(known, later)
