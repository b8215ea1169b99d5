"""Delivery of an export: only whole packages are seen, and none is lost."""

import io
import zipfile
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from activities.delivery import PATIENT_ASKS, Delivered, DeliveryStep, deliver
from activities.publishing import receipt_path
from landfall.config.plan import Plan
from landfall.fno import EntityResult
from landfall.ids import request_hash
from landfall.records import Demand, Finding, Outcome, Run, State
from landfall.services import Services
from landfall.storage.account import EXPORTS
from tests.integration.conftest import Crash, CrashError, FakeFno
from tests.unit.made_packages import MadeEntity, files_of, package, zipped

HEADER = b"GROUPID,NAME\r\n"


@pytest.fixture
def run(services: Services) -> Run:
    """An export that F&O has run, of a slot that no other test uses."""
    slot = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(seconds=uuid4().int % 30_000_000)
    claimed = services.ledger.claim(
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


def with_export(services: Services, **more: object) -> Services:
    """The services with the export that the runs are of, set so."""
    entry = {"name": "groups", "data_project": "Groups", "companies": ["USMF"], "schedule": "0 0 6 * * *"}
    return replace(services, plan=Plan.model_validate({"exports": [entry | more]}))


def target(run: Run) -> str:
    """Where the package of this run belongs."""
    slot = run.times["Slot"]
    return f"groups/USMF/{slot:%Y/%m/%d}/groups-USMF-{slot:%Y%m%dT%H%M%SZ}.zip"


def visible(services: Services, run: Run) -> list[str]:
    """What the export's readers see of this run, and what lies in the folder that is not for them."""
    names = list(services.account.blobs.get_container_client(EXPORTS).list_blob_names())
    return [name for name in names if name == target(run) or run.run_id in name]


def test_a_package_arrives_whole(services: Services, run: Run, offer: Offer) -> None:
    """Byte for byte at its final place, with rows per entity in the ledger, and no sign of the delivery left."""
    offer(package())
    delivered = deliver(services, DeliveryStep(run.run_id))
    assert delivered.finding
    assert delivered.finding.outcome == Outcome.SUCCEEDED
    assert visible(services, run) == [target(run)]
    assert services.account.blob(f"{EXPORTS}/{target(run)}").download_blob().readall() == package()
    row = services.ledger.get(run.run_id)
    assert row.files["package"] == f"{EXPORTS}/{target(run)}"
    assert [(each.entity, each.staged) for each in row.entities] == [("Customer groups", 2)]


def test_a_package_that_is_being_packed_is_waited_for(services: Services, run: Run) -> None:
    """No URL yet is no end."""
    assert deliver(services, DeliveryStep(run.run_id)).finding is None
    assert visible(services, run) == []


def test_delivering_twice_is_delivering_once(services: Services, run: Run, offer: Offer) -> None:
    """The step may be taken again by Durable."""
    offer(package())
    assert deliver(services, DeliveryStep(run.run_id)) == deliver(services, DeliveryStep(run.run_id))
    assert visible(services, run) == [target(run)]


@pytest.mark.parametrize(
    "content",
    [
        package(data=HEADER),
        package(data=b""),
        zipped({name: data for name, data in files_of(MadeEntity()).items() if name != "Customer groups.csv"}),
        package(MadeEntity(), MadeEntity("Vendors", "vendors.csv"), data=HEADER),
    ],
    ids=["header only", "empty file", "no file", "two entities"],
)
def test_no_rows_are_a_result_and_no_file(services: Services, run: Run, offer: Offer, content: bytes) -> None:
    """Nothing changed: readers are not given an empty package."""
    offer(content)
    delivered = deliver(services, DeliveryStep(run.run_id))
    assert delivered.finding
    assert delivered.finding.outcome == Outcome.NO_ROWS
    assert visible(services, run) == []
    assert "package" not in services.ledger.get(run.run_id).files


def test_no_rows_can_be_delivered_all_the_same(services: Services, run: Run, offer: Offer) -> None:
    """Readers who want a file for every slot get F&O's own, and the outcome is the same."""
    offer(package(data=HEADER))
    delivered = deliver(with_export(services, no_rows="deliver"), DeliveryStep(run.run_id))
    assert delivered.finding
    assert delivered.finding.outcome == Outcome.NO_ROWS
    assert visible(services, run) == [target(run)]


@pytest.mark.parametrize(
    ("staged", "outcome"), [(0, Outcome.NO_ROWS), (3, None)], ids=["nothing exported", "rows exported"]
)
def test_a_package_that_is_never_named_may_be_none(
    services: Services, run: Run, fno: FakeFno, staged: int, outcome: Outcome | None
) -> None:
    """Asked long enough, F&O's counts tell: where rows were exported, their package is missed."""
    fno.results = [EntityResult("Customer groups", "Finished", "Finished", staged, staged, 0)]
    assert deliver(services, DeliveryStep(run.run_id, asks=PATIENT_ASKS - 1)) == Delivered()
    delivered = deliver(services, DeliveryStep(run.run_id, asks=PATIENT_ASKS))
    assert (delivered.finding and delivered.finding.outcome) == outcome
    assert (delivered.trouble is None) is (outcome is not None)


@pytest.mark.parametrize("unpack", ["besides", "instead"])
def test_a_package_can_be_unpacked(services: Services, run: Run, offer: Offer, unpack: str) -> None:
    """Its data files lie in a folder named like it, byte for byte and typed, beside it or in its stead."""
    entities = (MadeEntity(), MadeEntity("Vendors", "Vendors.csv"), MadeEntity("None", "none.csv"))
    files = {name: data for name, data in files_of(*entities).items() if name != "none.csv"}
    offer(zipped(files))
    assert deliver(with_export(services, unpack=unpack), DeliveryStep(run.run_id)).finding
    folder = target(run).removesuffix(".zip")
    wanted = [f"{folder}/Customer groups.csv", f"{folder}/Vendors.csv"]
    kept = [target(run)] * (unpack == "besides")
    container = services.account.blobs.get_container_client(EXPORTS)
    assert list(container.list_blob_names(name_starts_with=folder)) == sorted([*kept, *wanted])
    assert container.download_blob(wanted[0]).readall() == files["Customer groups.csv"]
    assert container.get_blob_client(wanted[0]).get_blob_properties().content_settings.content_type == "text/csv"
    row = services.ledger.get(run.run_id)
    assert receipt_path(row.files) == f"{EXPORTS}/{kept[0] if kept else folder}.receipt.json"
    assert ("package" in row.files) is bool(kept)
    assert row.files["data: Vendors.csv"] == f"{EXPORTS}/{wanted[1]}"
    assert [(each.entity, each.size) for each in row.entities][-1] == ("None", 0)


def test_an_entry_that_leaves_the_zip_is_not_unpacked(services: Services, run: Run, offer: Offer) -> None:
    """Whatever F&O names, nothing is written outside the slot's own folder."""
    offer(zipped(files_of(MadeEntity(file="../../elsewhere.csv"))))
    assert "an entry that escapes it" in str(
        deliver(with_export(services, unpack="instead"), DeliveryStep(run.run_id)).trouble
    )


def test_a_preview_is_no_delivery(services: Services, run: Run, offer: Offer) -> None:
    """It lies under preview/, where readers of deliveries do not look, under its request's name."""
    demand = Demand(request_hash("key-1"), preview=5)
    services.ledger.change(run.run_id, 1, lambda row: replace(row, demand=demand))
    offer(package())
    assert deliver(services, DeliveryStep(run.run_id)).finding
    place = services.ledger.get(run.run_id).files["package"]
    assert place.startswith(f"{EXPORTS}/preview/groups/USMF/")
    assert place.endswith(f"Z-{demand.request[:8]}.zip")
    assert target(run) not in visible(services, run)


def test_an_expired_url_is_asked_for_anew(services: Services, run: Run, fno: FakeFno, offer: Offer) -> None:
    """F&O's URLs live for an hour: the next one is asked for at once, three times, before it counts as trouble."""
    offer(package())
    good, expired = fno.package, fno.package.replace("sig=", "sig=AAAA")
    fno.package = [expired, expired, good]
    assert deliver(services, DeliveryStep(run.run_id)).finding
    fno.package = [expired] * 4
    assert "4 URLs in a row" in str(deliver(services, DeliveryStep(run.run_id)).trouble)


def test_a_replaced_attempt_delivers_nothing(services: Services, run: Run, offer: Offer) -> None:
    """A person has had the delivery taken up again: the old one ends quietly."""
    offer(package())
    services.ledger.change(run.run_id, 1, lambda row: replace(row, attempt=2))
    delivered = deliver(services, DeliveryStep(run.run_id, 1))
    assert delivered.finding
    assert "attempt 2" in str(delivered.finding.reason)
    assert visible(services, run) == []


def test_what_was_given_up_is_not_delivered_any_more(services: Services, run: Run, offer: Offer) -> None:
    """A full push has replaced it: old rows must not arrive after new ones."""
    offer(package())
    services.ledger.change(run.run_id, 1, lambda row: replace(row, outcome=Outcome.FAILED, reason="replaced"))
    assert deliver(services, DeliveryStep(run.run_id)) == Delivered(Finding(Outcome.FAILED, "replaced"))
    assert visible(services, run) == []


def test_a_late_success_takes_the_trouble_from_the_row(services: Services, run: Run, offer: Offer) -> None:
    """While it fails the row says why; delivered, it says nothing more."""
    offer(b"<html>Service unavailable</html>")
    deliver(services, DeliveryStep(run.run_id))
    assert services.ledger.get(run.run_id).reason
    offer(package())
    deliver(services, DeliveryStep(run.run_id))
    assert services.ledger.get(run.run_id).reason is None


def test_one_entity_with_rows_is_enough(services: Services, run: Run, offer: Offer) -> None:
    """A package is delivered when any of its entities brings something, or might."""
    files = files_of(MadeEntity(), MadeEntity("Odd", "odd.bin", "Odd-Format"), data=HEADER)
    offer(zipped(files))
    delivered = deliver(services, DeliveryStep(run.run_id))
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
def test_what_is_not_whole_is_never_seen(services: Services, run: Run, offer: Offer, content: bytes) -> None:
    """A broken package is a trouble that may pass, and later the good one arrives under the same name."""
    offer(content)
    tried = deliver(services, DeliveryStep(run.run_id))
    assert tried.finding is None
    assert "CorruptCopyError" in str(tried.trouble)
    assert services.ledger.get(run.run_id).reason == tried.trouble
    assert target(run) not in visible(services, run)
    offer(package())
    assert deliver(services, DeliveryStep(run.run_id)).finding
    assert visible(services, run) == [target(run)]


def test_a_package_that_is_gone_is_an_error(services: Services, run: Run, fno: FakeFno) -> None:
    """F&O forgets packages after a week: that is no empty export."""
    fno.package = fno.blob(f"{uuid4().hex}.zip").url
    assert "NotFound" in str(deliver(services, DeliveryStep(run.run_id)).trouble)
    assert visible(services, run) == []


@pytest.mark.parametrize("crash", [Crash(at, answered) for at in range(1, 15) for answered in (False, True)], ids=str)
def test_a_crash_anywhere_loses_nothing(
    services: Services, crashing: Callable[[Crash], Services], run: Run, offer: Offer, crash: Crash
) -> None:
    """Stopped at any request to storage, what is visible is whole, and the next try delivers it."""
    offer(package())
    with suppress(CrashError):
        deliver(crashing(crash), DeliveryStep(run.run_id))
    if target(run) in visible(services, run):
        assert services.account.blob(f"{EXPORTS}/{target(run)}").download_blob().readall() == package()
    assert deliver(services, DeliveryStep(run.run_id)).finding
    assert visible(services, run) == [target(run)]
    assert services.ledger.get(run.run_id).files["package"] == f"{EXPORTS}/{target(run)}"


def test_each_slot_has_a_place_of_its_own(services: Services, run: Run, offer: Offer) -> None:
    """The next slot's package does not take this one's place."""
    offer(package())
    deliver(services, DeliveryStep(run.run_id))
    slot = run.times["Slot"] + timedelta(days=1)
    later = services.ledger.claim(replace(run, run_id=f"{run.run_id}-2", times={"Slot": slot}))
    assert later
    deliver(services, DeliveryStep(later.run_id))
    assert target(run) in visible(services, run)
    assert target(later) in visible(services, later)
