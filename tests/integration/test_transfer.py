"""Copies of blobs within a real account."""

import hashlib
from collections.abc import Callable, Iterator
from typing import Any
from uuid import uuid4

import pytest
from azure.core.exceptions import HttpResponseError
from azure.storage.blob import BlobClient, BlobServiceClient

from landfall.config.settings import Storage
from landfall.storage.account import TRANSFER, DataAccount
from landfall.storage.blocks import BLOCK, stream
from landfall.storage.pinned import Pinned, SourceChangedError, chunks, pin, sha256
from landfall.storage.transfer import CorruptCopyError, copy

MIB = 1024 * 1024
Blob = Callable[..., BlobClient]


@pytest.fixture
def blob(account: DataAccount) -> Blob:
    """Makes blobs for one test, with this content or none yet."""

    def make(content: bytes | None = None) -> BlobClient:
        made = account.blob(f"reports/{uuid4().hex}.zip")
        if content is not None:
            made.upload_blob(content)
        return made

    return make


def varied(size: int) -> bytes:
    """Bytes of which no two blocks are equal."""
    return b"".join(number.to_bytes(8) for number in range(size // 8 + 1))[:size]


@pytest.mark.parametrize("size", [0, 1, BLOCK - 1, BLOCK, 2 * BLOCK + 3])
def test_what_the_target_cannot_fetch_is_streamed(account: DataAccount, blob: Blob, size: int) -> None:
    """Azurite does not support Put Blob From URL, and the bytes arrive all the same, however many."""
    content = varied(size)
    source, target = pin(blob(content)), blob()
    assert copy(source, target, account.read_grant) == "streamed"
    assert target.download_blob().readall() == content
    assert target.get_blob_properties().content_settings.content_type == "application/zip"


def test_what_lies_at_the_target_is_replaced(account: DataAccount, blob: Blob) -> None:
    """A copy replaces what an interrupted one left."""
    target = blob(b"half of it, longer than the whole")
    copy(pin(blob(b"whole")), target, account.read_grant)
    assert target.download_blob().readall() == b"whole"


def test_a_broken_stream_leaves_no_blob(blob: Blob) -> None:
    """A stream that breaks off leaves no blob under the target's name."""
    target = blob()

    def breaks_off() -> Iterator[bytes]:
        yield bytes(BLOCK)
        raise ConnectionResetError

    with pytest.raises(ConnectionResetError):
        stream(breaks_off(), target)
    assert not target.exists()


def test_a_stopped_stream_goes_on_where_it_was(account: DataAccount, storage: Storage, blob: Blob) -> None:
    """Blocks that arrived before a crash are not sent again, and blocks of another version are not used."""
    older, content = varied(4 * BLOCK), varied(5 * BLOCK)[BLOCK:]
    source, target = blob(older), blob()
    blocks = 0

    def stop(request: Any) -> None:
        nonlocal blocks
        if "comp=block&" in request.http_request.url:
            blocks += 1
            if blocks in {3, 6}:
                raise ConnectionResetError

    watched = BlobServiceClient.from_connection_string(
        str(storage.connection_string), raw_request_hook=stop, retry_total=0
    ).get_blob_client(target.container_name, target.blob_name)
    with pytest.raises(ConnectionResetError):
        copy(pin(source), watched, account.read_grant)  # two blocks of the older version
    source.upload_blob(content, overwrite=True)
    with pytest.raises(ConnectionResetError):
        copy(pin(source), watched, account.read_grant)  # two of the newer one
    copy(pin(source), watched, account.read_grant)
    assert blocks == 3 + 3 + 2
    assert target.download_blob().readall() == content


def test_a_source_replaced_before_the_copy_is_an_error(account: DataAccount, blob: Blob) -> None:
    """Neither version arrives."""
    source, target = blob(b"first"), blob()
    pinned = pin(source)
    source.upload_blob(b"other", overwrite=True)
    with pytest.raises(SourceChangedError):
        copy(pinned, target, account.read_grant)
    assert not target.exists()


def test_a_source_replaced_during_the_copy_is_an_error(account: DataAccount, storage: Storage, blob: Blob) -> None:
    """A version that changes between two reads does not arrive as a mixture."""
    source, target = blob(bytes(12 * MIB)), blob()
    reads = 0

    def replace_it(answer: Any) -> None:
        nonlocal reads
        reads += answer.http_request.method == "GET"
        if reads == 1 and answer.http_request.method == "GET":
            source.upload_blob(b"\1" * (12 * MIB), overwrite=True)

    watched = BlobServiceClient.from_connection_string(
        str(storage.connection_string), **TRANSFER, raw_response_hook=replace_it
    ).get_blob_client(source.container_name, source.blob_name)
    pinned = Pinned(watched, str(source.get_blob_properties().etag), 12 * MIB)
    with pytest.raises(SourceChangedError):
        copy(pinned, target, account.read_grant)
    assert not target.exists()


def test_a_deleted_source_is_an_error(account: DataAccount, blob: Blob) -> None:
    """Deleted counts as replaced."""
    source = blob(b"x")
    pinned = pin(source)
    source.delete_blob()
    with pytest.raises(SourceChangedError):
        copy(pinned, blob(), account.read_grant)


def test_lost_bytes_are_detected(account: DataAccount, blob: Blob) -> None:
    """The length at the target is compared, not trusted."""
    source = pin(blob(b"five!"))
    lying = Pinned(source.blob, source.etag, 6)
    with pytest.raises(CorruptCopyError, match="5 of 6 bytes"):
        copy(lying, blob(), account.read_grant)


def test_a_target_that_may_not_be_written_is_an_error(account: DataAccount, blob: Blob) -> None:
    """An expired or wrong SAS is never taken for an error of the source."""
    target = blob()
    url = f"{target.url}?sv=2021-08-06&se=2020-01-01T00%3A00%3A00Z&sr=b&sp=rw&sig=AAAA"
    with pytest.raises(HttpResponseError) as refused:
        copy(pin(blob(b"x")), BlobClient.from_blob_url(url), account.read_grant)
    assert refused.value.status_code == 403


def test_memory_is_bounded_by_pieces(blob: Blob) -> None:
    """A download comes in pieces of a few MiB, however large the blob."""
    source = pin(blob(varied(10 * MIB)))
    pieces = [len(piece) for piece in chunks(source)]
    assert sum(pieces) == 10 * MIB
    assert max(pieces) <= 4 * MIB


def test_the_hash_is_that_of_the_bytes(blob: Blob) -> None:
    """It is in hex, also for an empty blob."""
    content = varied(5 * MIB + 1)
    assert sha256(pin(blob(content))) == hashlib.sha256(content).hexdigest()
    assert sha256(pin(blob(b""))) == hashlib.sha256(b"").hexdigest()


def test_a_grant_reads_one_blob_and_no_more(account: DataAccount, blob: Blob) -> None:
    """Another service can read this blob with it, and neither write it nor read another."""
    mine, other = blob(b"mine"), blob(b"other")
    grant = account.read_grant(mine).url
    assert BlobClient.from_blob_url(grant).download_blob().readall() == b"mine"
    with pytest.raises(HttpResponseError):
        BlobClient.from_blob_url(grant).upload_blob(b"x", overwrite=True)
    elsewhere = grant.replace(mine.blob_name, other.blob_name)
    with pytest.raises(HttpResponseError):
        BlobClient.from_blob_url(elsewhere).download_blob().readall()
