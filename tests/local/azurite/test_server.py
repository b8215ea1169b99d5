from collections.abc import Iterator
from pathlib import Path

import pytest
from azure.data.tables import TableServiceClient
from azure.storage.blob import BlobServiceClient

from local.azurite.server import Azurite, run_azurite


@pytest.fixture
def azurite(tmp_path: Path) -> Iterator[Azurite]:
    with run_azurite(tmp_path) as azurite:
        yield azurite


def test_blobs_and_tables_outlive_a_restart(azurite: Azurite) -> None:
    """The app's SDKs reach blobs and tables, and their data is there after a restart."""
    with BlobServiceClient.from_connection_string(azurite.connection_string) as blobs:
        blobs.create_container("landing").upload_blob("file", b"content")
        with TableServiceClient.from_connection_string(azurite.connection_string) as tables:
            tables.create_table("runs").create_entity({"PartitionKey": "a", "RowKey": "b"})
            azurite.part.stop()
            azurite.part.start()
            azurite.wait()
            assert blobs.get_blob_client("landing", "file").download_blob().readall() == b"content"
            assert tables.get_table_client("runs").get_entity("a", "b")["RowKey"] == "b"
