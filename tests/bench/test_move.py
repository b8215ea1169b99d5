"""What it takes to bring a package of 1 GiB to F&O (`make bench` prints it)."""

import hashlib
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from landfall.config.settings import Storage
from landfall.storage.account import LANDING, DataAccount
from landfall.storage.transfer import stream
from local.azurite.server import Azurite
from local.ports import free_ports
from local.processes import Part, stopped_at_the_end
from local.stack import READY_SECONDS, ROOT, app_settings

MIB = 1024 * 1024
SIZE = 1024 * MIB
PIECE = 4 * MIB
NAME = "large.zip"


@dataclass(frozen=True)
class Landed:
    """The file, and the settings of an app that brings it."""

    sha256: str
    settings: dict[str, str]


def pieces(digest: Any) -> Iterator[bytes]:
    """SIZE bytes of which no two pieces are alike, nowhere whole in memory; hashed on their way."""
    random = os.urandom(PIECE - 8)
    for at in range(0, SIZE, PIECE):
        piece = at.to_bytes(8) + random
        digest.update(piece)
        yield piece


@pytest.fixture(scope="module")
def landed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Landed]:
    """A file of 1 GiB in landing, and F&O's storage, each a process of its own."""
    folder = tmp_path_factory.mktemp("bench")
    blobs, queues, tables = free_ports(0, 0, 0)
    azurite = Azurite(folder / "azurite", (blobs, queues, tables), folder / "azurite.log")
    command = [sys.executable, "-m", "fno_emulator", "--data", str(folder / "emulator")]
    emulator = Part("emulator", command, folder / "emulator.log", folder=ROOT, announces=True)
    with stopped_at_the_end() as parts:
        for part in (azurite.part, emulator):
            parts.append(part)
            part.start()
        azurite.wait()
        settings = app_settings(azurite.connection_string, emulator.announcement(READY_SECONDS))
        account = DataAccount(Storage(connection_string=azurite.connection_string))
        account.make_containers()
        digest = hashlib.sha256()
        assert stream(pieces(digest), account.blob(f"{LANDING}/{NAME}")) == SIZE
        yield Landed(digest.hexdigest(), settings)


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.parametrize(("mode", "most"), [("server", 16 * MIB), ("stream", 64 * MIB)])
def test_a_large_package_needs_little_memory(
    landed: Landed, capsys: pytest.CaptureFixture[str], mode: str, most: int
) -> None:
    """However F&O gets the package, the worker holds pieces of it only, and every byte arrives."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.bench.worker", NAME],
        cwd=ROOT,
        env={**os.environ, **landed.settings, "LANDFALL__TRANSFER__COPY_MODE": mode},
        check=True,
        stdout=subprocess.PIPE,
        text=True,
    )
    found = json.loads(done.stdout.splitlines()[-1])
    above = found["most"] - found["idle"]
    with capsys.disabled():
        print(  # noqa: T201  figures are what `make bench` is for
            f"\n1 GiB, {mode}: {above / MIB:.1f} MiB above the idle worker's {found['idle'] / MIB:.0f} MiB "
            f"(at most {most // MIB}), {found['seconds']:.1f} s, SHA-256 "
            f"{'equal' if found['sha256'] == landed.sha256 else 'DIFFERENT'}"
        )
    assert found["sha256"] == landed.sha256
    assert above < most
