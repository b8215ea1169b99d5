"""The emulator's web page."""

import pytest
import requests

from tests.contract.conftest import Caller
from tests.contract.package_files import package, part


def page(fno: Caller, path: str) -> requests.Response:
    """A page below `/_emulator/`."""
    return requests.get(f"{fno.ready['url']}/_emulator/{path}", timeout=30)


def test_execution_shows_rows_and_reasons(fno: Caller) -> None:
    """The summary page of an execution shows why rows failed, and escapes their values."""
    rows = part("Customers V3", "CUSTOMERACCOUNT,ORGANIZATIONNAME,CUSTOMERGROUPID,SALESCURRENCYCODE", "<b>,Bad,NO,USD")
    execution, _ = fno.run_import(package(rows), "Shown")
    url = fno.value("GetExecutionSummaryPageUrl", executionId=execution)
    text = requests.get(url, timeout=30).text
    assert "is not found in the related table" in text
    assert "&lt;b&gt;" in text
    assert "<b>" not in text
    assert execution in page(fno, "").text


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("", "Nothing has run yet."),
        ("page/projects", "Customer groups export"),
        ("page/entities", "CustCustomerV3Entity"),
        ("page/rows?entity=Customers V3&company=DEMF", "Contoso Europe"),
        ("page/rows?entity=Currencies&company=", "Swiss Franc"),
        ("page/faults", "No fault is planned."),
    ],
)
def test_every_page_answers(fno: Caller, path: str, text: str) -> None:
    """Each page shows what the environment starts with."""
    answer = page(fno, path)
    assert answer.status_code == 200
    assert text in answer.text


@pytest.mark.parametrize("path", ["page/execution?id=none", "page/rows?entity=None"])
def test_unknown_execution_or_entity(fno: Caller, path: str) -> None:
    """A link to an unknown execution or entity answers 404."""
    assert page(fno, path).status_code == 404
