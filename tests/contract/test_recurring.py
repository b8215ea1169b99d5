"""The recurring-integrations API (fno-behaviour 1.12, 5.12, 6.5)."""

import io
import json
import time
import zipfile

import pytest
import requests

from fno_emulator.server import Emulator
from tests.contract.conftest import Caller, token
from tests.contract.package_files import csv, package, part

IN, OUT, OTHERS = (f"7f2a1c54-5d6e-4b8a-9c11-3e0d2b7a6f0{n}" for n in (1, 2, 3))
GROUPS = csv(
    "CUSTOMERGROUPID,DESCRIPTION,PAYMENTTERMID,CLEARINGPERIODPAYMENTTERMNAME,ISSALESTAXINCLUDEDINPRICE,WRITEOFFREASON",
    "T1,Test,Net30,,No,",
)
pytestmark = pytest.mark.usefixtures("seeded")
ZERO = "00000000-0000-0000-0000-000000000000"


def enqueue(fno: Caller, content: bytes, query: str = "", activity: str = IN) -> requests.Response:
    """Enqueue a file for a job."""
    url = f"{fno.ready['url']}/api/connector/enqueue/{activity}{query}"
    headers = {"x-ms-dyn-externalidentifier": "mine.csv"}
    return fno.session.post(url, data=content, headers=headers, timeout=30)


def wait_for_message(fno: Caller, message: str) -> str:
    """Wait until a message is processed; returns its state."""
    for _ in range(1500):
        state: str = fno.value("GetMessageStatus", messageId=message)
        if state not in ("Enqueued", "Processing"):
            break
        time.sleep(0.02)
    return state


def test_single_file_is_imported(fno: Caller) -> None:
    """A file for an entity of the job's project is imported; the answer is a message id (fno-behaviour 1.12, 5.12)."""
    answer = enqueue(fno, GROUPS, "?entity=Customer groups&company=DEMF")
    assert answer.text.startswith('"')
    message = json.loads(answer.text)
    assert wait_for_message(fno, message) == "Processed"
    execution = fno.value("GetExecutionIdByMessageId", _messageId=message)
    assert fno.value("GetExecutionSummaryStatus", executionId=execution) == "Succeeded"
    assert [one["dataAreaId"] for one in fno.rows("CustomerGroups", "&$filter=CustomerGroupId eq 'T1'")] == ["demf"]
    detail = fno.get(f"/api/connector/jobstatus/%7B{IN}%7D?jobId={message}").json()
    assert detail["DataJobStatus"]["DataJobState"] == 5
    assert detail["DataJobStatus"]["ExternalIdentifier"] == "mine.csv"
    assert detail["ExecutionDetail"][0]["TargetRecords"] == 1


def test_package_without_entity(fno: Caller) -> None:
    """A package needs no entity, and its execution id is all zeros until the batch starts it (fno-behaviour 5.12)."""
    fno.control("PATCH", "settings", {"queue_seconds": 30})
    message = enqueue(fno, package(part("Customer groups", "CUSTOMERGROUPID", "T1"))).json()
    assert fno.value("GetExecutionIdByMessageId", _messageId=message) == ZERO
    assert fno.value("GetMessageStatus", messageId=message) == "Enqueued"
    fno.control("POST", "clock", {"advance": 31})
    assert wait_for_message(fno, message) == "Processed"


def test_invalid_file_is_a_pre_processing_error(fno: Caller) -> None:
    """A file that is not a package becomes a message in the state PreProcessingError (fno-behaviour 5.12)."""
    message = enqueue(fno, b"no package").json()
    assert fno.value("GetMessageStatus", messageId=message) == "PreProcessingError"
    assert fno.value("GetExecutionIdByMessageId", _messageId=message) == ZERO
    detail = fno.get(f"/api/connector/jobstatus/{IN}?jobId={message}").json()
    assert detail["DataJobStatus"]["DataJobState"] == 8
    assert "PackageHeader.xml" in detail["ExecutionLog"]


