"""F&O on premises: AD FS, paths below /namespaces/AXSF, files by plain PUT and GET (fno-behaviour 1.10, 7.5, 8.5)."""

import io
import time
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from typing import Any
from uuid import uuid4

import pytest
import requests

from activities.delivery import fetch_package
from activities.error_files import _fetch_file
from activities.roads import send_package
from activities.run_files import read_report
from landfall.config.behaviour import Submission
from landfall.config.environments import Fno
from landfall.fno import ExecutionStatus, ExportRequest, FnoClient, ImportRequest
from landfall.fno.error_files import KEYS, error_file_name
from landfall.fno.errors import NotMovedError
from landfall.fno.files import MAX_URLS
from landfall.fno.plain_files import PlainFileError
from landfall.records import Run
from landfall.services import Services, fno_client
from tests.integration.conftest import Drop, emulating
from tests.unit.made_packages import MadeEntity, package

DATA = b"GROUPID,NAME\r\n10,Wholesale\r\n,No key\r\n"
GROUPS = MadeEntity(columns={"GROUPID": "CUSTOMERGROUPID", "NAME": "DESCRIPTION"})


@pytest.fixture(scope="module")
def ready(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Any]]:
    """An F&O on premises in a process of its own; its ready line."""
    switches = ("--switch", "execution_seconds=0.1", "--switch", "queue_seconds=0")
    with emulating(tmp_path_factory.mktemp("premises"), "--onprem", *switches) as ready:
        yield ready


@pytest.fixture
def client(ready: dict[str, Any]) -> FnoClient:
    """The app's client of it, as the settings make it."""
    requests.post(f"{ready['url']}/_emulator/reset", timeout=30).raise_for_status()
    names = ("url", "authority", "tenant", "client_id", "client_secret")
    fno = Fno.model_validate({**{name: ready[name] for name in names}, "ca_bundle": ready["ca"]})
    assert fno.origin.endswith("/namespaces/AXSF")
    return fno_client(fno, Submission(answer_seconds=60))


@pytest.fixture
def services(services: Services, client: FnoClient) -> Services:
    """The app's services at this F&O."""
    return replace(services, fno=client)


@pytest.fixture
def run(drop: Drop) -> Run:
    """A run whose package is about to be sent."""
    return replace(drop(package(GROUPS, data=DATA)), execution_id=f"Groups-{uuid4()}")


def fault(client: FnoClient, operation: str, do: dict[str, Any], when: str = "before", nth: int = 1) -> None:
    """Have something go wrong."""
    plan = {"operation": operation, "nth": nth, "when": when, "do": do}
    requests.post(f"{client.origin}/_emulator/faults", json=plan, timeout=30).raise_for_status()


def asked(client: FnoClient, operation: str) -> int:
    """How often an operation was begun."""
    url = f"{client.origin}/_emulator/operations?operation={operation}"
    return sum(each["phase"] == "start" for each in requests.get(url, timeout=30).json()["operations"])


def ended(client: FnoClient, execution_id: str) -> ExecutionStatus:
    """The execution's final status."""
    for _ in range(200):
        if (status := client.status(execution_id)).is_final:
            return status
        time.sleep(0.05)
    raise AssertionError(f"{execution_id} never ended")


def test_a_package_is_imported_and_its_errors_come_back(services: Services, client: FnoClient, run: Run) -> None:
    """Up by one PUT, without a block and without a copy; the error file down by GET, into our reports."""
    url = send_package(services, run)
    assert (asked(client, "PutBlob"), asked(client, "PutBlock"), asked(client, "Unsupported")) == (1, 0, 0)
    execution = str(run.execution_id)
    client.import_package(ImportRequest(url, "On premises", execution, "USMF"))
    assert ended(client, execution) == ExecutionStatus.PARTIALLY_SUCCEEDED
    assert client.generate_error_keys(execution, "Customer groups")
    while not (keys := client.error_keys_url(execution, "Customer groups")):
        time.sleep(0.05)
    _fetch_file(services, run, keys, KEYS, "Customer groups")
    assert read_report(services, run, error_file_name(KEYS, "Customer groups"))


def test_an_export_comes_down(services: Services, client: FnoClient, run: Run) -> None:
    """The package is fetched by GET and lies whole where nobody reads it yet."""
    execution = str(run.execution_id)
    client.export_package(ExportRequest("Vendors export", execution, "USMF"))
    assert ended(client, execution) == ExecutionStatus.SUCCEEDED
    while not (held := fetch_package(services, run)):
        time.sleep(0.05)
    with zipfile.ZipFile(io.BytesIO(held.download_blob().readall())) as archive:
        assert archive.testzip() is None
        assert "Vendors V2.csv" in archive.namelist()


def test_a_broken_download_leaves_nothing(services: Services, client: FnoClient, run: Run) -> None:
    """What breaks off half-way is no blob, and is fetched again the next time."""
    execution = str(run.execution_id)
    client.export_package(ExportRequest("Vendors export", execution, "USMF"))
    ended(client, execution)
    while not client.exported_package_url(execution):
        time.sleep(0.05)
    fault(client, "GetBlob", {"half_body": True}, when="during")
    with pytest.raises(PlainFileError, match="broke off"):
        fetch_package(services, run)
    assert fetch_package(services, run)


def test_an_expired_write_url_is_renewed(services: Services, client: FnoClient, run: Run) -> None:
    """And given up in the end."""
    for nth in range(1, MAX_URLS):
        fault(client, "PutBlob", {"expire_sas": True}, nth=nth)
    assert send_package(services, run)
    assert asked(client, "GetAzureWriteUrl") == MAX_URLS
    for nth in range(1, MAX_URLS + 1):
        fault(client, "PutBlob", {"expire_sas": True}, nth=nth)
    with pytest.raises(NotMovedError, match=r"4 URLs in a row: 127\.0\.0\.1 answered 403"):
        send_package(services, run)


def test_what_arrives_is_compared(services: Services, client: FnoClient, run: Run) -> None:
    """A file that lost bytes on its way is sent again."""
    fault(client, "PutBlob", {"truncate": 10}, when="during")
    assert send_package(services, run)
    assert asked(client, "PutBlob") == 2


def test_a_url_elsewhere_is_not_opened(services: Services, client: FnoClient, run: Run) -> None:
    """Also on premises only the hosts that landfall.yaml names."""
    place = '{"value": "{\\"BlobId\\":\\"{1}\\",\\"BlobUrl\\":\\"http://169.254.169.254/a.zip?sig=c2VjcmV0\\"}"}'
    fault(client, "GetAzureWriteUrl", {"status": 200, "body": place})
    with pytest.raises(NotMovedError, match=r"169\.254\.169\.254, which is not opened") as refused:
        send_package(services, run)
    assert "c2VjcmV0" not in str(refused.value)
