"""Entity sets (fno-behaviour 1.6 to 1.9)."""

import base64

import pytest
import requests
from defusedxml.ElementTree import fromstring

from tests.contract.conftest import Caller, emulator_only
from tests.contract.package_files import package, part

SAN_DIEGO = "CustomersV3(dataAreaId='usmf',CustomerAccount='US-001')"


def send(fno: Caller, method: str, path: str, body: object = None, **headers: str) -> requests.Response:
    """Send a request under /data. Skips the test if the request would change a real environment."""
    if method != "GET":
        emulator_only(f"{method} would change the environment")
    return fno.session.request(method, f"{fno.ready['url']}/data/{path}", json=body, headers=headers, timeout=30)


@pytest.mark.parametrize(
    ("expression", "accounts"),
    [
        ("CustomerAccount eq 'us-001'", ["US-001"]),
        ("OrganizationName eq '*Retail*'", ["US-001", "US-002"]),
        ("contains(OrganizationName,'wholesales') and CreditLimit gt 0", ["US-003"]),
        ("not (AddressCity eq 'Denver') and CustomerGroupId ne '30'", ["US-003"]),
        ("CreditLimit ge 500000.5 or AddressCity eq 'Denver'", ["US-003", "US-004"]),
        ("PartyType eq Microsoft.Dynamics.DataEntities.PartyType'Person'", []),
        ("CredManCustomerSince lt 2016-01-01 and CredManCustomerSince gt 1900-01-01", ["US-001"]),
        ("dataAreaId eq 'demf'", []),
    ],
)
@pytest.mark.usefixtures("seeded")
def test_filter(fno: Caller, expression: str, accounts: list[str]) -> None:
    """Comparisons, functions, enums, dates and wildcards select the default company's rows (fno-behaviour 1.6, 1.7)."""
    found = send(fno, "GET", f"CustomersV3?$filter={expression}&$orderby=CustomerAccount").json()["value"]
    assert [one["CustomerAccount"] for one in found] == accounts


@pytest.mark.parametrize(
    "expression", ["Nothing eq 'x'", "CustomerAccount in ('a')", "CustomerAccount eq", "((", "$skip=x"]
)
def test_invalid_filter_is_400(fno: Caller, expression: str) -> None:
    """An invalid filter answers 400 instead of no rows (fno-behaviour 1.7)."""
    assert send(fno, "GET", f"CustomersV3?$filter={expression}").status_code == 400


@pytest.mark.usefixtures("seeded")
def test_options(fno: Caller) -> None:
    """$select, $orderby, $skip, $top and $count combine on the default company's rows (fno-behaviour 1.6, 1.7)."""
    answer = send(
        fno,
        "GET",
        "CustomersV3?$select=CustomerAccount&$orderby=CustomerAccount desc&$skip=1&$top=2&$count=true",
    ).json()
    assert answer["@odata.count"] == 4
    assert [one["CustomerAccount"] for one in answer["value"]] == ["US-003", "US-002"]
    assert set(answer["value"][0]) == {"@odata.etag", "CustomerAccount"}
    assert len(fno.rows("CustomersV3")) == 6


def test_pages_follow_the_link(fno: Caller) -> None:
    """The pages of a long set are connected by nextLink (fno-behaviour 1.7)."""
    fno.control("PATCH", "settings", {"page_size": 4})
    url, seen, pages = f"{fno.ready['url']}/data/CustomerGroups?cross-company=true", [], 0
    while url:
        answer = fno.session.get(url, timeout=30).json()
        seen += [(one["dataAreaId"], one["CustomerGroupId"]) for one in answer["value"]]
        url, pages = answer.get("@odata.nextLink"), pages + 1
    assert (len(seen), len(set(seen)), pages) == (30, 30, 8)


@pytest.mark.usefixtures("seeded")
def test_count_has_a_byte_order_mark(fno: Caller) -> None:
    """$count answers text that starts with a byte order mark (fno-behaviour 1.9)."""
    assert send(fno, "GET", "CustomersV3/$count").content == b"\xef\xbb\xbf4"


