"""Exports of composite entities (fno-behaviour 3.9, 3.10, 6.2)."""

import io
import zipfile
from typing import Any
from xml.etree.ElementTree import Element

import pytest
from defusedxml.ElementTree import fromstring

from tests.contract.conftest import Caller, without_company
from tests.contract.test_odata import send
from tests.emulator.test_composite import LABEL, orders, orders_project

__all__ = ["orders_project"]
HEAD, LINE = "SALESORDERHEADERV3ENTITY", "SALESORDERLINEV2ENTITY"
FORMATS = ["XML-Element", "XML-Attribute"]


def make_export_project(fno: Caller, source_format: str = "XML-Attribute", refresh: str = "FullPush") -> None:
    """Create the project Out, which exports the composite."""
    send(fno, "POST", "DataManagementDefinitionGroups", {"Name": "Out", "OperationType": "Export"})
    detail = {"EntityName": LABEL, "SourceFormat": source_format, "DefaultRefreshType": refresh}
    made = send(fno, "POST", "DataManagementDefinitionGroupDetails", {"DefinitionGroupId": "Out", **detail})
    assert made.json()["ValidationStatus"] == "Yes"


def export_document(fno: Caller) -> tuple[Element, bytes]:
    """Export the project Out; the XML document and its package."""
    content = fno.download(fno.run_export("Out")[0])
    with zipfile.ZipFile(io.BytesIO(content)) as whole:
        return fromstring(whole.read(f"{LABEL}.xml")), content


def rows_of(fno: Caller, collection: str, company: str) -> list[dict[str, Any]]:
    """A company's rows, without etag and company."""
    return without_company(fno.rows(collection, f"&$filter=dataAreaId eq '{company}'"))


@pytest.mark.parametrize("source_format", FORMATS)
def test_exported_documents_can_be_imported(orders_project: Caller, source_format: str) -> None:
    """Exported lines are nested in their orders, and another company's import of the package has the same rows."""
    fno = orders_project
    fno.run_import(orders(), "Orders", overwrite=False)
    for account in ("US-001", "US-002"):
        body = {"CustomerAccount": account, "OrganizationName": "x", "CustomerGroupId": "10"}
        send(fno, "POST", "CustomersV3", {**body, "dataAreaId": "demf", "SalesCurrencyCode": "USD"})
    for item in ("1000", "D0001"):
        send(fno, "POST", "ReleasedProductsV2", {"ItemNumber": item, "dataAreaId": "demf"})
    make_export_project(fno, source_format)
    document, content = export_document(fno)
    assert [[line.tag for line in head.iter(LINE)] for head in document] == [[LINE, LINE], [LINE]]
    execution, status = fno.run_import(content, "Orders", overwrite=False, legalEntityId="DEMF")
    assert status == "Succeeded"
    assert fno.details(execution)[0]["TargetRecordsCreatedCount"] == 5
    for collection in ("SalesOrderHeadersV3", "SalesOrderLinesV2"):
        assert rows_of(fno, collection, "demf") == rows_of(fno, collection, "usmf") != []


@pytest.mark.parametrize("source_format", FORMATS)
def test_export_without_records_has_empty_elements(orders_project: Caller, source_format: str) -> None:
    """A file without records has each element once, empty, or no element if the switch says so. Importing it fails."""
    fno = orders_project
    make_export_project(fno, source_format)
    document, content = export_document(fno)
    assert [one.tag for one in document.iter() if one.tag in (HEAD, LINE)] == [HEAD, LINE]
    assert not any(one.text or any(one.attrib.values()) for one in document.iter())
    assert fno.details(fno.control("GET", "executions")["executions"][0]["id"])[0]["StagingRecordsCreatedCount"] == 0
    assert fno.run_import(content, "Orders", overwrite=False)[1] == "Failed"
    fno.control("PATCH", "settings", {"zero_records_composite": "empty_document"})
    assert list(export_document(fno)[0]) == []


def test_changed_line_exports_its_document(orders_project: Caller) -> None:
    """An incremental export contains the whole order of a changed line, and no other order (fno-behaviour 6.2)."""
    fno = orders_project
    fno.run_import(orders(), "Orders", overwrite=False)
    make_export_project(fno, refresh="IncrementalPush")
    assert len(export_document(fno)[0]) == 2
    line = "SalesOrderLinesV2(dataAreaId='usmf',SalesOrderNumber='SO-000001',LineCreationSequenceNumber='2')"
    assert send(fno, "PATCH", line, {"OrderedSalesQuantity": 7}).status_code == 204
    (head,) = export_document(fno)[0]
    assert [one.get("ORDEREDSALESQUANTITY") for one in head] == ["2", "7"]


def test_composite_needs_xml(orders_project: Caller) -> None:
    """An export of a composite in another format than XML fails."""
    make_export_project(orders_project, "CSV")
    assert orders_project.run_export("Out")[1] == "Failed"
