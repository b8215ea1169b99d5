"""Blobs as files, read by ranges."""

import io
import random
import zipfile
from collections.abc import Callable
from uuid import uuid4

import pytest
from azure.core.exceptions import ResourceModifiedError
from azure.storage.blob import BlobClient, BlobServiceClient

from activities.run_files import GONE
from landfall.config.settings import Storage
from landfall.packages.checks import read_package
from landfall.storage.account import DataAccount
from landfall.storage.files import BLOCK, open_ranged
from landfall.storage.pinned import Pinned, pin
from tests.unit.made_packages import MadeEntity, files_of

MIB = 1024 * 1024
Put = Callable[[bytes], Pinned]


@pytest.fixture
def put(account: DataAccount) -> Put:
    """Puts bytes into a blob for one test."""

    def make(content: bytes) -> Pinned:
        blob = account.blob(f"reports/{uuid4().hex}")
        blob.upload_blob(content)
        return pin(blob)

    return make


def big_package(size: int) -> bytes:
    """A package with `size` incompressible bytes of data before its XML."""
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_STORED) as archive:
        files = files_of(MadeEntity())
        archive.writestr("Customer groups.csv", random.Random(7).randbytes(size))  # noqa: S311  made-up data
        for name in ("Manifest.xml", "PackageHeader.xml"):
            archive.writestr(name, files[name])
    return held.getvalue()


def test_a_large_package_costs_few_bytes(put: Put, storage: Storage) -> None:
    """Of 50 MiB, intake's read of directory and manifest fetches less than one."""
    landed = put(big_package(50 * MIB))
    fetched: list[int] = []
    connection = str(storage.connection_string)
    counting = BlobServiceClient.from_connection_string(
        connection,
        raw_response_hook=lambda answer: fetched.append(int(answer.http_response.headers["Content-Length"])),
    )
    blob = counting.get_blob_client(landed.blob.container_name, landed.blob.blob_name)
    with open_ranged(blob, size=landed.size, etag=landed.etag) as file:
        assert read_package(file, landed.size).data_project == "Customers"
    assert sum(fetched) < MIB
    assert len(fetched) <= 4


def test_reads_are_those_of_the_file(put: Put) -> None:
    """From any position and for any length, the bytes are those of the file."""
    content = random.Random(1).randbytes(3 * BLOCK + 17)  # noqa: S311  made-up data
    landed, local = put(content), io.BytesIO(content)
    chance = random.Random(2)  # noqa: S311  made-up data
    with open_ranged(landed.blob, size=landed.size, etag=landed.etag) as file:
        for _ in range(60):
            position = chance.choice([(chance.randrange(len(content)), 0), (-chance.randrange(BLOCK), 2), (0, 1)])
            assert file.seek(*position) == local.seek(*position)
            size = chance.choice([0, 1, 100, BLOCK + 5])
            assert file.read(size) == local.read(size)
            assert file.tell() == local.tell()
        file.seek(0)
        assert file.read() == content
        assert file.read(1) == b""


def test_an_empty_blob_is_an_empty_file(put: Put) -> None:
    """Nothing is fetched from an empty blob."""
    landed = put(b"")
    with open_ranged(landed.blob, size=0, etag=landed.etag) as file:
        assert file.read() == b""


def test_another_version_is_not_read(put: Put) -> None:
    """A read returns bytes of the requested version, or raises an error."""
    landed = put(bytes(2 * BLOCK))
    with open_ranged(landed.blob, size=landed.size, etag=landed.etag) as file:
        assert file.read(10) == bytes(10)
        landed.blob.upload_blob(b"\1" * (2 * BLOCK), overwrite=True)
        file.seek(BLOCK)
        with pytest.raises(ResourceModifiedError):
            file.read(10)


def test_a_version_that_is_gone_is_not_read(put: Put) -> None:
    """A deleted blob is an error rather than an empty file."""
    landed = put(bytes(10))
    landed.blob.delete_blob()
    with open_ranged(landed.blob, size=10, etag=landed.etag) as file, pytest.raises(GONE):
        file.read(10)


def test_little_is_kept(put: Put, account: DataAccount) -> None:
    """A read from start to end fetches each block once, and going far back fetches it again."""
    landed = put(bytes(12 * BLOCK))
    reads: list[str] = []
    blob: BlobClient = account.blobs.get_blob_client(landed.blob.container_name, landed.blob.blob_name)
    counted = BlobClient.from_blob_url(
        blob.url,
        credential=account.blobs.credential.account_key,
        raw_request_hook=lambda request: reads.append(request.http_request.headers["x-ms-range"]),
    )
    with open_ranged(counted, size=landed.size, etag=landed.etag) as file:
        file.read()
        assert len(reads) == len(set(reads)) == 12
        file.seek(0)
        file.read(1)
    assert reads[12] == reads[0]