@pytest.mark.usefixtures("seeded")
def test_key_access(fno: Caller) -> None:
    """A URL needs the whole key of a record, and cross-company for another company (fno-behaviour 1.6)."""
    assert send(fno, "GET", SAN_DIEGO).json()["OrganizationName"] == "Contoso Retail San Diego"
    assert send(fno, "GET", "Currencies('USD')").json()["Name"] == "US Dollar"
    berlin = "CustomersV3(dataAreaId='demf',CustomerAccount='DE-001')"
    assert send(fno, "GET", berlin).status_code == 404
    assert send(fno, "GET", f"{berlin}?cross-company=true").status_code == 200
    assert send(fno, "GET", "CustomersV3('US-001')").status_code == 404


def test_etag_is_version_and_record(fno: Caller) -> None:
    """The etag holds record version and record id, and protects a record against lost updates (fno-behaviour 1.8)."""
    tag = send(fno, "GET", SAN_DIEGO).json()["@odata.etag"]
    version, _, _ = base64.b64decode(tag[3:-1]).decode().strip("'").partition(",")
    assert version == "1"
    assert send(fno, "PATCH", SAN_DIEGO, {"AddressCity": "La Jolla"}, **{"If-Match": tag}).status_code == 204
    assert send(fno, "PATCH", SAN_DIEGO, {"AddressCity": "Del Mar"}, **{"If-Match": tag}).status_code == 412
    assert send(fno, "GET", SAN_DIEGO).json()["AddressCity"] == "La Jolla"


def test_create_and_delete(fno: Caller) -> None:
    """POST inserts a record into the body's company and returns it; DELETE deletes it (fno-behaviour 1.18)."""
    body = {
        "dataAreaId": "demf",
        "CustomerAccount": "O'Neil",
        "OrganizationName": "O'Neil",
        "CustomerGroupId": "10",
        "SalesCurrencyCode": "EUR",
        "CredManCustomerSince": "2020-02-29T12:00:00Z",
        "CreditLimit": 10.5,
    }
    made = send(fno, "POST", "CustomersV3", body)
    assert made.status_code == 201
    assert (made.json()["LanguageId"], made.json()["CreditLimit"]) == ("en-US", 10.5)
    where = f"{made.headers['Location']}?cross-company=true"
    assert fno.session.get(where, timeout=30).json()["CredManCustomerSince"] == "2020-02-29T12:00:00Z"
    assert fno.session.delete(where, timeout=30).status_code == 204
    assert fno.session.get(where, timeout=30).status_code == 404


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({"CustomerGroupId": "NONE"}, "is not found in the related table 'Customer groups'"),
        ({"OrganizationName": ""}, "must be filled in"),
        ({"CreditLimit": "much"}, "is not valid"),
        ({"Nothing": 1}, "does not exist on type"),
    ],
)
def test_writes_follow_the_rules_of_imports(fno: Caller, changes: dict[str, object], text: str) -> None:
    """OData rejects a record as an import does, with the same message (fno-behaviour 4.2)."""
    answer = send(fno, "PATCH", SAN_DIEGO, changes)
    assert answer.status_code == 400
    assert text in answer.json()["error"]["innererror"]["message"]


def test_deletes_are_not_exported(fno: Caller) -> None:
    """An incremental export contains written rows, but not deleted ones (fno-behaviour 6.2)."""
    project = "Customers export"
    fno.run_export(project)
    send(fno, "DELETE", "CustomersV3(dataAreaId='usmf',CustomerAccount='US-002')")
    send(fno, "PATCH", SAN_DIEGO, {"AddressCity": "La Jolla"})
    execution, _ = fno.run_export(project)
    found = {one["EntityName"]: one["StagingRecordsCreatedCount"] for one in fno.details(execution)}
    assert found == {"Customer groups": 0, "Customers V3": 1}


