"""Intake: what is admitted, what is refused, and what is noted of it."""

import hashlib
from dataclasses import replace

import pytest

from activities.intake import intake
from activities.run_files import write_report
from landfall.records import Action, Outcome, Run, State, Step, Submission
from landfall.services import Services
from landfall.storage.account import LANDING, REPORTS
from tests.integration.conftest import Drop, FakeFno
from tests.unit.made_packages import MadeEntity, package


def look(services: Services, run: Run) -> tuple[Outcome | None, str]:
    """How intake ends this run, if it does, and what it says."""
    refusal = intake(services, Step(run.run_id, run.attempt)).refusal
    return (refusal.outcome, str(refusal.reason)) if refusal else (None, "")


def test_a_package_is_admitted_and_noted(services: Services, drop: Drop) -> None:
    """The ledger knows route, company, project, size and hash; the gate gets lane and place."""
    run = drop()
    admission = intake(services, Step(run.run_id))
    assert admission.refusal is None
    row = services.ledger.get(run.run_id)
    assert (row.route, row.company, row.data_project) == ("packages", "USMF", "Customers")
    assert row.state == State.WAITING
    assert row.source
    assert (row.source.size, row.source.sha256) == (len(package()), hashlib.sha256(package()).hexdigest())
    assert row.source.etag == (run.source and run.source.etag)
    assert admission.landed.startswith(f"{run.times['Landed']:%Y-%m-%dT%H:%M:%S}")


def test_looking_twice_finds_the_same(services: Services, drop: Drop) -> None:
    """The step may be taken again by Durable."""
    run = drop()
    assert intake(services, Step(run.run_id)) == intake(services, Step(run.run_id))


@pytest.mark.parametrize(("one", "other", "same"), [("Customers", "CUSTOMERS", True), ("Customers", "Vendors", False)])
def test_a_data_project_has_one_lane(
    services: Services,
    drop: Drop,
    one: str,
    other: str,
    same: bool,  # noqa: FBT001  the case's value
) -> None:
    """F&O compares names without case, so two spellings may not run side by side."""
    lanes = []
    for project in (one, other):
        run = drop(package(project=project))
        lanes.append(intake(services, Step(run.run_id)).lane)
    assert (lanes[0] == lanes[1]) is same


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "empty (0 bytes)"),
        (b"item,price\r\n", "not a zip archive"),
        (package(MadeEntity(columns={})), "has no mapping"),
        (package(project=""), "data project"),
        (package()[:-30], "zip"),
    ],
)
def test_what_fno_would_refuse_is_refused(
    services: Services, fno: FakeFno, drop: Drop, content: bytes, said: str
) -> None:
    """Refused with the reason, before F&O hears of it; the file stays where it is until the run's end."""
    run = drop(content)
    outcome, reason = look(services, run)
    assert outcome == Outcome.REJECTED
    assert said in reason
    assert fno.asked == []


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("elsewhere/a.zip", "No route takes"),
        ("packages/TOOLONG/a.zip", "is not a valid company ID"),
        ("packages/U S/a.zip", "is not a valid company ID"),
    ],
)
def test_a_path_of_no_route_is_refused(services: Services, drop: Drop, path: str, said: str) -> None:
    """Whoever dropped it hears which paths there are."""
    run = drop()
    assert run.source
    source = replace(run.source, name=path)
    services.ledger.change(run.run_id, 1, lambda row: replace(row, source=source))
    outcome, reason = look(services, run)
    assert outcome == Outcome.REJECTED
    assert said in reason


def test_a_version_that_was_replaced_is_superseded(services: Services, drop: Drop, name: str) -> None:
    """The newer one has a run of its own; this one reads no byte of it."""
    run = drop()
    services.account.blob(f"{LANDING}/{name}").upload_blob(b"newer", overwrite=True)
    assert look(services, run)[0] == Outcome.SUPERSEDED


def test_a_file_that_is_gone_is_superseded(services: Services, drop: Drop, name: str) -> None:
    """Somebody took it back."""
    run = drop()
    services.account.blob(f"{LANDING}/{name}").delete_blob()
    assert look(services, run)[0] == Outcome.SUPERSEDED


def test_a_rerun_reads_the_archive_and_sets_reports_aside(services: Services, drop: Drop, name: str) -> None:
    """The earlier attempt's reports lie in a folder of their own, each once, and this attempt's place is empty."""
    run = drop()
    landing, kept = (
        services.account.blob(f"{LANDING}/{name}"),
        services.account.blob(f"archive/Failed/{name}"),
    )
    kept.upload_blob(landing.download_blob().readall())
    landing.delete_blob()
    for file, content in (("receipt.json", b"{}"), ("errors.csv", b"a"), ("error-keys-A-B.txt", b"")):
        write_report(services, run, file, file, content)
    again = services.ledger.change(
        run.run_id,
        1,
        lambda row: replace(row, attempt=2, submission=Submission(), files={"archive": f"archive/Failed/{name}"}),
    )
    for _ in range(2):
        assert look(services, again) == (None, "")
    reports = services.account.blobs.get_container_client(REPORTS).list_blob_names(name_starts_with=run.run_id)
    assert sorted(each.removeprefix(f"{run.run_id}/") for each in reports) == [
        "attempt-1/error-keys-A-B.txt",
        "attempt-1/errors.csv",
        "attempt-1/receipt.json",
    ]


def test_a_run_that_a_person_cancels_is_not_read(services: Services, drop: Drop) -> None:
    """A person can cancel a run that Landfall still reads, whatever the file holds."""
    run = drop(b"no package")
    unwanted = Action(services.now(), "ada", "canceled it")
    services.ledger.change(run.run_id, 1, lambda row: replace(row, unwanted=unwanted))
    assert look(services, run) == (Outcome.CANCELED, "A person canceled the run before it was sent to F&O.")
