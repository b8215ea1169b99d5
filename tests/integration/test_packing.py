"""Intake wraps raw files in packages, and Landfall sends these."""

import io
import zipfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from uuid import uuid4

import pytest

from activities.intake import intake
from activities.roads import start_import
from activities.run_files import open_package
from landfall.claims import claim_file
from landfall.config.plan import Plan
from landfall.config.sources import DataSource
from landfall.packages.formats import read_rows
from landfall.packages.manifest import Manifest, PackageEntity
from landfall.packages.manifest_writing import write_header, write_manifest
from landfall.records import Outcome, Run, Step
from landfall.services import Services
from landfall.storage.account import LANDING, REPORTS
from landfall.storage.pinned import SourceChangedError
from tests.integration.conftest import FakeFno
from tests.unit.made_packages import zipped

ROUTES = {
    "imports": [
        {
            "name": "groups",
            "path": "groups/{company}/{name}.csv",
            "entity": "Customer groups",
            "format": "CSV",
        },
        {
            "name": "any",
            "path": "any/{company}/{entity}.txt",
            "format": "Tab-delimited",
            "data_project": "Any",
        },
    ]
}
GROUPS = b"customergroupid;description\n10;Wholesale\n"
DropRaw = Callable[[str, bytes], Run]


@pytest.fixture
def raw(services: Services) -> Services:
    """The app's services, with routes for raw files."""
    return replace(services, plan=Plan.model_validate(ROUTES))


@pytest.fixture
def drop_raw(raw: Services) -> DropRaw:
    """Put a file into the landing container and claim it, as its event would."""

    def dropped(path: str, content: bytes) -> Run:
        blob = raw.account.blob(f"{LANDING}/{path}")
        blob.upload_blob(content, overwrite=True)
        run = claim_file(raw, blob)
        assert run
        return run

    return dropped


def name() -> str:
    """A file name that no other test uses."""
    return f"{uuid4().hex}.csv"


def test_a_raw_file_is_wrapped_and_noted(raw: Services, drop_raw: DropRaw) -> None:
    """The ledger has the data project, the package's path and the changes, and keeps the size of the file itself."""
    file = name()
    run = drop_raw(f"groups/USMF/{file}", GROUPS)
    admission = intake(raw, Step(run.run_id))
    assert (admission.refusal, admission.lane) == (None, "customer groups")
    row = raw.ledger.get(run.run_id)
    assert (row.route, row.company, row.data_project) == ("groups", "USMF", "Customer groups")
    assert row.source
    assert row.source.size == len(GROUPS)
    assert row.files["wrapped"] == f"reports/{run.run_id}/package.zip"
    assert row.changes == (
        f"{file}: line ends became CR LF",
        f"{file}: semicolons became commas",
        f"{file}: column names were written in upper case",
    )


def test_the_package_is_sent_not_the_file(raw: Services, fno: FakeFno, drop_raw: DropRaw) -> None:
    """F&O gets the package with the file in it, and so does the explanation of errors."""
    run = drop_raw(f"groups/USMF/{name()}", GROUPS)
    intake(raw, Step(run.run_id))
    row = replace(raw.ledger.get(run.run_id), execution_id="e")
    start_import(raw, row)()
    with zipfile.ZipFile(io.BytesIO(fno.received[0])) as package:
        data = next(each for each in package.namelist() if each.endswith(".csv"))
        assert package.read(data) == b"CUSTOMERGROUPID,DESCRIPTION\r\n10,Wholesale\r\n"
    with open_package(raw, row) as (package, manifest):
        assert [each.line for each in read_rows(package, manifest.entities[0])] == [2]


def test_a_file_that_was_replaced_is_not_sent(raw: Services, fno: FakeFno, drop_raw: DropRaw) -> None:
    """A file that was replaced after intake is not sent, since the newer version has a run of its own."""
    file = f"groups/USMF/{name()}"
    run = drop_raw(file, GROUPS)
    intake(raw, Step(run.run_id))
    raw.account.blob(f"{LANDING}/{file}").upload_blob(b"new", overwrite=True)
    with pytest.raises(SourceChangedError):
        start_import(raw, replace(raw.ledger.get(run.run_id), execution_id="e"))
    assert fno.received == []


