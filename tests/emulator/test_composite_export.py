"""Composite entities out of one company and into another: fno-behaviour 3.9, 3.10, 6.2."""

import io
import zipfile
from typing import Any
from xml.etree.ElementTree import Element

import pytest
from defusedxml.ElementTree import fromstring

from tests.contract.conftest import Caller
from tests.contract.test_odata import send
from tests.emulator.test_composite import LABEL, orders, orders_project

__all__ = ["orders_project"]
HEAD, LINE = "SALESORDERHEADERV3ENTITY", "SALESORDERLINEV2ENTITY"
FORMATS = ["XML-Element", "XML-Attribute"]


def exporting(fno: Caller, source_format: str = "XML-Attribute", refresh: str = "FullPush") -> None:
    """Make the project Out, which exports the composite."""
    send(fno, "POST", "DataManagementDefinitionGroups", {"Name": "Out", "OperationType": "Export"})
    detail = {"EntityName": LABEL, "SourceFormat": source_format, "DefaultRefreshType": refresh}
    made = send(fno, "POST", "DataManagementDefinitionGroupDetails", {"DefinitionGroupId": "Out", **detail})
    assert made.json()["ValidationStatus"] == "Yes"


def exported(fno: Caller) -> tuple[Element, bytes]:
    """The document of an export, and its package."""
    content = fno.download(fno.run_export("Out")[0])
    with zipfile.ZipFile(io.BytesIO(content)) as whole:
        return fromstring(whole.read(f"{LABEL}.xml")), content


def shown(fno: Caller, collection: str, company: str) -> list[dict[str, Any]]:
    """A company's rows without what is the company's own."""
    found = fno.rows(collection, f"&$filter=dataAreaId eq '{company}'")
    return [{k: v for k, v in one.items() if k not in ("@odata.etag", "dataAreaId")} for one in found]


@pytest.mark.parametrize("source_format", FORMATS)
def test_documents_go_out_and_in_again(orders_project: Caller, source_format: str) -> None:
    """Lines lie inside their orders, and what another company takes in is equal to what went out."""
    fno = orders_project
    fno.run_import(orders(), "Orders", overwrite=False)
    for account in ("US-001", "US-002"):
        body = {"CustomerAccount": account, "OrganizationName": "x", "CustomerGroupId": "10"}
        send(fno, "POST", "CustomersV3", {**body, "dataAreaId": "demf", "SalesCurrencyCode": "USD"})
    for item in ("1000", "D0001"):
        send(fno, "POST", "ReleasedProductsV2", {"ItemNumber": item, "dataAreaId": "demf"})
    exporting(fno, source_format)
    document, content = exported(fno)
    assert [[line.tag for line in head.iter(LINE)] for head in document] == [[LINE, LINE], [LINE]]
    execution, status = fno.run_import(content, "Orders", overwrite=False, legalEntityId="DEMF")
    assert status == "Succeeded"
    assert fno.details(execution)[0]["TargetRecordsCreatedCount"] == 5
    for collection in ("SalesOrderHeadersV3", "SalesOrderLinesV2"):
        assert shown(fno, collection, "demf") == shown(fno, collection, "usmf") != []


@pytest.mark.parametrize("source_format", FORMATS)
def test_no_records_are_the_empty_elements(orders_project: Caller, source_format: str) -> None:
    """Without records the file has each element once, empty, or none where the environment has it so; neither can be imported."""
    fno = orders_project
    exporting(fno, source_format)
    document, content = exported(fno)
    assert [one.tag for one in document.iter() if one.tag in (HEAD, LINE)] == [HEAD, LINE]
    assert not any(one.text or any(one.attrib.values()) for one in document.iter())
    assert (
        fno.details(fno.control("GET", "executions")["executions"][0]["id"])[0]["StagingRecordsCreatedCount"]
        == 0
    )
    assert fno.run_import(content, "Orders", overwrite=False)[1] == "Failed"
    fno.control("PATCH", "settings", {"zero_records_composite": "empty_document"})
    assert list(exported(fno)[0]) == []


def test_changed_line_brings_its_document(orders_project: Caller) -> None:
    """Change tracking is the document's: an order whose line changed comes whole, the others stay (fno-behaviour 6.2)."""
    fno = orders_project
    fno.run_import(orders(), "Orders", overwrite=False)
    exporting(fno, refresh="IncrementalPush")
    assert len(exported(fno)[0]) == 2
    line = "SalesOrderLinesV2(dataAreaId='usmf',SalesOrderNumber='SO-000001',LineCreationSequenceNumber='2')"
    assert send(fno, "PATCH", line, {"OrderedSalesQuantity": 7}).status_code == 204
    (head,) = exported(fno)[0]
    assert [one.get("ORDEREDSALESQUANTITY") for one in head] == ["2", "7"]


def test_composite_is_xml(orders_project: Caller) -> None:
    """Another format fails the export and says so."""
    exporting(orders_project, "CSV")
    assert orders_project.run_export("Out")[1] == "Failed"
