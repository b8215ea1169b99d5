"""The two hosts that can run the app on this machine: the embedded one, and Azure Functions Core Tools."""

import shutil
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from landfall.cli.places import App
from local.ports import ask
from local.processes import Part, PartError

READY_SECONDS = 60.0
CORE_TOOLS_READY_SECONDS = 300.0  # the first start downloads the extension bundle
ENFORCE_KEYS = "--enable-auth"


@dataclass(frozen=True)
class Host:
    """A host as a part; `ready` waits until the app answers and raises PartError when it does not."""

    part: Part
    ready: Callable[[], App]


def embedded_host(app: Path, state: Path, port: int, environment: Mapping[str, str], log: Path, *options: str) -> Host:
    """Return the embedded host for the app in `app`, with its durable history in `state`."""
    command = [sys.executable, "-m", "local.host", str(app), "--port", str(port), "--state", str(state), *options]
    root = Path(__file__).parent.parent
    part = Part("host", command, log, environment=environment, folder=root, announces=True)

    def ready() -> App:
        line = part.announcement(READY_SECONDS)
        return App(url=line["url"], key=line["key"])

    return Host(part, ready)


def core_tools(app: Path, port: int, environment: Mapping[str, str], log: Path) -> Host:
    """Return Azure Functions Core Tools, which keep durable history in storage and check no keys.

    Raises:
        PartError: func is not on PATH.
    """
    func = shutil.which("func", path=environment.get("PATH"))
    if func is None:
        raise PartError(
            "Azure Functions Core Tools (func) are not on PATH. "
            "Install them (npm install -g azure-functions-core-tools@4), or run make up without HOST to use the embedded host."
        )
    # Core Tools run the first Python on PATH; the app's packages are in this one.
    python = {"PATH": f"{Path(sys.executable).parent}:{environment['PATH']}", "VIRTUAL_ENV": sys.prefix}
    everything = {**environment, **python, "FUNCTIONS_WORKER_RUNTIME": "python"}
    part = Part("host", [func, "start", "--port", str(port)], log, environment=everything, folder=app)

    def ready() -> App:
        part.wait_until(lambda: b'"Running"' in (ask(port, "/admin/host/status") or b""), CORE_TOOLS_READY_SECONDS)
        return App(url=f"http://127.0.0.1:{port}", key=None)

    return Host(part, ready)