def test_metadata_declares_sets_and_actions(fno: Caller) -> None:
    """$metadata and /metadata declare the sets, types and actions with their parameters (fno-behaviour 1.13)."""
    root = fromstring(send(fno, "GET", "$metadata").content)
    names = {one.get("Name") for one in root.iter("{http://docs.oasis-open.org/odata/ns/edm}EntitySet")}
    assert {"CustomersV3", "DataManagementDefinitionGroups"} <= names
    group = fno.get("/metadata/PublicEntities('DataManagementDefinitionGroup')").json()
    actions = {one["Name"]: [p["Name"] for p in one["Parameters"]] for one in group["Actions"]}
    assert actions["ImportFromPackage"] == [
        "packageUrl", "definitionGroupId", "executionId", "execute", "overwrite", "legalEntityId",
    ]  # fmt: skip
    entities = fno.get("/metadata/DataEntities").json()["value"]
    assert {"CustomersV3", "Currencies"} <= {one["PublicCollectionName"] for one in entities}
    assert any(one["Name"] == "NoYes" for one in fno.get("/metadata/PublicEnumerations").json()["value"])
    assert {"name": "CustomersV3", "kind": "EntitySet", "url": "CustomersV3"} in fno.get("/data").json()["value"]
    assert fno.get("/metadata/Nothing").status_code == 404


@pytest.mark.usefixtures("seeded")
def test_metadata_declares_its_types(fno: Caller) -> None:
    """Every type in $metadata is a type of OData or declared there (fno-behaviour 1.13, 5.8)."""
    edm, namespace = "{http://docs.oasis-open.org/odata/ns/edm}", "Microsoft.Dynamics.DataEntities."
    root = fromstring(send(fno, "GET", "$metadata").content)
    declared = {f"{namespace}{one.get('Name')}" for kind in ("EntityType", "EnumType") for one in root.iter(edm + kind)}
    named = {one.get(name, "") for one in root.iter() for name in ("Type", "EntityType")} - {""}
    plain = {one.removeprefix("Collection(").rstrip(")") for one in named}
    assert {one for one in plain if not one.startswith("Edm.")} <= declared
    status = fno.get("/metadata/PublicEnumerations('DMFExecutionSummaryStatus')").json()
    assert [one["Name"] for one in status["Members"]][:3] == ["Unknown", "NotRun", "Executing"]


def test_job_history_can_be_searched(fno: Caller) -> None:
    """The job history can be searched for the executions of a project (fno-behaviour 4.6)."""
    execution, _ = fno.run_import(package(part("Customer groups", "CUSTOMERGROUPID", "T1")), "Mine")
    found = send(
        fno, "GET", "DataManagementExecutionJobDetails?$filter=DefinitionGroupId eq 'Mine'&$select=JobId"
    ).json()
    assert found["value"] == [{"JobId": execution}]
    alone = send(fno, "GET", f"DataManagementExecutionJobs('{execution}')?$expand=Details")
    assert alone.json()["Details"][0]["EntityName"] == "Customer groups"
    assert send(fno, "GET", "DataManagementExecutionJobs('nobody')").status_code == 404
    where = f"(DefinitionGroupId='Mine',JobId='{execution}',EntityName='Customer groups')"
    detail = send(fno, "GET", f"DataManagementExecutionJobDetails{where}").json()
    assert detail["TargetRecordsCreatedCount"] == 1
    labels = [one["EntityName"] for one in send(fno, "GET", "DataManagementEntities").json()["value"]]
    assert "Customers V3" in labels


@pytest.mark.usefixtures("seeded")
def test_metadata_can_be_searched(fno: Caller) -> None:
    """/metadata takes query options, and its path is not case-sensitive (fno-behaviour 1.13)."""
    found = fno.get("/Metadata/DataEntities?$filter=contains(tolower(Name),'cust')&$select=PublicCollectionName").json()
    assert [one["PublicCollectionName"] for one in found["value"]] == ["CustomerGroups", "CustomersV3"]
    assert len(fno.get("/Metadata/PublicEntities?$top=1").json()["value"]) == 1
    label = fno.get("/metadata/Labels(Id='@Emulator:CustCustomerV3Entity',Language='en-US')").json()
    assert label["Value"] == "Customers V3"
    assert fno.get("/metadata/PublicEnumerations('NoYes')").json()["Members"][1]["Name"] == "Yes"


def test_put_replaces_the_record(fno: Caller) -> None:
    """PUT resets the fields that are not in the body to their defaults (fno-behaviour 1.18)."""
    where = "CustomerGroups(dataAreaId='usmf',CustomerGroupId='30')"
    assert send(fno, "PUT", where, {"Description": "New"}).status_code == 204
    found = send(fno, "GET", where).json()
    assert (found["Description"], found["PaymentTermId"]) == ("New", "")
    assert found["IsSalesTaxIncludedInPrice"] == "No"
