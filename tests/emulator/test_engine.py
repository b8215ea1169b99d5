"""How rows go through staging to the target, in which order, and how they are counted."""

import io
import json

import pytest
from openpyxl import Workbook

from tests.contract.conftest import Caller
from tests.contract.package_files import Part, csv, package, part

CUSTOMER = "CUSTOMERACCOUNT,ORGANIZATIONNAME,CUSTOMERGROUPID,SALESCURRENCYCODE"


def test_execute_false_stops_at_staging(fno: Caller) -> None:
    """Without execute, an import stages the rows and does not change the target (fno-behaviour 5.1)."""
    execution, status = fno.run_import(package(part("Customer groups", "CUSTOMERGROUPID", "T1")), execute=False)
    assert status == "Succeeded"
    (detail,) = fno.details(execution)
    assert (detail["StagingRecordsCreatedCount"], detail["TargetStatus"]) == (1, "NotRun")
    assert not fno.rows("CustomerGroups", "&$filter=CustomerGroupId eq 'T1'")


def test_empty_cell_is_a_value(fno: Caller) -> None:
    """An empty cell of a mapped column writes the type's default to the target (fno-behaviour 5.4)."""
    fno.run_import(
        package(part("Customers V3", "CUSTOMERACCOUNT,CREDITLIMIT,CREDMANCUSTOMERSINCE,ONHOLDSTATUS", "US-001,,,"))
    )
    (row,) = fno.rows("CustomersV3", "&$filter=CustomerAccount eq 'US-001'")
    assert (row["CreditLimit"], row["CredManCustomerSince"], row["OnHoldStatus"]) == (
        0,
        "1900-01-01T00:00:00Z",
        "No",
    )
    assert row["OrganizationName"] == "Contoso Retail San Diego"


def test_keys_compare_without_case_within_their_company(fno: Caller) -> None:
    """Customer us-001 updates US-001 in USMF, and is a new customer in DEMF (fno-behaviour 5.3, 5.5)."""
    rows = package(part("Customers V3", CUSTOMER, "us-001,Renamed,30,USD"))
    fno.run_import(rows)
    fno.run_import(rows, legalEntityId="demf")
    found = fno.rows("CustomersV3", "&$filter=CustomerAccount eq 'us-001'&$orderby=dataAreaId")
    assert [(one["dataAreaId"], one["OrganizationName"]) for one in found] == [
        ("demf", "Renamed"),
        ("usmf", "Renamed"),
    ]


def test_shared_entities_have_no_company(fno: Caller) -> None:
    """A currency that one company imports exists in all companies (fno-behaviour 5.5)."""
    fno.run_import(package(part("Currencies", "CURRENCYCODE,NAME", "PLN,Zloty")), legalEntityId="DEMF")
    customer = package(part("Customers V3", CUSTOMER, "PL-1,Kraków,10,PLN"))
    assert fno.run_import(customer)[1] == "Succeeded"


def test_same_key_twice_in_a_file(fno: Caller) -> None:
    """Staging rejects the second row with the same key (fno-behaviour 3.8)."""
    execution, status = fno.run_import(package(part("Customer groups", "CUSTOMERGROUPID,DESCRIPTION", "T1,a", "t1,b")))
    assert status == "PartiallySucceeded"
    (detail,) = fno.details(execution)
    assert (detail["StagingRecordsToBeProcessedCount"], detail["StagingRecordsCreatedCount"]) == (2, 1)
    assert "DMF1959" in fno.value("GetExecutionErrors", executionId=execution)


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("CREDITLIMIT", "1.000,00"),
        ("CREDITLIMIT", "much"),
        ("CREDMANCUSTOMERSINCE", "31.12.2020"),
        ("CREDMANCUSTOMERSINCE", "2020-13-01"),
        ("ONHOLDSTATUS", "Perhaps"),
        ("LANGUAGEID", "far too long"),
    ],
)
def test_invalid_value_rejects_its_row(fno: Caller, column: str, value: str) -> None:
    """A value of the wrong type or length rejects its row, and the error names its field (fno-behaviour 3.8)."""
    rows = part("Customers V3", f"{CUSTOMER},{column}", f'A,Bad,10,USD,"{value}"', "B,Good,10,USD,")
    execution, status = fno.run_import(package(rows))
    assert status == "PartiallySucceeded"
    (error,) = json.loads(fno.value("GetExecutionErrors", executionId=execution))
    assert error["Field"] == column
    assert value in error["ErrorMessage"] or "12 characters" in error["ErrorMessage"]
    assert [one["CustomerAccount"] for one in fno.rows("CustomersV3", "&$filter=OrganizationName eq 'Good'")] == ["B"]


def test_levels_order_entities(fno: Caller) -> None:
    """Customers at level 2 find a group that level 1 imports; customers before the group do not (fno-behaviour 5.7)."""
    group = part("Customer groups", "CUSTOMERGROUPID,DESCRIPTION", "NEW,New", level=1, sequence=2)
    after = part("Customers V3", CUSTOMER, "A,After,NEW,USD", level=2)
    before = part("Customers V3", CUSTOMER, "B,Before,NEW,USD", level=1, sequence=1)
    assert fno.run_import(package(after, group))[1] == "Succeeded"
    fno.control("POST", "reset")
    assert fno.run_import(package(before, group))[1] == "PartiallySucceeded"


