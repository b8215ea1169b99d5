"""`$expand` and navigation properties (fno-behaviour 1.15)."""

import pytest
from defusedxml.ElementTree import fromstring

from tests.contract.conftest import Caller
from tests.contract.test_odata import SAN_DIEGO, send

_EDM = "{http://docs.oasis-open.org/odata/ns/edm}"


@pytest.mark.usefixtures("seeded")
def test_references_are_expanded(fno: Caller) -> None:
    """A set and a single record expand references to the same company, with nested options (fno-behaviour 1.15)."""
    query = "$select=CustomerAccount&$expand=CustomerGroup($select=Description),Currency"
    found = send(fno, "GET", f"CustomersV3?$orderby=CustomerAccount&{query}").json()["value"][0]
    assert found.pop("CustomerGroup")["Description"] == "Retail customers"
    assert found.pop("Currency")["Name"] == "US Dollar"
    assert set(found) == {"@odata.etag", "CustomerAccount"}
    alone = send(fno, "GET", f"{SAN_DIEGO}?{query}").json()
    assert set(alone["CustomerGroup"]) == {"@odata.etag", "Description"}


def test_empty_reference_is_null(fno: Caller) -> None:
    """An empty reference expands to null (fno-behaviour 1.15)."""
    order = {"OrderingCustomerAccountNumber": "US-001", "SalesOrderName": "No currency"}
    assert send(fno, "POST", "SalesOrderHeadersV3", order).status_code == 201
    (found,) = send(fno, "GET", "SalesOrderHeadersV3?$expand=Currency,CustomerV3").json()["value"]
    assert found["Currency"] is None
    assert found["CustomerV3"]["OrganizationName"] == "Contoso Retail San Diego"


def test_lines_of_an_order_are_expanded(fno: Caller) -> None:
    """An order expands its own lines only, filtered and sorted (fno-behaviour 1.15)."""
    for order in ("SO-1", "SO-2"):
        head = {"SalesOrderNumber": order, "OrderingCustomerAccountNumber": "US-001"}
        assert send(fno, "POST", "SalesOrderHeadersV3", head).status_code == 201
        for number in range(1, 4):
            line = {"SalesOrderNumber": order, "LineCreationSequenceNumber": number, "ItemNumber": "1000"}
            assert send(fno, "POST", "SalesOrderLinesV2", line).status_code == 201
    nested = "$filter=LineCreationSequenceNumber gt 1;$orderby=LineCreationSequenceNumber desc"
    found = send(fno, "GET", f"SalesOrderHeadersV3?$expand=SalesOrderLinesV2({nested})").json()["value"]
    assert [
        [(line["SalesOrderNumber"], line["LineCreationSequenceNumber"]) for line in one["SalesOrderLinesV2"]]
        for one in found
    ] == [[("SO-1", 3), ("SO-1", 2)], [("SO-2", 3), ("SO-2", 2)]]


def test_projects_and_executions_have_details(fno: Caller) -> None:
    """Projects and executions expand their entities as Details (fno-behaviour 1.15)."""
    where = "DataManagementDefinitionGroups"
    alone = send(fno, "GET", f"{where}('Vendors export')?$expand=Details($select=EntityName)").json()
    assert alone["Details"] == [{"EntityName": "Vendor groups"}, {"EntityName": "Vendors V2"}]
    execution, _ = fno.run_export("Vendors export")
    (job,) = send(fno, "GET", "DataManagementExecutionJobs?$expand=Details").json()["value"]
    assert job["JobId"] == execution
    assert [one["StagingRecordsCreatedCount"] for one in job["Details"]] == [4, 2]


@pytest.mark.parametrize(
    "expression", ["Nothing", "CustomerGroup($expand=Anything)", "CustomerGroup/Anything", "CustomerGroup("]
)
def test_invalid_expand_is_400(fno: Caller, expression: str) -> None:
    """An unknown property and a level deeper than one answer 400 (fno-behaviour 1.15)."""
    assert send(fno, "GET", f"CustomersV3?$expand={expression}").status_code == 400


@pytest.mark.usefixtures("seeded")
def test_metadata_has_navigation_properties(fno: Caller) -> None:
    """$metadata and /metadata declare the navigation properties of all sets (fno-behaviour 1.15)."""
    root = fromstring(send(fno, "GET", "$metadata").content)
    types = {one.get("Name"): one for one in root.iter(f"{_EDM}EntityType")}
    found = {one.get("Name"): one.get("Type") for one in types["CustomerV3"].iter(f"{_EDM}NavigationProperty")}
    assert found["CustomerGroup"] == "Microsoft.Dynamics.DataEntities.CustomerGroup"
    for name in ("DataManagementDefinitionGroup", "DataManagementExecutionJob"):
        described = fno.get(f"/metadata/PublicEntities('{name}')").json()
        (details,) = described["NavigationProperties"]
        assert (details["Name"], details["Cardinality"]) == ("Details", "Multiple")
        assert details["RelatedEntity"] in types
        assert types[name].find(f"{_EDM}NavigationProperty") is not None


def test_every_property_is_declared(fno: Caller) -> None:
    """The rows of every set have exactly the properties that their type declares (fno-behaviour 1.13)."""
    fno.run_export("Vendors export")
    for described in fno.get("/metadata/PublicEntities").json()["value"]:
        found = send(fno, "GET", f"{described['EntitySetName']}?cross-company=true&$top=1").json()["value"]
        declared = [one["Name"] for one in described["Properties"]]
        assert all(set(row) - {"@odata.etag"} == set(declared) for row in found), described["Name"]
