"""Exports through the client: fno-behaviour 6."""

import io
import zipfile
from itertools import count

import pytest
import requests

from landfall.fno import ExportRequest, FnoClient, ProjectEntity
from landfall.fno.errors import RefusedError
from tests.contract.conftest import Caller

PROJECT = "Customers export"
INCREMENTAL = "Customer groups export"
IDS = count(1)


def request(project: str = PROJECT, **changes: object) -> ExportRequest:
    """A request under an id of its own."""
    return ExportRequest(project, f"client-{next(IDS)}", "USMF", **changes)  # type: ignore[arg-type]


def rows_of(fno: Caller, client: FnoClient, execution: str) -> dict[str, int]:
    """The number of rows in each data file of an export's package, fetched by the client's URL."""
    assert fno.wait(execution) == "Succeeded"
    urls = (client.exported_package_url(execution) for _ in range(50))
    with zipfile.ZipFile(io.BytesIO(requests.get(next(filter(None, urls)), timeout=30).content)) as whole:
        names = [each for each in whole.namelist() if each.endswith(".csv")]
        return {each: len(whole.read(each).decode().splitlines()) - 1 for each in names}


def test_export(fno: Caller, client: FnoClient) -> None:
    """ExportToPackage takes our id and brings every entity of the project (fno-behaviour 5.6, 6.1)."""
    wanted = request()
    assert client.export_package(wanted) == wanted.execution_id
    assert rows_of(fno, client, wanted.execution_id) == {"Customer groups.csv": 6, "Customers V3.csv": 4}


def test_export_of_some_entities(fno: Caller, client: FnoClient) -> None:
    """ExportToPackageAsync takes labels, and brings those entities alone."""
    execution = client.export_package(request(entities=("Customers V3",)))
    assert list(rows_of(fno, client, execution)) == ["Customers V3.csv"]


def test_preview(fno: Caller, client: FnoClient) -> None:
    """ExportToPackagePreview brings the first rows of each entity, 0 all of them."""
    first = client.export_package(request(preview_count=2))
    assert set(rows_of(fno, client, first).values()) == {2}
    every = client.export_package(request(preview_count=0))
    assert set(rows_of(fno, client, every).values()) == {4, 6}


def test_token(fno: Caller, client: FnoClient) -> None:
    """ResetVersionToken makes an entity's next incremental export full again (fno-behaviour 6.2)."""
    brought = [rows_of(fno, client, client.export_package(request(INCREMENTAL))) for _ in range(2)]
    assert client.reset_version_token(INCREMENTAL, "Customer groups")
    brought.append(rows_of(fno, client, client.export_package(request(INCREMENTAL))))
    assert [each["Customer groups.csv"] for each in brought] == [6, 0, 6]


def test_export_of_no_project(client: FnoClient) -> None:
    """A project that does not exist is refused, in F&O's words (fno-behaviour 6.1)."""
    with pytest.raises(RefusedError, match="Data project Nowhere does not exist"):
        client.export_package(request("Nowhere"))


@pytest.mark.usefixtures("seeded")
def test_entities_of_a_project(client: FnoClient) -> None:
    """The project's entities by label, with format and kind of refresh (fno-behaviour 1.11)."""
    assert client.project_entities(INCREMENTAL) == [
        ProjectEntity("Customer groups", "CSV", "IncrementalPush")
    ]
    assert [each.entity for each in client.project_entities(PROJECT)] == ["Customer groups", "Customers V3"]


def test_entities_of_no_project(client: FnoClient) -> None:
    """A project that does not exist has none."""
    assert client.project_entities("It's nowhere") == []
