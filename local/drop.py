"""Put a file where the app picks it up."""

from pathlib import Path

from azure.storage.blob import BlobServiceClient

LANDING = "landing"


def landing_name(file: str, company: str) -> str:
    """Return the blob name that the route of landfall.yaml takes for a file of this company."""
    return f"packages/{company}/{file}"


def drop(storage: str, file: Path, company: str) -> str:
    """Upload `file` into the landing container, over a file of that name, and return its blob name."""
    name = landing_name(file.name, company)
    with BlobServiceClient.from_connection_string(storage) as service, file.open("rb") as content:
        service.get_blob_client(LANDING, name).upload_blob(content, overwrite=True)
    return name
