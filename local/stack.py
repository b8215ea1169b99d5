"""The whole local run: storage, F&O emulator and app, started together and stopped together."""

import contextlib
import os
import shutil
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, TextIO

from azure.core.exceptions import ResourceExistsError
from azure.storage.blob import BlobServiceClient

from landfall.cli.places import App
from local import app_host
from local.azurite.server import Azurite
from local.lock import held
from local.ports import free_ports
from local.processes import Part, stopped_at_the_end

ROOT = Path(__file__).parent.parent
LOCAL = ROOT / ".local"
CONTAINERS = ("landing", "archive", "reports", "exports")
EMULATOR_PORTS = ("--port", "--blob-port", "--authority-port")
READY_SECONDS = 60.0
FNO_VARIABLES = {
    "url": "FNO_URL",
    "authority": "FNO_AUTHORITY",
    "tenant": "FNO_TENANT",
    "client_id": "FNO_CLIENT_ID",
    "client_secret": "FNO_CLIENT_SECRET",
    "ca": "FNO_CA_BUNDLE",
}
"""Of the emulator's ready line, the settings by which it is reached."""


@dataclass(frozen=True)
class Ports:
    """The ports to take where they are free; 0 means any.

    Azurite's are blob, queue and table; the emulator's are F&O, its blobs and its token endpoint.
    """

    azurite: tuple[int, int, int] = (0, 0, 0)
    emulator: tuple[int, int, int] = (0, 0, 0)
    host: int = 0


@dataclass
class Stack:
    """A local run that answers.

    `storage` is the connection string of the one account in use, `emulator` the F&O emulator's ready line.
    """

    storage: str
    emulator: dict[str, Any]
    app: App
    parts: dict[str, Part]
    _host: app_host.Host

    @property
    def pids(self) -> dict[str, int]:
        """Process ids by part: azurite, emulator, host."""
        return {name: part.pid for name, part in self.parts.items()}

    def check(self) -> None:
        """Raise PartError when a part has stopped."""
        for part in self.parts.values():
            part.check()

    def kill_host(self) -> None:
        """End the host as kill -9 does; state and storage stay as they are."""
        self._host.part.kill()

    def start_host(self) -> None:
        """Start the host again after `kill_host`, on the same port and state."""
        self._host.part.start()
        self.app = self._host.ready()

    def as_json(self) -> dict[str, Any]:
        """What `.local/up.json` holds."""
        return {"storage": self.storage, "app": vars(self.app), "emulator": self.emulator, "pids": self.pids}


@contextlib.contextmanager
def running(folder: Path, *, settings: Mapping[str, str] | None = None) -> Iterator[Stack]:
    """Run storage, emulator and app with the embedded host on any ports, with all state and logs in `folder`.

    Raises:
        PartError: a part did not start, its log quoted; or another run uses the folder.
    """
    with held(folder) as lock, started(folder, lock, settings=settings) as stack:
        yield stack


@contextlib.contextmanager
def started(
    folder: Path,
    lock: TextIO,
    *,
    host: Literal["embedded", "func"] = "embedded",
    ports: Ports = Ports(),
    settings: Mapping[str, str] | None = None,
) -> Iterator[Stack]:
    """Start storage, emulator and app; stop them at the end, whatever happens.

    Args:
        folder: Where all state and the logs (`logs/`) lie. State that is there is taken up again; old logs are not.
        lock: The folder's lock, held by the caller.
        host: The embedded host, or `func start` of Azure Functions Core Tools.
        ports: Which ports to prefer.
        settings: App settings on top of those every local run has.

    Raises:
        PartError: a part did not start; the message quotes its log.
    """
    logs = folder / "logs"
    shutil.rmtree(logs, ignore_errors=True)
    with stopped_at_the_end() as parts:
        *storage_ports, api, blobs, authority, app_port = free_ports(
            *ports.azurite, *ports.emulator, ports.host
        )
        azurite = Azurite(folder / "azurite", storage_ports, logs / "azurite.log")
        emulator = _emulator(folder / "emulator", (api, blobs, authority), logs / "emulator.log")
        for part in (azurite.part, emulator):
            _start(part, lock, parts)
        azurite.wait()
        _make_containers(azurite.connection_string)
        fno = emulator.announcement(READY_SECONDS)
        environment = {**os.environ, **app_settings(azurite.connection_string, fno), **(settings or {})}
        if host == "func":
            hosting = app_host.core_tools(ROOT, app_port, environment, logs / "host.log")
        else:
            hosting = app_host.embedded(ROOT, folder / "host", app_port, environment, logs / "host.log")
        _start(hosting.part, lock, parts)
        names = {part.name: part for part in parts}
        yield Stack(azurite.connection_string, fno, hosting.ready(), names, hosting)


def _start(part: Part, lock: TextIO, parts: list[Part]) -> None:
    """Start a part that holds the lock as long as it lives, and write down which process that is."""
    parts.append(part)
    part.inherits = (lock.fileno(),)
    part.start()
    print(f"{part.name} (process {part.pid})", file=lock, flush=True)


def app_settings(storage: str, fno: Mapping[str, Any]) -> dict[str, str]:
    """Return the app settings of every local run: its storage, its F&O, and a pace for people who wait."""
    return {
        "AzureWebJobsStorage": storage,
        "DataStorage": storage,
        **{variable: fno[name] for name, variable in FNO_VARIABLES.items()},
        "LANDFALL__POLLING__FLOOR_SECONDS": "1",
        "EXPORT_SCHEDULE": "0 */5 * * * *",
    }


def _emulator(data: Path, ports: tuple[int, int, int], log: Path) -> Part:
    numbers = [text for name, port in zip(EMULATOR_PORTS, ports, strict=True) for text in (name, str(port))]
    return Part(
        "emulator",
        [sys.executable, "-m", "fno_emulator", *numbers, "--data", str(data)],
        log,
        folder=ROOT,
        announces=True,
    )


def _make_containers(storage: str) -> None:
    with BlobServiceClient.from_connection_string(storage) as service:
        for name in CONTAINERS:
            with contextlib.suppress(ResourceExistsError):
                service.create_container(name)
