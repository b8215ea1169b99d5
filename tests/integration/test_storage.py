"""Landfall's own storage account."""

from uuid import uuid4

import pytest

from landfall.config.settings import Storage
from landfall.storage.account import DataAccount


def test_containers_and_table_are_made_once(account: DataAccount) -> None:
    """A second start finds them and continues."""
    account.make_containers()
    account.make_containers()
    account.ledger_table()
    account.ledger_table()
    names = {each.name for each in account.blobs.list_containers()}
    assert {"landing", "archive", "reports", "exports"} <= names


def test_an_identity_makes_nothing() -> None:
    """With an identity the app creates neither containers nor the table, because it has no right to."""
    nowhere = "https://127.0.0.1:9"
    account = DataAccount(Storage(blob_url=nowhere, table_url=nowhere, client_id="id"))
    account.make_containers()
    assert account.ledger_table().table_name == "runs"


@pytest.mark.parametrize(
    "name",
    ["plain.zip", "deep/er/a.zip", "with space & more.zip", "Größe 100%.zip", "a#b?c=d+e.zip", "客户.zip"],
)
def test_a_path_is_container_and_name(account: DataAccount, name: str) -> None:
    """Whatever a blob is called, its path finds it again."""
    unique = f"{uuid4().hex}/{name}"
    path = account.write(f"reports/{unique}", b"x")
    assert account.blob(path).download_blob().readall() == b"x"
    assert unique in list(account.blobs.get_container_client("reports").list_blob_names())


@pytest.mark.parametrize(
    ("name", "media_type"),
    [("receipt.json", "application/json"), ("errors.csv", "text/csv"), ("a.txt", "text/plain")],
)
def test_a_small_file_is_typed_and_replaced(account: DataAccount, name: str, media_type: str) -> None:
    """A browser shows it by its media type, and a second write replaces the first."""
    path = f"reports/{uuid4().hex}/{name}"
    account.write(path, b"first")
    account.write(path, b"second")
    blob = account.blob(path)
    assert blob.download_blob().readall() == b"second"
    assert blob.get_blob_properties().content_settings.content_type == media_type
