"""Imports through the client: fno-behaviour 5."""

from dataclasses import replace

import pytest

from landfall.fno import FnoClient
from landfall.fno.errors import ExecutionUnknownError, RefusedError
from tests.contract.client.conftest import GROUPS, answered, import_of
from tests.contract.conftest import Caller


def test_import(fno: Caller, client: FnoClient) -> None:
    """ImportFromPackage uses the given id and the package at GetAzureWriteUrl's place (fno-behaviour 5.6, 7.1)."""
    wanted = import_of(client, GROUPS)
    assert client.import_package(wanted) == wanted.execution_id
    assert fno.wait(wanted.execution_id) == "Succeeded"
    assert fno.rows("CustomerGroups", "&$filter=CustomerGroupId eq 'T1'")


def test_import_without_target_step(fno: Caller, client: FnoClient) -> None:
    """Without `execute` rows stay in staging (fno-behaviour 5.1)."""
    execution = client.import_package(import_of(client, GROUPS, execute=False))
    assert fno.wait(execution) == "Succeeded"
    assert fno.rows("CustomerGroups", "&$filter=CustomerGroupId eq 'T1'") == []


def test_import_without_overwrite(client: FnoClient) -> None:
    """Without `overwrite` F&O refuses a project that exists (fno-behaviour 2.3)."""
    first = import_of(client, GROUPS, overwrite=False)
    assert client.import_package(first)
    again = replace(import_of(client, GROUPS, overwrite=False), data_project=first.data_project)
    with pytest.raises(RefusedError, match="overwrite has not been specified"):
        client.import_package(again)


def test_asynchronous_import(fno: Caller, eager: FnoClient) -> None:
    """ImportFromPackageAsync does the same as the plain action (fno-behaviour 1.16)."""
    wanted = import_of(eager, GROUPS)
    assert eager.import_package(wanted) == wanted.execution_id
    assert fno.wait(wanted.execution_id) == "Succeeded"
    assert answered(fno, "ImportFromPackageAsync") == [200]


def test_a_package_that_unpacks_for_long(fno: Caller, client: FnoClient, eager: FnoClient) -> None:
    """F&O ends a synchronous call that lasts, and imports nothing; the asynchronous one works (fno-behaviour 2.19)."""
    fno.control("PATCH", "settings", {"unpack_seconds": 1, "interactive_seconds": 0.2})
    wanted = import_of(client, GROUPS)
    with pytest.raises(RefusedError, match="Execution Timeout Expired"):
        client.import_package(wanted)
    with pytest.raises(ExecutionUnknownError):
        client.status(wanted.execution_id)
    assert eager.import_package(wanted) == wanted.execution_id
    assert fno.wait(wanted.execution_id) == "Succeeded"


def test_import_with_batch_group(fno: Caller, client: FnoClient) -> None:
    """ImportFromDMTPackage imports a package (fno-behaviour 1.5)."""
    execution = client.import_dmt_package(import_of(client, GROUPS, batch_group="Night", fail_on_error=True))
    assert fno.wait(execution) == "Succeeded"


def test_no_package_is_refused(client: FnoClient) -> None:
    """F&O refuses a file that is not a package (fno-behaviour 2.5)."""
    with pytest.raises(RefusedError, match=r"Could not find file .*PackageHeader\.xml"):
        client.import_package(import_of(client, b"no package"))
