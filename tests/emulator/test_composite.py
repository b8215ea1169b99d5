"""Imports of composite entities, and number sequences (fno-behaviour 2.15, 2.16, 3.9, 5.11)."""

import re

import pytest

from tests.contract.conftest import Caller
from tests.contract.package_files import Part, package, part
from tests.contract.test_odata import send
from tests.contract.test_refusals import text_of

LABEL = "Sales orders composite V4"
ORDERS = """<?xml version="1.0" encoding="utf-8"?><Document>
<SALESORDERHEADERV3ENTITY ORDERINGCUSTOMERACCOUNTNUMBER="US-001" CURRENCYCODE="USD">
 <SALESORDERLINEV2ENTITY LINECREATIONSEQUENCENUMBER="1" ITEMNUMBER="1000" ORDEREDSALESQUANTITY="2"/>
 <SALESORDERLINEV2ENTITY LINECREATIONSEQUENCENUMBER="2" ITEMNUMBER="D0001" ORDEREDSALESQUANTITY="5"/>
</SALESORDERHEADERV3ENTITY>
<SALESORDERHEADERV3ENTITY ORDERINGCUSTOMERACCOUNTNUMBER="US-002" CURRENCYCODE="USD">
 <SALESORDERLINEV2ENTITY LINECREATIONSEQUENCENUMBER="1" ITEMNUMBER="{item}" ORDEREDSALESQUANTITY="{quantity}"/>
</SALESORDERHEADERV3ENTITY>
</Document>"""


def orders(item: str = "1000", quantity: str = "1") -> bytes:
    """A package of two orders, with item and quantity of the second order's line."""
    content = ORDERS.format(item=item, quantity=quantity).encode()
    return package(Part(LABEL, None, content, "XML-Attribute", "orders.xml"))


@pytest.fixture
def orders_project(fno: Caller) -> Caller:
    """A caller of an environment with the project Orders."""
    send(fno, "POST", "DataManagementDefinitionGroups", {"Name": "Orders", "OperationType": "Import"})
    return fno


def test_orders_are_imported_with_their_lines(orders_project: Caller) -> None:
    """Headers get numbers, lines get the number of their header, and every record is counted."""
    fno = orders_project
    execution, status = fno.run_import(orders(), "Orders", overwrite=False)
    assert status == "Succeeded"
    lines = fno.rows("SalesOrderLinesV2", "&$orderby=SalesOrderNumber")
    assert [one["SalesOrderNumber"] for one in lines] == ["SO-000001", "SO-000001", "SO-000002"]
    assert fno.details(execution)[0]["TargetRecordsCreatedCount"] == 5


@pytest.mark.parametrize(("item", "quantity"), [("NONE", "1"), ("1000", "many")])
def test_bad_line_rejects_its_order(orders_project: Caller, item: str, quantity: str) -> None:
    """A line that staging or target rejects also rejects its order, but no other order, and F&O reports no reason."""
    fno = orders_project
    execution, status = fno.run_import(orders(item, quantity), "Orders", overwrite=False)
    assert status == "PartiallySucceeded"
    assert [one["OrderingCustomerAccountNumber"] for one in fno.rows("SalesOrderHeadersV3")] == ["US-001"]
    assert text_of(fno.post("GetExecutionErrors", executionId=execution)) == (
        "Object reference not set to an instance of an object."
    )
    fno.control("PATCH", "settings", {"composite_errors": "empty"})
    assert fno.value("GetExecutionErrors", executionId=execution) == "[]"
    assert fno.value("GenerateImportTargetErrorKeysFile", executionId=execution, entityName=LABEL) is False


def test_file_needs_every_entity(orders_project: Caller) -> None:
    """A file of orders without any line fails (fno-behaviour 3.11)."""
    content = re.sub(r"<SALESORDERLINEV2ENTITY[^>]*>", "", ORDERS).encode()
    lineless = package(Part(LABEL, None, content, "XML-Attribute", "orders.xml"))
    assert orders_project.run_import(lineless, "Orders", overwrite=False)[1] == "Failed"
    assert orders_project.rows("SalesOrderHeadersV3") == []


def test_project_must_exist_without_overwrite(orders_project: Caller) -> None:
    """The import of a composite needs an existing project and overwrite=false (fno-behaviour 2.16)."""
    fno = orders_project
    assert text_of(fno.start_import(orders(), "Other", overwrite=False)).startswith("A data project must exist")
    assert fno.start_import(orders(), "Orders", overwrite=True).status_code == 400


def test_journals_without_numbers_are_imported_twice(fno: Caller) -> None:
    """Importing journals without numbers again creates new ones, so send no file twice (fno-behaviour 5.11)."""
    journal = "LINENUMBER,JOURNALNAME,ACCOUNTDISPLAYVALUE,TRANSDATE,DEBITAMOUNT,CURRENCYCODE"
    content = package(part("General journals", journal, "1,GenJrn,110110,2026-01-31,100,USD"))
    fno.run_import(content)
    fno.run_import(content)
    found = [one["JournalBatchNumber"] for one in fno.rows("LedgerJournals")]
    assert found == ["GNJL-000001", "GNJL-000002"]
