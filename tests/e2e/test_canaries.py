"""Secrets planted where F&O speaks are searched for in everything that is written while runs go all ways."""

import json
from pathlib import Path
from typing import Any

from tests.e2e.site import Site, customer_groups

SIGNATURE = "Q2FuYXJ5U2lnbmF0dXJlT2ZMYW5kZmFsbA%3D%3D"
URL = f"https://canary.blob.core.windows.net/dmf/a.zip?sv=2014-02-14&sr=b&sig={SIGNATURE}&se=2031-01-01T00%3A00Z&sp=rw"
TOKEN = "eyJhbGciOiJSUzI1NiJ9.eyJjYW5hcnkiOiJsYW5kZmFsbCJ9.Q2FuYXJ5VG9rZW4"
SECRET = "canary~client.secret-0123456789"
PROSE = f"cannot read {URL} with Bearer {TOKEN}; client_secret={SECRET}&scope=x"
CANARIES = [SIGNATURE.encode(), TOKEN.encode(), SECRET.encode()]
IMPORT, STATUS = "ImportFromPackage", "GetExecutionSummaryStatus"


def refusal(operation: str, status: int) -> dict[str, Any]:
    """The next call of an operation is answered with an error whose words hold the canaries."""
    body = json.dumps({"error": {"code": "", "message": "x", "innererror": {"message": PROSE}}})
    headers = {"Content-Type": "application/json", "x-canary": URL}
    return {"operation": operation, "do": {"status": status, "headers": headers, "body": body}}


def written(folder: Path) -> list[Path]:
    """All that the run has written, but the emulator's own state and the log that shows what it was told."""
    theirs = folder / "emulator"
    return [
        path
        for path in folder.rglob("*")
        if path.is_file() and theirs not in path.parents and path.name != "emulator.log"
    ]


def test_no_canary_is_found(site: Site) -> None:
    """Refused, unavailable and failing calls all quote them; history, ledger, records, logs and answers do not."""
    for name, fault in {
        "refused": refusal(IMPORT, 400),
        "away": refusal(STATUS, 503),
        "denied": refusal("GetAzureWriteUrl", 403),
    }.items():
        site.plan_fault(fault)
        project = f"Canary {name}"
        site.drop(f"packages/USMF/canary-{name}.zip", customer_groups(project, (f"CAN-{name[:3]}", "Tweet")))
        run = site.run_of(f"packages/USMF/canary-{name}.zip")
        answered = json.dumps(run).encode() + site.call("GET", f"runs/{run['run_id']}").content
        assert not [each for each in CANARIES if each in answered], name

    faults = site.fno("faults")["faults"]
    assert sum(each["consumed"] for each in faults if "canary" in json.dumps(each)) == 3
    found = {
        str(path.relative_to(site.folder)): each
        for path in written(site.folder)
        for each in CANARIES
        if each in path.read_bytes()
    }
    assert found == {}


def test_the_refusal_is_told_without_them(site: Site) -> None:
    """The words around the secrets reach the receipt, or nobody could tell what F&O had said."""
    site.plan_fault(refusal(IMPORT, 400))
    site.drop("packages/USMF/canary-words.zip", customer_groups("Canary words", ("CAN-W", "Tweet")))
    run = site.run_of("packages/USMF/canary-words.zip")
    assert "cannot read https://canary.blob.core.windows.net/dmf/a.zip" in run["reason"]
    assert "sig=REDACTED" in run["reason"]