@pytest.mark.parametrize(("flag", "third"), [("FailLevelOnError", "Finished"), ("FailExecutionUnitOnError", "NotRun")])
def test_failure_may_stop_level_or_unit(fno: Caller, flag: str, third: str) -> None:
    """A failed entity stops its level or its unit if the manifest says so (fno-behaviour 5.7)."""
    bad = part("Customers V3", CUSTOMER, "A,Bad,NONE,USD", sequence=1, extra={flag: "true"})
    same_level = part("Vendor groups", "VENDORGROUPID", "V1", sequence=2)
    next_level = part("Customer groups", "CUSTOMERGROUPID", "G1", level=2)
    other_unit = part("Currencies", "CURRENCYCODE", "PLN", unit=2)
    execution, status = fno.run_import(package(bad, same_level, next_level, other_unit))
    assert status == "PartiallySucceeded"
    found = {one["EntityName"]: one["TargetStatus"] for one in fno.details(execution)}
    assert found == {
        "Customers V3": "Error",
        "Vendor groups": "NotRun",
        "Customer groups": third,
        "Currencies": "Finished",
    }


def test_import_without_a_good_row_fails(fno: Caller) -> None:
    """An execution is Failed if all of its rows are rejected (fno-behaviour 5.8)."""
    assert fno.run_import(package(part("Customers V3", CUSTOMER, "A,Bad,NONE,USD")))[1] == "Failed"


def test_header_without_rows_is_an_error(fno: Caller) -> None:
    """A file without rows fails with DMF2053 (fno-behaviour 2.11)."""
    execution, status = fno.run_import(package(part("Customer groups", "CUSTOMERGROUPID")))
    assert status == "Failed"
    assert "DMF2053" in fno.value("GetExecutionErrors", executionId=execution)


def test_mapped_column_that_is_not_in_the_file(fno: Caller) -> None:
    """An import fails if its mapping names a column that the file lacks."""
    wrong = Part("Customer groups", ["CUSTOMERGROUPID", "NOWHERE"], csv("CUSTOMERGROUPID", "T1"))
    execution, status = fno.run_import(package(wrong))
    assert status == "Failed"
    assert "the mapping is incorrect" in fno.value("GetExecutionErrors", executionId=execution)


def test_columns_outside_the_mapping_are_ignored(fno: Caller) -> None:
    """A file may have columns that the mapping does not name (fno-behaviour 3.4)."""
    wide = Part("Customer groups", ["CustomerGroupId"], csv("whatever,CUSTOMERGROUPID", "x,T1"))
    assert fno.run_import(package(wide))[1] == "Succeeded"


def test_tab_delimited(fno: Caller) -> None:
    """A Tab-delimited file is CSV with tabs, and quoted values may contain line breaks and tabs (fno-behaviour 3.7)."""
    text = b'CUSTOMERGROUPID\tDESCRIPTION\r\nT1\t"two\nlines\tand ""quotes"""\r\n'
    rows = Part("Customer groups", ["CUSTOMERGROUPID", "DESCRIPTION"], text, "Tab-delimited", file="groups.txt")
    assert fno.run_import(package(rows))[1] == "Succeeded"
    (row,) = fno.rows("CustomerGroups", "&$filter=CustomerGroupId eq 'T1'")
    assert row["Description"] == 'two\nlines\tand "quotes"'


def test_workbook_by_sheet_name(fno: Caller) -> None:
    """An import reads the sheet that the manifest names, with numbers as text (fno-behaviour 3.5)."""
    book = Workbook()
    book.create_sheet("Fixed_asset_major_type").append(["MAJORTYPEID", "DESCRIPTION"])
    book["Fixed_asset_major_type"].append([100, "Hundred"])
    memory = io.BytesIO()
    book.save(memory)
    rows = Part(
        "Fixed asset major type",
        ["MAJORTYPEID", "DESCRIPTION"],
        memory.getvalue(),
        "EXCEL",
        file="types.xlsx",
        extra={"ExcelSheetName": "Fixed_asset_major_type$"},
    )
    assert fno.run_import(package(rows, encoding="utf-16"))[1] == "Succeeded"
    assert fno.rows("AssetMajorTypes", "&$filter=MajorTypeId eq '100'")[0]["Description"] == "Hundred"


def test_broken_error_list(fno: Caller) -> None:
    """With the switch on, the error list is invalid JSON, as F&O was seen to send it (fno-behaviour 4.1)."""
    fno.control("PATCH", "settings", {"broken_error_json": True})
    execution, _ = fno.run_import(package(part("Customers V3", CUSTOMER, "A,Bad,NONE,USD")))
    text = fno.value("GetExecutionErrors", executionId=execution)
    with pytest.raises(ValueError, match="Invalid control character"):
        json.loads(text)
    assert text.startswith('[{"RecordId":"')


def test_failed_file_may_leave_the_error_list_empty(fno: Caller) -> None:
    """With the switch off, the error list contains rejected rows, but not unreadable files (fno-behaviour 4.1)."""
    fno.control("PATCH", "settings", {"file_errors_listed": False})
    execution, status = fno.run_import(package(part("Customer groups", "CUSTOMERGROUPID")))
    assert (status, fno.value("GetExecutionErrors", executionId=execution)) == ("Failed", "[]")
    execution, _ = fno.run_import(package(part("Customers V3", CUSTOMER, "A,Bad,NONE,USD")))
    assert len(json.loads(fno.value("GetExecutionErrors", executionId=execution))) == 1
