"""What people and tools do to a file in landing beside dropping it: touch it, protect it, create it empty."""

from collections.abc import Iterator

import pytest
from azure.storage.blob import StandardBlobTier

from tests.e2e.site import Site, customer_groups, run_site


@pytest.fixture(scope="module")
def swept(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A site whose sweeper comes every few seconds, so that a test sees what it makes of a file."""
    sweeper = {"LANDFALL__SWEEPER__SCHEDULE": "*/3 * * * * *", "LANDFALL__SWEEPER__PATIENCE_SECONDS": "4"}
    with run_site(tmp_path_factory.mktemp("swept"), **sweeper) as site:
        yield site


def test_metadata_that_changes_while_fno_works_is_no_second_import(swept: Site) -> None:
    """The sweeper finds the new ETag, and its run imports nothing; the first one moves the file."""
    name, project = "packages/USMF/touched.zip", "Touched"
    swept.switch(durations={project: 12})
    first = swept.drop(name, customer_groups(project, ("T1", "Once")))
    swept.wait(lambda: [run for run in swept.runs(file=name) if run["state"] == "Running"], "the import")
    second = swept.blobs.get_blob_client("landing", name).set_blob_metadata({"mtime": "now"})["etag"]

    skipped, run = swept.run_of(name, etag=second), swept.run_of(name, etag=first)

    assert run["outcome"] == "Succeeded"
    assert (skipped["outcome"], skipped["same_as"]) == ("Superseded", run["run_id"])
    assert "archive" in run["files"]
    assert "archive" not in skipped["files"]
    assert swept.names("landing", name) == []
    assert swept.operations("ImportFromPackage", skipped["run_id"]) == []


def test_a_file_with_a_snapshot_is_imported_and_stays(swept: Site) -> None:
    """The import has succeeded, and its receipt says why the file is still in landing."""
    name = "packages/USMF/snapshot.zip"
    swept.drop(name, customer_groups("Snapshot", ("T2", "Once")))
    swept.blobs.get_blob_client("landing", name).create_snapshot()

    run = swept.run_of(name)

    assert run["outcome"] == "Succeeded"
    assert "it has snapshots" in run["left_behind"]
    assert swept.names("landing", name) == [name]
    assert len(swept.runs(file=name)) == 1


def test_a_file_in_the_archive_tier_is_refused(swept: Site) -> None:
    """At once and in words, because nobody can read it."""
    name = "packages/USMF/frozen.zip"
    swept.blobs.get_blob_client("landing", name).upload_blob(
        customer_groups("Frozen", ("T3", "Never")), standard_blob_tier=StandardBlobTier.ARCHIVE
    )

    run = swept.run_of(name)

    assert run["outcome"] == "Rejected"
    assert "archive access tier" in run["reason"]


def test_an_empty_file_that_is_written_later_has_one_run(swept: Site) -> None:
    """The placeholder is left alone; one that stays empty is refused when the sweeper has been patient."""
    name, empty = "packages/USMF/later.zip", "packages/USMF/empty.zip"
    swept.drop(name, b"")
    swept.drop(empty, b"")
    swept.drop(name, customer_groups("Later", ("T4", "Once")))

    run, refused = swept.run_of(name), swept.run_of(empty)

    assert (run["outcome"], len(swept.runs(file=name))) == ("Succeeded", 1)
    assert refused["outcome"] == "Rejected"
    assert "empty (0 bytes)" in refused["reason"]
