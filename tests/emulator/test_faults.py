"""The effects of faults on requests, responses and transfers."""

import os
import time

import pytest
import requests

from tests.contract.conftest import Caller
from tests.contract.package_files import package, part

GROUPS = package(part("Customer groups", "CUSTOMERGROUPID,DESCRIPTION", "T1,Test"))
CONTENT = os.urandom(100_000)
BLOCK_BLOB = {"x-ms-blob-type": "BlockBlob"}


def plan(fno: Caller, operation: str, when: str, **do: object) -> None:
    """Plan a fault at the next call of an operation."""
    fno.control("POST", "faults", {"operation": operation, "when": when, "do": do})


def all_consumed(fno: Caller) -> bool:
    """Whether every planned fault has struck."""
    return fno.control("GET", "faults?consumed=false")["faults"] == []


def test_answer_cut_in_the_middle(fno: Caller) -> None:
    """A connection that closes in the middle of the answer leaves the work done."""
    plan(fno, "ExportToPackage", "during", half_body=True)
    with pytest.raises(requests.exceptions.ChunkedEncodingError):
        fno.run_export("Vendors export")
    assert len(fno.control("GET", "executions")["executions"]) == 1
    assert fno.control("GET", "operations?operation=ExportToPackage")["operations"][1]["status"] is None
    assert all_consumed(fno)


def test_download_cut_in_the_middle(fno: Caller) -> None:
    """A download may end early, and the next one is complete."""
    url = fno.write_url("a")
    requests.put(url, data=CONTENT, headers=BLOCK_BLOB, timeout=30)
    plan(fno, "GetBlob", "during", half_body=True)
    with pytest.raises(requests.exceptions.ChunkedEncodingError):
        requests.get(url, timeout=30)
    assert requests.get(url, timeout=30).content == CONTENT


def test_upload_cut_in_the_middle(fno: Caller) -> None:
    """An upload that breaks off leaves no blob."""
    url = fno.write_url("a")
    plan(fno, "PutBlob", "during", drop=True)
    with pytest.raises(requests.ConnectionError):
        requests.put(url, data=CONTENT * 20, headers=BLOCK_BLOB, timeout=30)
    assert requests.get(url, timeout=30).status_code == 404


def test_truncated_copy_looks_complete(fno: Caller) -> None:
    """A truncated copy answers 201, so that only a comparison shows that bytes are missing."""
    source, target = fno.write_url("a"), fno.write_url("b")
    requests.put(source, data=CONTENT, headers=BLOCK_BLOB, timeout=30)
    plan(fno, "PutBlobFromUrl", "during", truncate=999)
    copy = requests.put(target, headers=BLOCK_BLOB | {"x-ms-copy-source": source}, timeout=30)
    assert copy.status_code == 201
    assert len(requests.get(target, timeout=30).content) == 999


def test_refused_copy(fno: Caller) -> None:
    """A server-side copy can be refused while a plain upload is accepted."""
    url = fno.write_url("a")
    plan(fno, "PutBlobFromUrl", "before", status=501)
    assert requests.put(url, headers=BLOCK_BLOB | {"x-ms-copy-source": url}, timeout=30).status_code == 501
    assert requests.put(url, data=b"x", headers=BLOCK_BLOB, timeout=30).status_code == 201


def test_url_that_counts_as_expired(fno: Caller) -> None:
    """The SAS counts as expired for one call only."""
    url = fno.write_url("a")
    plan(fno, "PutBlob", "before", expire_sas=True)
    assert requests.put(url, data=b"x", headers=BLOCK_BLOB, timeout=30).status_code == 403
    assert requests.put(url, data=b"x", headers=BLOCK_BLOB, timeout=30).status_code == 201


def test_no_answer_at_all(fno: Caller) -> None:
    """A hanging call ends when the caller gives up, and the log has no status for it."""
    plan(fno, "GetExecutionSummaryStatus", "before", hang=True)
    with pytest.raises(requests.ReadTimeout):
        fno.session.post(
            f"{fno.ready['url']}/data/DataManagementDefinitionGroups/"
            "Microsoft.Dynamics.DataEntities.GetExecutionSummaryStatus",
            json={"executionId": "x"},
            timeout=0.3,
        )
    for _ in range(1500):
        entries = fno.control("GET", "operations?operation=GetExecutionSummaryStatus")["operations"]
        if len(entries) == 2:
            break
        time.sleep(0.02)
    assert [one.get("status", "start") for one in entries] == ["start", None]


def test_slow_answer_is_complete(fno: Caller) -> None:
    """A response that drips arrives completely."""
    plan(fno, "GetAzureWriteUrl", "during", drip=0.01)
    assert "/dmf/a?" in fno.write_url("a")
    assert all_consumed(fno)


def test_answer_that_is_not_json(fno: Caller) -> None:
    """A fault can answer 200 with a body that is not JSON."""
    plan(fno, "GetAzureWriteUrl", "after", status=200, body="<html>")
    assert fno.post("GetAzureWriteUrl", uniqueFileName="a").text == "<html>"
