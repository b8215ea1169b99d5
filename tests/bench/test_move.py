"""The memory that sending a package of 1 GiB to F&O takes (`make bench` prints it)."""

import hashlib
import os
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from landfall.config.settings import Storage
from landfall.storage.account import LANDING, DataAccount
from landfall.storage.blocks import stream
from local.stack import run_services
from tests.bench.memory import MIB, figures, run_worker

SIZE = 1024 * MIB
PIECE = 4 * MIB
NAME = "large.zip"


@dataclass(frozen=True)
class Landed:
    """The file's hash, and the settings of an app that sends it."""

    sha256: str
    settings: dict[str, str]


def pieces(digest: Any) -> Iterator[bytes]:
    """SIZE bytes in pieces of which no two are equal, added to the hash one by one."""
    random = os.urandom(PIECE - 8)
    for at in range(0, SIZE, PIECE):
        piece = at.to_bytes(8) + random
        digest.update(piece)
        yield piece


@pytest.fixture(scope="module")
def landed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Landed]:
    """A file of 1 GiB in landing, with storage and F&O in other processes."""
    with run_services(tmp_path_factory.mktemp("bench")) as settings:
        account = DataAccount(Storage(connection_string=settings["DataStorage"]))
        digest = hashlib.sha256()
        assert stream(pieces(digest), account.blob(f"{LANDING}/{NAME}")) == SIZE
        yield Landed(digest.hexdigest(), settings)


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.parametrize(("mode", "most"), [("server", 16 * MIB), ("stream", 64 * MIB)])
def test_a_large_package_needs_little_memory(
    landed: Landed, capsys: pytest.CaptureFixture[str], mode: str, most: int
) -> None:
    """In both copy modes the worker holds only pieces of the package, and every byte arrives."""
    settings = {**landed.settings, "LANDFALL__TRANSFER__COPY_MODE": mode}
    found = run_worker("tests.bench.worker", NAME, settings=settings)
    with capsys.disabled():
        print(f"\n1 GiB, {mode}: {figures(found, most)}")  # noqa: T201 - for `make bench`
    assert found["sha256"] == landed.sha256
    assert found["above"] < most
