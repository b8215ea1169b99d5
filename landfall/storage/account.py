"""Our own storage account: its containers, its table, and short-lived permission to read one blob."""

import mimetypes
from datetime import timedelta

from azure.core.credentials import TokenCredential
from azure.core.exceptions import ResourceExistsError
from azure.data.tables import TableClient, TableServiceClient
from azure.identity import ManagedIdentityCredential
from azure.storage.blob import BlobClient, BlobSasPermissions, BlobServiceClient, ContentSettings, generate_blob_sas

from landfall.config.settings import Storage
from landfall.fno.blobs import TRANSFER
from landfall.fno.keepalive import new_session
from landfall.records import utc_now
from landfall.storage.transfer import Grant

LANDING = "landing"
ARCHIVE = "archive"
REPORTS = "reports"
EXPORTS = "exports"
CONTAINERS = (LANDING, ARCHIVE, REPORTS, EXPORTS)
RUNS = "runs"
READ_MINUTES = 60
"""How long another service may read a blob in order to copy it: longer than a copy, shorter than a day."""
CLOCK_SKEW_MINUTES = 5
SCOPE = "https://storage.azure.com/.default"


class DataAccount:
    """The storage account with the containers landing, archive, reports and exports, and the ledger's table."""

    def __init__(self, storage: Storage) -> None:
        self._credential: TokenCredential | None = None
        options = {"session": new_session(), **TRANSFER}  # a copy by the service answers when it has all bytes
        if storage.connection_string:
            self.blobs = BlobServiceClient.from_connection_string(storage.connection_string, **options)
            self.tables = TableServiceClient.from_connection_string(storage.connection_string)
        else:
            self._credential = ManagedIdentityCredential(client_id=storage.client_id)
            self.blobs = BlobServiceClient(storage.blob_url or "", credential=self._credential, **options)
            self.tables = TableServiceClient(endpoint=storage.table_url or "", credential=self._credential)

    def blob(self, path: str) -> BlobClient:
        """The blob at the path `container/name`."""
        container, _, name = path.partition("/")
        return self.blobs.get_blob_client(container, name)

    def ledger_table(self) -> TableClient:
        """The ledger's table; created where it is missing, under the same condition as in `make_containers`."""
        if self._credential:
            return self.tables.get_table_client(RUNS)
        return self.tables.create_table_if_not_exists(RUNS)

    def make_containers(self) -> None:
        """Create missing containers, unless the account is used with an identity.

        There the deployment has created them, and the identity has no right to.
        """
        if self._credential:
            return
        for name in CONTAINERS:
            try:
                self.blobs.create_container(name)
            except ResourceExistsError:
                continue

    def write(self, path: str, content: bytes) -> str:
        """Write a small file to the path `container/name`, or replace it; returns the path."""
        media_type, _ = mimetypes.guess_type(path)
        self.blob(path).upload_blob(content, overwrite=True, content_settings=ContentSettings(content_type=media_type))
        return path

    def read_grant(self, blob: BlobClient) -> Grant:
        """Access for Azure Storage to read the blob: a secret that must never be stored.

        A token of the app's identity where there is one; with a connection string, a SAS for this blob that is valid
        for an hour.
        """
        if self._credential:
            return Grant(blob.url, f"Bearer {self._credential.get_token(SCOPE).token}")
        now = utc_now()
        start, end = now - timedelta(minutes=CLOCK_SKEW_MINUTES), now + timedelta(minutes=READ_MINUTES)
        signature = generate_blob_sas(
            str(blob.account_name),
            blob.container_name,
            blob.blob_name,
            permission=BlobSasPermissions(read=True),
            start=start,
            expiry=end,
            account_key=self.blobs.credential.account_key,
        )
        return Grant(f"{blob.url}?{signature}")
