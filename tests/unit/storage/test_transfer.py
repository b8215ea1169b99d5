"""The requests to a storage service that fetches a blob by itself."""

import threading
import time
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import pytest

from landfall.storage.pinned import Pinned
from landfall.storage.transfer import AT_ONCE, Grant, Sizes, copy

SIZES = Sizes(whole=10, block=10)
BEARER = Grant("https://ours.blob.core.windows.net/landing/a.zip", "Bearer token")


@dataclass
class Service:
    """A target that records what it is asked to fetch; it fails from block number `stops_at` on."""

    size: int
    stops_at: int | None = None
    blob_name: str = "a.zip"
    container_name: str = "dmf"
    wholes: list[Any] = field(default_factory=list)
    blocks: dict[str, int] = field(default_factory=dict)
    asked: list[Any] = field(default_factory=list)
    committed: list[str] = field(default_factory=list)
    at_once: int = 0
    most_at_once: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)

    def upload_blob_from_url(self, url: str, **options: Any) -> None:
        """Put Blob From URL."""
        self.wholes.append((url, options))

    def get_block_list(self, kind: str) -> tuple[list[Any], list[Any]]:
        """Get Block List."""
        assert kind == "uncommitted"
        return [], [SimpleNamespace(id=name, size=size) for name, size in self.blocks.items()]

    def stage_block_from_url(self, *position: Any, **options: Any) -> None:
        """Put Block From URL."""
        name, _, offset, length, _ = position
        with self.lock:
            self.asked.append((position, options))
            self.at_once += 1
            self.most_at_once = max(self.most_at_once, self.at_once)
        time.sleep(0.005)
        with self.lock:
            self.at_once -= 1
            if self.stops_at is not None and offset >= self.stops_at * SIZES.block:
                raise ConnectionResetError
            self.blocks[name] = length

    def commit_block_list(self, blocks: list[Any], **_: Any) -> None:
        """Put Block List."""
        self.committed = [each.id for each in blocks]

    def get_blob_properties(self) -> Any:
        """Get Blob Properties."""
        return SimpleNamespace(size=self.size)


def source(size: int) -> Pinned:
    """A version of so many bytes."""
    return Pinned(SimpleNamespace(), '"0x8D"', size)  # type: ignore[arg-type]


def test_a_token_goes_beside_the_url() -> None:
    """With an identity there is no SAS: the service reads this version with Landfall's token, and compares its MD5."""
    service = Service(10)
    copy(source(10), service, lambda _: BEARER, hashes=[b"md5"], sizes=SIZES)  # type: ignore[arg-type]
    ((url, options),) = service.wholes
    assert url == BEARER.url
    assert options["source_authorization"] == "Bearer token"
    assert options["source_etag"] == '"0x8D"'
    assert options["source_content_md5"] == b"md5"
    assert options["content_settings"].content_type == "application/zip"
    assert options["include_source_blob_properties"] is False


def test_blocks_are_fetched_a_few_at_once() -> None:
    """Each block is pinned, authorized and hashed like a whole blob, and they are committed in order."""
    service = Service(1001)
    hashes = [f"{number}".encode() for number in range(101)]
    copy(source(1001), service, lambda _: BEARER, hashes=hashes, sizes=SIZES)  # type: ignore[arg-type]
    asked = sorted(service.asked, key=lambda each: each[0][2])
    assert [position[2:] for position, _ in asked] == [
        (number * 10, 10 if number < 100 else 1, hashes[number]) for number in range(101)
    ]
    assert all(options["source_authorization"] == "Bearer token" for _, options in asked)
    assert all(options["headers"] == {"x-ms-source-if-match": '"0x8D"'} for _, options in asked)
    assert service.committed == [position[0] for position, _ in asked]
    assert 1 < service.most_at_once <= AT_ONCE


def test_blocks_that_are_there_are_not_fetched_again() -> None:
    """A copy continues after a crash, and the blob appears only when it is whole."""
    service = Service(200, stops_at=12)
    with pytest.raises(ConnectionResetError):
        copy(source(200), service, lambda _: BEARER, sizes=SIZES)  # type: ignore[arg-type]
    assert service.committed == []
    there = len(service.blocks)
    assert there >= 12 - AT_ONCE
    service.stops_at, service.asked = None, []
    copy(source(200), service, lambda _: BEARER, sizes=SIZES)  # type: ignore[arg-type]
    assert len(service.asked) == 20 - there
    assert len(service.committed) == 20
