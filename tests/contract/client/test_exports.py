"""Exports through the client: fno-behaviour 6."""

import io
import zipfile

import pytest
import requests

from landfall.fno import FnoClient
from landfall.fno.errors import RefusedError
from tests.contract.client.conftest import GROUPS, answered, export_of, import_of
from tests.contract.conftest import Caller

PROJECT = "Customers export"
INCREMENTAL = "Customer groups export"


def rows_of(fno: Caller, client: FnoClient, execution: str) -> dict[str, int]:
    """Return the number of rows in each data file of an export's package."""
    assert fno.wait(execution) == "Succeeded"
    urls = (client.exported_package_url(execution) for _ in range(50))
    with zipfile.ZipFile(io.BytesIO(requests.get(next(filter(None, urls)), timeout=30).content)) as whole:
        names = [each for each in whole.namelist() if each.endswith(".csv")]
        return {each: len(whole.read(each).decode().splitlines()) - 1 for each in names}


def test_export(fno: Caller, client: FnoClient) -> None:
    """ExportToPackage uses the given id and exports every entity of the project (fno-behaviour 5.6, 6.1)."""
    wanted = export_of(PROJECT)
    assert client.export_package(wanted) == wanted.execution_id
    assert rows_of(fno, client, wanted.execution_id) == {"Customer groups.csv": 6, "Customers V3.csv": 4}


def test_export_of_some_entities(fno: Caller, client: FnoClient) -> None:
    """ExportToPackageAsync exports the named entities only."""
    execution = client.export_package(export_of(PROJECT, entities=("Customers V3",)))
    assert list(rows_of(fno, client, execution)) == ["Customers V3.csv"]


def test_preview(fno: Caller, client: FnoClient) -> None:
    """ExportToPackagePreview exports the first rows of each entity, and all of them for 0."""
    first = client.export_package(export_of(PROJECT, preview_count=2))
    assert set(rows_of(fno, client, first).values()) == {2}
    every = client.export_package(export_of(PROJECT, preview_count=0))
    assert set(rows_of(fno, client, every).values()) == {4, 6}


def test_token(fno: Caller, client: FnoClient) -> None:
    """ResetVersionToken makes an entity's next incremental export full again (fno-behaviour 6.2)."""
    brought = [rows_of(fno, client, client.export_package(export_of(INCREMENTAL))) for _ in range(2)]
    assert client.reset_version_token(INCREMENTAL, "Customer groups")
    brought.append(rows_of(fno, client, client.export_package(export_of(INCREMENTAL))))
    assert [each["Customer groups.csv"] for each in brought] == [6, 0, 6]


def test_export_of_no_project(client: FnoClient) -> None:
    """F&O refuses a project that does not exist (fno-behaviour 6.1)."""
    with pytest.raises(RefusedError, match="Data project Nowhere does not exist"):
        client.export_package(export_of("Nowhere"))


def test_asynchronous_export(fno: Caller, eager: FnoClient) -> None:
    """ExportToPackageAsync and its preview export the same as the plain actions (fno-behaviour 1.16)."""
    some = rows_of(fno, eager, eager.export_package(export_of(PROJECT, preview_count=1)))
    assert set(some.values()) == {1}
    every = rows_of(fno, eager, eager.export_package(export_of(PROJECT)))
    assert every == {"Customer groups.csv": 6, "Customers V3.csv": 4}
    assert answered(fno, "ExportToPackageAsync") == answered(fno, "ExportToPackagePreviewAsync") == [200]


def test_delta(fno: Caller, client: FnoClient) -> None:
    """ExportToPackageDelta exports changes only, even of a project that pushes everything (fno-behaviour 1.5)."""
    wanted = [export_of("Vendors export", entities=("Vendor groups",)) for _ in range(2)]
    brought = [rows_of(fno, client, client.export_delta(each)) for each in wanted]
    assert brought == [{"Vendor groups.csv": 4}, {"Vendor groups.csv": 0}]


def test_export_by_a_package(fno: Caller, client: FnoClient) -> None:
    """ExportFromPackage exports what a package's manifest names (fno-behaviour 1.5)."""
    execution = client.export_from_package(import_of(client, GROUPS))
    assert rows_of(fno, client, execution) == {"Customer groups.csv": 6}
