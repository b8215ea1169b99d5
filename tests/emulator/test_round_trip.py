"""Rows that one company exports and another imports stay equal, in every format."""

import csv
import io
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fno_emulator.dmf.formats import FORMATS
from tests.contract.conftest import Caller, without_company
from tests.contract.package_files import Part, package
from tests.contract.test_odata import send

LABEL = "Released products V2"
COLUMNS = ["ITEMNUMBER", "PRODUCTNUMBER", "SALESPRICE", "SALESPRICEDATE"]
TEXT = st.text(
    st.characters(exclude_categories=("Cs", "Cc", "Cn", "Co")) | st.sampled_from("\n\t\"',;|=<&0"),
    max_size=30,
).map(str.strip)
ITEM = st.text("0123456789ABCxyzŁ'\"-", min_size=1, max_size=10).map(str.strip).filter(bool)
PRICE = st.decimals(min_value=Decimal("-9e15"), max_value=Decimal("9e15"), places=6, allow_nan=False)
DAY = st.dates(date(1900, 1, 2), date(2154, 12, 31))
ROWS = st.lists(st.tuples(ITEM, TEXT, PRICE, DAY), min_size=1, max_size=6, unique_by=lambda row: row[0].casefold())


def rows_of(fno: Caller, company: str) -> list[dict[str, Any]]:
    """A company's products, without etag and company."""
    return without_company(fno.control("GET", f"rows/{LABEL}?company={company}")["rows"])


@pytest.mark.slow
@pytest.mark.parametrize("name", list(FORMATS))
@given(rows=ROWS)
@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_exported_rows_are_imported_unchanged(
    fno: Caller, name: str, rows: list[tuple[str, str, Decimal, date]]
) -> None:
    """Unicode, quotes, line breaks, leading zeros, extreme dates and decimals survive an export and an import."""
    fno.control("POST", "reset")
    fno.control("PATCH", "settings", {"execution_seconds": 0, "queue_seconds": 0})
    text = io.StringIO(newline="")
    csv.writer(text, lineterminator="\r\n").writerows([COLUMNS, *rows])
    _, status = fno.run_import(package(Part(LABEL, COLUMNS, text.getvalue().encode())), "In", legalEntityId="GBSI")
    assert status == "Succeeded"
    send(fno, "POST", "DataManagementDefinitionGroups", {"Name": "Out", "OperationType": "Export"})
    detail = {
        "DefinitionGroupId": "Out",
        "EntityName": LABEL,
        "SourceFormat": name,
        "AutoGenerateMapping": "Yes",
    }
    send(fno, "POST", "DataManagementDefinitionGroupDetails", detail)
    content = fno.download(fno.run_export("Out", "GBSI")[0])
    assert fno.run_import(content, "Back", legalEntityId="FRRT")[1] == "Succeeded"
    found = rows_of(fno, "GBSI")
    assert len(found) == len(rows)
    assert rows_of(fno, "FRRT") == found
    assert [one["ItemNumber"] for one in found] == [row[0] for row in rows]
