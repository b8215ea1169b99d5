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

from landfall.cli.app_api import ApiError, AppApi
from landfall.cli.places import App
from local import app_host
from local.azurite.server import Azurite
from local.lock import lock_folder
from local.ports import free_ports
from local.processes import Part, stop_at_end

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
"""From the fields of the emulator's ready line to the settings of a connection to it."""


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
    """A running local stack.

    `storage` is the connection string of its only storage account, `emulator` the F&O emulator's ready line.
    """

    storage: str
    emulator: dict[str, Any]
    app: App
    parts: dict[str, Part]
    _host: app_host.Host

    def check(self) -> None:
        """Raise PartError when a part has stopped."""
        for part in self.parts.values():
            part.check()

    def kill_host(self) -> None:
        """End the host as kill -9 does; state and storage stay."""
        self._host.part.kill()

    def start_host(self) -> None:
        """Start the host again after `kill_host`, on the same port and state."""
        self._host.part.start()
        self.app = self._host.ready()

    def as_json(self) -> dict[str, Any]:
        """Return the content of `.local/up.json`."""
        pids = {name: part.pid for name, part in self.parts.items()}
        return {"storage": self.storage, "app": vars(self.app), "emulator": self.emulator, "pids": pids}


@contextlib.contextmanager
def run_stack(folder: Path, *, settings: Mapping[str, str] | None = None) -> Iterator[Stack]:
    """Run storage, emulator and app with the embedded host on any ports, with all state and logs in `folder`.

    Raises:
        PartError: a part failed to start, or another run uses the folder.
    """
    with lock_folder(folder) as lock, start_stack(folder, lock, settings=settings) as stack:
        yield stack


@contextlib.contextmanager
def start_stack(
    folder: Path,
    lock: TextIO,
    *,
    host: Literal["embedded", "func"] = "embedded",
    ports: Ports = Ports(),
    settings: Mapping[str, str] | None = None,
) -> Iterator[Stack]:
    """Start storage, emulator and app, and stop them at the end.

    Args:
        folder: The folder of all state and of `logs/`. A later run continues with the state; logs start anew.
        lock: The folder's lock, held by the caller.
        host: The embedded host, or `func start` of Azure Functions Core Tools.
        ports: Which ports to prefer.
        settings: App settings on top of those of every local run.

    Raises:
        PartError: a part failed to start.
    """
    logs = folder / "logs"
    shutil.rmtree(logs, ignore_errors=True)
    with stop_at_end() as parts:
        *storage_ports, api, blobs, authority = free_ports(*ports.azurite, *ports.emulator)
        azurite = Azurite(folder / "azurite", storage_ports, logs / "azurite.log")
        options = zip(EMULATOR_PORTS, map(str, (api, blobs, authority)), strict=True)
        emulator = emulator_part(
            folder / "emulator", logs / "emulator.log", *(each for pair in options for each in pair)
        )
        for part in (azurite.part, emulator):
            _start(part, lock, parts)
        fno = _wait_for_services(azurite, emulator)
        environment = {**os.environ, **app_settings(azurite.connection_string, fno), **(settings or {})}
        log = logs / "host.log"
        (app_port,) = free_ports(ports.host)  # not before, or somebody else might take it meanwhile
        if host == "func":
            hosting = app_host.core_tools(ROOT, app_port, environment, log)
        else:
            state = folder / "host"
            hosting = app_host.embedded_host(ROOT, state, app_port, environment, log, app_host.ENFORCE_KEYS)
        _start(hosting.part, lock, parts)
        names = {part.name: part for part in parts}
        yield Stack(azurite.connection_string, fno, hosting.ready(), names, hosting)


@contextlib.contextmanager
def run_services(folder: Path, *options: str) -> Iterator[dict[str, str]]:
    """Run storage and an F&O emulator without the app, and yield the app settings that lead to them.

    Raises:
        PartError: a part failed to start.
    """
    azurite = Azurite(folder / "azurite", free_ports(0, 0, 0), folder / "azurite.log")
    emulator = emulator_part(folder / "emulator", folder / "emulator.log", *options)
    with stop_at_end() as parts:
        for part in (azurite.part, emulator):
            parts.append(part)
            part.start()
        yield app_settings(azurite.connection_string, _wait_for_services(azurite, emulator))


def check_app(api: AppApi, host: Part) -> None:
    """Ask the app for a run.

    Raises:
        PartError: the app does not answer; the message gives the last error in the host's log.
    """
    try:
        api.runs(limit=1)
    except ApiError as error:
        raise host.start_error(host.last_error() or str(error)) from error


def app_settings(storage: str, fno: Mapping[str, Any]) -> dict[str, str]:
    """Return the app settings of every local run: its storage, its F&O, and quick polling for people who wait."""
    return {
        "AzureWebJobsStorage": storage,
        "DataStorage": storage,
        **{variable: fno[name] for name, variable in FNO_VARIABLES.items()},
        "LANDFALL__POLLING__FLOOR_SECONDS": "2",
        "EXPORT_SCHEDULE": "0 */5 * * * *",
        "PYTHON_THREADPOOL_THREAD_COUNT": "32",
    }


def emulator_part(data: Path, log: Path, *options: str) -> Part:
    """Return the F&O emulator as a part that keeps its state in `data`."""
    command = [sys.executable, "-m", "fno_emulator", "--data", str(data), *options]
    return Part("emulator", command, log, folder=ROOT, announces=True)


def _start(part: Part, lock: TextIO, parts: list[Part]) -> None:
    """Start a part that holds the lock as long as it runs, and write its process id into the lock file."""
    parts.append(part)
    part.inherits = (lock.fileno(),)
    part.start()
    print(f"{part.name} (process {part.pid})", file=lock, flush=True)


def _wait_for_services(azurite: Azurite, emulator: Part) -> dict[str, Any]:
    """Wait for both, create the containers, and return the emulator's ready line."""
    azurite.wait()
    with BlobServiceClient.from_connection_string(azurite.connection_string) as service:
        for name in CONTAINERS:
            with contextlib.suppress(ResourceExistsError):
                service.create_container(name)
    return emulator.announcement(READY_SECONDS)
