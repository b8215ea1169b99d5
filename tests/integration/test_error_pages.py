"""Pages of errors.csv have every row once, with the values as they were."""

import itertools
from uuid import uuid4

import pytest

from landfall.ledger.lists import PageTokenError
from landfall.packages.errors_csv import to_csv
from landfall.packages.manifest import PackageEntity
from landfall.packages.rejections import Rejection
from landfall.storage.account import DataAccount
from landfall.storage.pinned import Pinned, pin
from web.error_pages import RejectedRow, read_errors

VALUES = ["-5", "=1+1", 'a "quoted"\r\nvalue, of two lines', "größe 東京", "", "'plain", "\tx"]


@pytest.fixture
def stored(account: DataAccount) -> Pinned:
    """An errors.csv as Landfall writes it, with more rows than a page."""
    entity = PackageEntity("Customers", "Customers.csv", "CSV", {"ACCOUNT": "ACCOUNT", "NAME": "NAME"})
    lines = [
        Rejection(
            0,
            line=number + 2,
            key=str(number),
            field="NAME",
            message=f"wrong: {value}",
            stage="staging",
            values={"ACCOUNT": str(number), "NAME": value},
        )
        for number, value in enumerate(itertools.islice(itertools.cycle(VALUES), 20))
    ]
    blob = account.blob(f"reports/{uuid4().hex}/errors.csv")
    blob.upload_blob(b"".join(to_csv(lines, [entity], [0])))
    return pin(blob)


def test_pages_have_every_row_once(stored: Pinned) -> None:
    """The rows are in order, and the last page has no next one."""
    rows: list[RejectedRow] = []
    token = None
    for _ in range(99):
        page = read_errors(stored, 3, token)
        rows += page.rows
        if (token := page.next) is None:
            break
    assert [row.key for row in rows] == [str(number) for number in range(20)]
    assert [row.line for row in rows] == list(range(2, 22))
    assert {row.entity for row in rows} == {"Customers"}


def test_values_are_what_was_dropped(stored: Pinned) -> None:
    """Values have no protection from spreadsheets; empty ones are left out."""
    page = read_errors(stored, len(VALUES))
    names = [row.values.get("NAME", "") for row in page.rows]
    assert names[0] == "-5"
    assert names[1] == "=1+1"
    assert "two lines" in names[2]
    assert names[3:6] == ["größe 東京", "", "'plain"]


@pytest.mark.parametrize("token", ["", "x", "-1", "0", "9" * 30, "99999999", "1.5", "²"])
def test_a_made_up_token_is_refused(stored: Pinned, token: str) -> None:
    """It raises the error that becomes 404."""
    with pytest.raises(PageTokenError, match="no such page"):
        read_errors(stored, 3, token)


def test_an_offset_within_a_row_does_not_fail(stored: Pinned) -> None:
    """A made-up offset returns what starts there."""
    for offset in range(200, 260):
        read_errors(stored, 2, str(offset))


def test_a_page_of_long_rows_is_short(account: DataAccount) -> None:
    """A page is held in memory, so it ends early, and the next one goes on from there."""
    entity = PackageEntity("Notes", "Notes.csv", "CSV", {"TEXT": "TEXT"})
    lines = [Rejection(0, n, str(n), "TEXT", "wrong", "staging", {"TEXT": "x" * 1_000_000}) for n in range(2, 14)]
    blob = account.blob(f"reports/{uuid4().hex}/errors.csv")
    blob.upload_blob(b"".join(to_csv(lines, [entity], [0])))
    first = read_errors(pin(blob), 1000)
    assert len(first.rows) == 5
    assert read_errors(pin(blob), 1000, first.next).rows[0].line == 7
