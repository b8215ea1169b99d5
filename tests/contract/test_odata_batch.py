"""`$batch` (fno-behaviour 1.14)."""

import json

import requests
from requests.structures import CaseInsensitiveDict

from tests.contract.conftest import Caller, emulator_only

CUSTOMER = {
    "dataAreaId": "usmf",
    "OrganizationName": "B",
    "CustomerGroupId": "10",
    "SalesCurrencyCode": "USD",
}
READ = "GET Currencies('USD') HTTP/1.1\r\n\r\n"


def part(request: str, boundary: str) -> str:
    """A request as a part of a multipart body."""
    head = "Content-Type: application/http\r\nContent-Transfer-Encoding: binary\r\n\r\n"
    return f"--{boundary}\r\n{head}{request}\r\n"


def create(collection: str, body: object) -> str:
    """A POST request for a changeset."""
    return f"POST /data/{collection} HTTP/1.1\r\nContent-Type: application/json\r\n\r\n{json.dumps(body)}"


def changeset(*writes: str) -> str:
    """A changeset as a part of a batch."""
    inner = "".join(part(one, "set") for one in writes)
    return f"--all\r\nContent-Type: multipart/mixed; boundary=set\r\n\r\n{inner}--set--\r\n"


def post(fno: Caller, *parts: str, **headers: str) -> requests.Response:
    """Send a batch. Skips the test if the batch would change a real environment."""
    if any("boundary=set" in one for one in parts):
        emulator_only("a changeset would change the environment")
    kind = CaseInsensitiveDict({"Content-Type": "multipart/mixed; boundary=all"} | headers)
    body = ("".join(parts) + "--all--\r\n").encode()
    return fno.session.post(f"{fno.ready['url']}/data/$batch", data=body, headers=kind, timeout=30)


def test_reads_and_a_changeset(fno: Caller) -> None:
    """A batch answers its requests in order, and writes its changeset (fno-behaviour 1.14)."""
    made = [create("CustomersV3", {**CUSTOMER, "CustomerAccount": name}) for name in ("B-1", "B-2")]
    answer = post(fno, part(READ, "all"), changeset(*made), part("GET CustomersV3/$count HTTP/1.1\r\n\r\n", "all"))
    assert answer.status_code == 200
    assert answer.headers["Content-Type"].startswith("multipart/mixed; boundary=")
    assert [line for line in answer.text.splitlines() if line.startswith("HTTP/1.1")] == [
        "HTTP/1.1 200 OK",
        "HTTP/1.1 201 Created",
        "HTTP/1.1 201 Created",
        "HTTP/1.1 200 OK",
    ]
    assert "US Dollar" in answer.text
    assert len(fno.rows("CustomersV3", "&$filter=OrganizationName eq 'B'")) == 2


def test_changeset_is_whole_or_nothing(fno: Caller) -> None:
    """A refused write undoes its changeset, is its only answer, and ends the batch (fno-behaviour 1.14)."""
    good, bad = ({**CUSTOMER, "CustomerAccount": "B-1"}, {**CUSTOMER, "CustomerGroupId": "NONE"})
    parts = (changeset(create("CustomersV3", good), create("CustomersV3", bad)), part(READ, "all"))
    answer = post(fno, *parts)
    assert answer.text.count("HTTP/1.1 ") == answer.text.count("HTTP/1.1 400 Bad Request") == 1
    assert "is not found in the related table" in answer.text
    assert fno.rows("CustomersV3", "&$filter=CustomerAccount eq 'B-1'") == []
    assert "HTTP/1.1 200 OK" in post(fno, *parts, Prefer="odata.continue-on-error").text


def test_project_is_made_in_one_go(fno: Caller) -> None:
    """One changeset creates a project with its details, or nothing (fno-behaviour 1.11, 1.14)."""
    sets = "DataManagementDefinitionGroups", "DataManagementDefinitionGroupDetails"
    project = create(sets[0], {"Name": "Mine", "OperationType": "Export"})
    details = [
        create(sets[1], {"DefinitionGroupId": "Mine", "EntityName": label, "AutoGenerateMapping": "Yes"})
        for label in ("Currencies", "Customer groups", "Nothing of the kind")
    ]
    assert "The data project or the entity does not exist" in post(fno, changeset(project, *details)).text
    assert fno.get(f"/data/{sets[0]}('Mine')").status_code == 404
    assert post(fno, changeset(project, *details[:2])).text.count("HTTP/1.1 201 Created") == 3
    assert fno.run_export("Mine")[1] == "Succeeded"


def test_invalid_batch_is_400(fno: Caller) -> None:
    """Another content type and an invalid URL in a request answer 400 (fno-behaviour 1.14)."""
    assert post(fno, **{"Content-Type": "application/json"}).status_code == 400
    assert post(fno, part("GET $nothing HTTP/1.1\r\n\r\n", "all")).status_code == 400