def test_the_entity_may_be_the_files_name(raw: Services, drop_raw: DropRaw) -> None:
    """A path that captures {entity} names the entity."""
    run = drop_raw(f"any/USMF/Customer groups {uuid4().hex}.txt", b"ID\tNAME\r\n1\ta\r\n")
    intake(raw, Step(run.run_id))
    with open_package(raw, raw.ledger.get(run.run_id)) as (_, manifest):
        assert manifest.data_project == "Any"
        assert manifest.entities[0].label.startswith("Customer groups ")


def test_a_templates_mapping_is_used(raw: Services, drop_raw: DropRaw, tmp_path: Path) -> None:
    """A route with a template reads the file like the template's entity, and sends its manifest."""
    entity = PackageEntity("Customer groups", "old.csv", "CSV-Unicode", {"CUSTOMERGROUPID": "Group"})
    template = {
        "Manifest.xml": write_manifest(Manifest("Template", (entity,))),
        "PackageHeader.xml": write_header("Template"),
        "old.csv": b"",
    }
    file = tmp_path / "template.zip"
    file.write_bytes(zipped(template))
    route = {"name": "t", "path": "groups/{company}/{name}.csv", "template": str(file)}
    services = replace(raw, plan=Plan.model_validate({"imports": [route]}))
    landed = name()
    run = drop_raw(f"groups/USMF/{landed}", b"group;other\n10;x\n")
    intake(services, Step(run.run_id))
    with open_package(services, services.ledger.get(run.run_id)) as (package, manifest):
        found = manifest.entities[0]
        assert (found.label, found.file, found.mapping) == ("Customer groups", landed, entity.mapping)
        assert package.read(landed) == b"\xff\xfe" + "group,other\r\n10,x\r\n".encode("utf-16-le")


def test_a_refused_file_leaves_no_package(raw: Services, drop_raw: DropRaw) -> None:
    """A file that is refused at its last line leaves no blob."""
    run = drop_raw(f"groups/USMF/{name()}", b'ID\n1\n"2')
    refusal = intake(raw, Step(run.run_id)).refusal
    assert refusal
    assert refusal.outcome == Outcome.REJECTED
    assert "is not valid CSV: line 3" in str(refusal.reason)
    reports = raw.account.blobs.get_container_client(REPORTS)
    assert list(reports.list_blob_names(name_starts_with=run.run_id)) == []


def test_an_invalid_company_id_is_refused(raw: Services, drop_raw: DropRaw) -> None:
    """A folder that is not a valid company ID is refused before the file is read."""
    run = drop_raw(f"groups/TOOLONG/{name()}", GROUPS)
    refusal = intake(raw, Step(run.run_id)).refusal
    assert refusal
    assert "'TOOLONG' is not a valid company ID" in str(refusal.reason)


def test_delimited_text_is_sent_as_the_environment_reads_it(raw: Services, drop_raw: DropRaw) -> None:
    """A dropped file is written in the dialect that `sources` names, and read in it afterwards."""
    source = DataSource(format="CSV", delimiter=";", encoding="windows-1252")
    services = replace(raw, plan=raw.plan.model_copy(update={"sources": (source,)}))
    run = drop_raw(f"groups/USMF/{name()}", "CUSTOMERGROUPID,DESCRIPTION\r\n10,Größe\r\n".encode())
    intake(services, Step(run.run_id))
    with open_package(services, services.ledger.get(run.run_id)) as (package, manifest):
        assert package.read(manifest.entities[0].file) == "CUSTOMERGROUPID;DESCRIPTION\r\n10;Größe\r\n".encode("cp1252")
        assert [each.values["DESCRIPTION"] for each in read_rows(package, manifest.entities[0])] == ["Größe"]