def test_dequeue_download_acknowledge(fno: Caller, running: Emulator) -> None:
    """A message is leased for 30 minutes, then delivered again until it is acknowledged (fno-behaviour 6.5)."""
    dequeue = f"/api/connector/dequeue/{OUT}"
    assert fno.get(dequeue).status_code == 204
    execution = fno.control("POST", f"recurring/{OUT}", {"company": "USMF"})["execution_id"]
    assert fno.wait(execution) == "Succeeded"
    first = fno.get(dequeue).json()
    assert first["LastDequeueDateTime"] is None
    assert fno.get(dequeue).status_code == 204, "leased"
    running.clock.advance(31 * 60)
    fno.session.headers["Authorization"] = f"Bearer {token(fno.ready).json()['access_token']}"
    again = fno.get(dequeue).json()
    assert again["LastDequeueDateTime"]
    content = fno.session.get(again["DownloadLocation"], timeout=30).content
    with zipfile.ZipFile(io.BytesIO(content)) as whole:
        assert "Customer groups.csv" in whole.namelist()
    assert requests.get(again["DownloadLocation"], timeout=30).status_code == 401
    ack = f"{fno.ready['url']}/api/connector/ack/{OUT}"
    assert fno.session.post(ack, json=first, timeout=30).status_code == 500, "the first lease is over"
    assert fno.session.post(ack, json=again, timeout=30).status_code == 200
    running.clock.advance(31 * 60)
    assert fno.get(dequeue).status_code == 204


def test_export_without_records_queues_nothing(fno: Caller) -> None:
    """An incremental export without records queues no message (fno-behaviour 6.5)."""
    for _ in range(2):
        fno.wait(fno.control("POST", f"recurring/{OUT}", {"company": "USMF"})["execution_id"])
    assert fno.get(f"/api/connector/dequeue/{OUT}").status_code == 200
    assert fno.get(f"/api/connector/dequeue/{OUT}").status_code == 204


@pytest.mark.parametrize(("switch", "has_file"), [("without_file", False), ("with_file", True)])
def test_export_without_records_may_queue_a_message(fno: Caller, switch: str, has_file: bool) -> None:  # noqa: FBT001
    """With the switch, an export without records queues a message, with or without a file (fno-behaviour 6.5)."""
    fno.control("PATCH", "settings", {"zero_records_message": switch})
    for _ in range(2):
        fno.wait(fno.control("POST", f"recurring/{OUT}", {"company": "USMF"})["execution_id"])
    full, empty = (fno.get(f"/api/connector/dequeue/{OUT}").json() for _ in range(2))
    assert full["IsDownLoadFileExist"]
    assert empty["IsDownLoadFileExist"] is has_file
    assert (empty["DownloadLocation"] is not None) is has_file
    ack = f"{fno.ready['url']}/api/connector/ack/{OUT}"
    assert fno.session.post(ack, json=empty, timeout=30).status_code == 200


@pytest.mark.parametrize(("switch", "origin"), [("http_80", "http://127.0.0.1:80"), ("https", "https://127.0.0.1")])
def test_location_behind_a_load_balancer(fno: Caller, switch: str, origin: str) -> None:
    """DownloadLocation may have a wrong scheme and port, but its path and query are right (fno-behaviour 6.7)."""
    fno.control("PATCH", "settings", {"download_location": switch})
    fno.wait(fno.control("POST", f"recurring/{OUT}", {"company": "USMF"})["execution_id"])
    location = fno.get(f"/api/connector/dequeue/{OUT}").json()["DownloadLocation"]
    assert location.startswith(f"{origin}/api/")
    assert fno.get(location.removeprefix(origin)).content.startswith(b"PK")


@pytest.mark.parametrize(("activity", "status"), [(ZERO, 500), ("no-guid", 500), (OTHERS, 401)])
def test_unknown_or_forbidden_activity(fno: Caller, activity: str, status: int) -> None:
    """An unknown activity answers 500, and one for other clients 401 (fno-behaviour 1.12)."""
    assert fno.get(f"/api/connector/dequeue/{activity}").status_code == status
